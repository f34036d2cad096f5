# Outcomes of drops: verified where no statement of the table got slower, writes
# included; regressed with the way back where one did.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.worker = off
autovacuum = off
jit = off
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders AS
	SELECT g AS id, g % 5000 AS customer, g % 700 AS product, repeat('x', 100) AS note FROM generate_series(1, 50000) g;
	CREATE INDEX orders_note ON orders (note);
	CREATE INDEX orders_product ON orders (product);
	CREATE TABLE other AS SELECT 1 AS id;
	ANALYZE orders;
	SELECT dbadvisor.set_rule('index.unused', thresholds => '{"min_window_days": 0, "min_workload_days": 0, "min_size_bytes": 0, "min_table_activity": 0}')});

# What a worker does at each interval.
sub observe
{
	$node->safe_psql('postgres', 'SELECT pg_stat_force_next_flush()');
	$node->safe_psql('postgres', 'SELECT dbadvisor.follow_applied()');
	$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
	return;
}

# Statements of the table, and one of another.
sub load_it
{
	$node->safe_psql('postgres', join('', map {
		"SELECT count(*) FROM orders WHERE customer = $_; INSERT INTO orders VALUES ($_, 1, 1, 'new'); SELECT id FROM other;" } 1 .. 30));
	return;
}

observe();
load_it();
observe();
$node->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($node->safe_psql('postgres', q{SELECT object_name FROM dbadvisor.recommendations WHERE rule = 'index.unused' ORDER BY 1}),
	"public.orders_note\npublic.orders_product", 'both indexes are unused');

# Dropped for good: recognised, and its table's statements are named.
$node->safe_psql('postgres', 'DROP INDEX orders_note');
observe();
is( $node->safe_psql('postgres', q{
	SELECT f.status, o.verdict, cardinality(f.queryids), jsonb_array_length(f.evidence -> 'writers')
	  FROM dbadvisor.finding f JOIN dbadvisor.outcomes o USING (finding_id) WHERE f.object_name = 'public.orders_note'}),
	'applied|undecided|2|1', 'recognised');
load_it();
observe();
# what the machine does meanwhile is none of the test's business
$node->safe_psql('postgres', q{
	UPDATE dbadvisor.history_statement h
	   SET total_ms = calls * CASE WHEN since >= (SELECT applied_at FROM dbadvisor.finding WHERE object_name = 'public.orders_note') THEN 4 ELSE 5 END});
observe();
is( $node->safe_psql('postgres', q{
	SELECT status, verdict, revert_sql, other_changes, round(measured_share::numeric, 1)
	  FROM dbadvisor.outcomes WHERE object_name = 'public.orders_note'}), 'verified|verified||{}|0.2', 'verified');
like($node->safe_psql('postgres', q{SELECT reason FROM dbadvisor.outcomes WHERE object_name = 'public.orders_note'}),
	qr/^2 of 2 statements of the table have 20 calls both before and after, 0 of them .* of writes 80.0 %$/, 'says why');

# Missed after all: history says that one statement of the table takes longer.
$node->safe_psql('postgres', 'DROP INDEX orders_product');
observe();
load_it();
observe();
$node->safe_psql('postgres', q{
	UPDATE dbadvisor.history_statement h SET total_ms = total_ms * 20
	 WHERE since >= (SELECT applied_at FROM dbadvisor.finding WHERE object_name = 'public.orders_product')
	   AND queryid = (SELECT queryid FROM pg_stat_statements WHERE query LIKE 'SELECT count(*) FROM orders WHERE customer%')});
observe();
is( $node->safe_psql('postgres', q{
	SELECT status, verdict, revert_sql LIKE 'CREATE INDEX CONCURRENTLY orders_product ON public.orders%', measured_share < 0
	  FROM dbadvisor.outcomes WHERE object_name = 'public.orders_product'}), 'regressed|regressed|t|t', 'regressed, with the way back');

$node->stop;
done_testing();
