# A new slow statement leads to advice within a minute, with the settings of the
# demo and no others; what is new load and what is not.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time sleep);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', slurp_file("$FindBin::Bin/../../demo/postgresql.conf"));
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE TABLE orders AS
	SELECT g AS id, g % 50000 AS customer, md5(g::text) AS note FROM generate_series(1, 1000000) g;
	ANALYZE orders;
	CREATE EXTENSION dbadvisor});
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker
	 WHERE database = 'postgres' AND state = 'waiting' AND last_snapshot IS NOT NULL AND last_analysis IS NOT NULL}),
	'the worker has settled');
my $finding = q{SELECT count(*) FROM dbadvisor.recommendations WHERE rule = 'index.missing' AND object_name = 'public.orders'};
is($node->safe_psql('postgres', $finding), '0', 'nothing to say of the table');
my $before = $node->safe_psql('postgres', 'SELECT clock_timestamp()');

# Run a query on orders so many times, each in a transaction of its own.
sub run_times
{
	my ($times, $query) = @_;
	$node->safe_psql('postgres', join('', map { sprintf("$query;", $_) } 1 .. $times));
	return;
}

my $started = time;
run_times(20, 'SELECT note FROM orders WHERE customer = %d');
my $elapsed;
do
{
	sleep 0.5;
	$elapsed = time - $started;
} until $node->safe_psql('postgres', $finding) eq '1' or $elapsed > 60;
cmp_ok($elapsed, '<=', 60, sprintf('advice after %.0f s', $elapsed));
ok( $node->poll_query_until('postgres', q{
	SELECT categories <@ '{index,query}' AND finished_at IS NOT NULL FROM dbadvisor.run ORDER BY run_id DESC LIMIT 1}),
	'by an analysis of what new load concerns');
is( $node->safe_psql('postgres', qq{SELECT last_analysis < '$before' FROM dbadvisor.worker WHERE database = 'postgres'}),
	't', 'which does not stand in for the analysis of everything');

# What is new load, asked directly; the workers look no more.
$node->append_conf('postgresql.conf', 'dbadvisor.worker = off');
$node->reload;
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 0 FROM dbadvisor.progress WHERE kind = 'worker'}), 'switched off');

# Statements on orders that new_load() names.
sub new_load
{
	$node->safe_psql('postgres', 'SELECT pg_stat_force_next_flush()');
	return $node->safe_psql('postgres', q{
		SELECT substring(s.query FROM 'AS (\w+)'), n.ms_before > 0, n.share > 0.05
		  FROM dbadvisor.new_load(min_ms => 10) n JOIN pg_stat_statements s USING (userid, queryid)
		 WHERE s.query LIKE '%FROM orders%' ORDER BY 1});
}
my $query = 'SELECT count(*) AS by_note FROM orders WHERE note = md5(%d::text)';
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
is(new_load(), '', 'nothing since the snapshot');
run_times(3, $query);
is(new_load(), 'by_note|f|t', 'a new statement');
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
run_times(3, $query);
is(new_load(), '', 'as much as before is not new');
run_times(30, $query);
is(new_load(), 'by_note|t|t', 'much more than before is');
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
$node->safe_psql('postgres', 'SELECT dbadvisor.analyze(), pg_sleep(0.1)');
is( $node->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.new_load(min_ms => 10)'),
	'0', 'neither analyses nor statements without tables are load');

# Without a snapshot, or pg_stat_statements, nothing is known to be new.
run_times(5, 'SELECT max(id) AS largest FROM orders WHERE id %% 7 = %d');
is($node->safe_psql('postgres', q{
	BEGIN; TRUNCATE dbadvisor.counter_snapshot; SELECT count(*) FROM dbadvisor.new_load(min_ms => 10); ROLLBACK}), '0', 'no snapshot');
is($node->safe_psql('postgres', q{
	BEGIN; DROP EXTENSION pg_stat_statements; SELECT count(*) FROM dbadvisor.new_load(min_ms => 10); ROLLBACK}), '0', 'no pg_stat_statements');
is(new_load(), 'largest|f|t', 'with both it is');

$node->stop;
done_testing();
