# Outcomes: applied advice is recognised, measured by history, and found to have
# kept its promise or not.
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
	SELECT g AS id, g % 5000 AS customer, g % 3 AS state, repeat('x', 100) AS note FROM generate_series(1, 50000) g;
	ANALYZE orders});

sub run_times
{
	my ($times) = @_;
	$node->safe_psql('postgres', join('', map { "SELECT note AS wanted FROM orders WHERE customer = $_;" } 1 .. $times));
	return;
}

# What a worker does at each interval.
sub observe
{
	$node->safe_psql('postgres', 'SELECT pg_stat_force_next_flush()');
	$node->safe_psql('postgres', 'SELECT dbadvisor.follow_applied()');
	$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
	return;
}

my $outcome = q{
	SELECT o.status, o.verdict FROM dbadvisor.outcomes o WHERE o.rule = 'index.missing' ORDER BY finding_id LIMIT 1};
observe();
run_times(40);
observe();
$node->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
my $apply = $node->safe_psql('postgres', q{SELECT apply_sql FROM dbadvisor.recommendations WHERE rule = 'index.missing'});
like($apply, qr/^CREATE INDEX CONCURRENTLY/, 'one index is missing');
observe();
is($node->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.outcomes'), '0', 'nothing is applied');

# Applied: recognised at the next snapshot, without an analysis.
$node->safe_psql('postgres', $apply);
observe();
is($node->safe_psql('postgres', $outcome), 'applied|undecided', 'recognised');
like($node->safe_psql('postgres', 'SELECT reason FROM dbadvisor.outcomes'), qr/no statement has 20 calls both before and after/, 'not measured yet');
run_times(5);
observe();
observe();
is($node->safe_psql('postgres', $outcome), 'applied|undecided', 'five calls are too few');

# Enough of them, and somebody changes a setting meanwhile.
$node->append_conf('postgresql.conf', q{work_mem = '8MB'});
$node->reload;
run_times(40);
observe();
my $listener = $node->background_psql('postgres');
$listener->query_safe('LISTEN dbadvisor');
observe();
is($node->safe_psql('postgres', $outcome), 'verified|verified', 'verified');
like($listener->query('SELECT 1'), qr/"event":"outcome".*"verdict":"verified"/, 'and told');
$listener->quit;
is( $node->safe_psql('postgres', q{
	SELECT measured_share > 0.5, promised_share > 0.5, measured_ms_per_day > 0, before_until < applied_at, after_since > applied_at,
		   (statements #>> '{0,calls_before}')::int, (statements #>> '{0,calls_after}')::int
	  FROM dbadvisor.outcomes}), 't|t|t|t|t|40|45', 'promised against measured');
is( $node->safe_psql('postgres', 'SELECT other_changes FROM dbadvisor.outcomes'),
	'{"setting changed: work_mem from 4096 to 8192"}', 'other changes are named, the index itself is not');
is( $node->safe_psql('postgres', q{SELECT verified FROM dbadvisor.summary WHERE rule = 'index.missing'}), '1', 'in the summary');

# Advice that makes things worse: history says that each call takes longer.
$node->safe_psql('postgres', q{
	UPDATE dbadvisor.history_statement h SET total_ms = total_ms * 1000 WHERE since >= (SELECT applied_at FROM dbadvisor.finding WHERE rule = 'index.missing')});
observe();
is($node->safe_psql('postgres', $outcome), 'regressed|regressed', 'regressed');
is( $node->safe_psql('postgres', 'SELECT measured_share < 0, revert_sql LIKE \'DROP INDEX%\' FROM dbadvisor.outcomes'), 't|t', 'with the way back');

# Rows per call that are no longer the same: compared by rows.
$node->safe_psql('postgres', q{
	UPDATE dbadvisor.history_statement h SET rows = rows * 10 WHERE since >= (SELECT applied_at FROM dbadvisor.finding WHERE rule = 'index.missing')});
observe();
is( $node->safe_psql('postgres', q{SELECT statements #>> '{0,compared_per}' FROM dbadvisor.outcomes}), 'row', 'compared by rows');

# Dropped again, it is proposed again, and the outcome is none.
$node->safe_psql('postgres', q{SELECT format('DROP INDEX %s', indexrelid::regclass) FROM pg_index WHERE indrelid = 'orders'::regclass \gexec});
$node->safe_psql('postgres', 'SELECT dbadvisor.analyze()');
is($node->safe_psql('postgres', q{SELECT status FROM dbadvisor.finding WHERE rule = 'index.missing'}), 'open', 'open again');
is($node->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.outcomes'), '0', 'without an outcome');

# Per day: a day of history counts more than the counters, and says so.
$node->safe_psql('postgres', q{
	INSERT INTO dbadvisor.history_snapshot
	SELECT slot, now() - interval '1 min', now() - interval '2 days', 172740, 1, 1, 1, '{}' FROM dbadvisor.history_slice WHERE starts_at IS NOT NULL;
	UPDATE dbadvisor.history_statement_total t SET calls = t.calls + 100, total_ms = t.total_ms + 1000000, rows = t.rows + 100
	  FROM pg_stat_statements s WHERE s.queryid = t.queryid AND s.query LIKE 'SELECT note AS wanted%';
	SELECT dbadvisor.analyze()});
is( $node->safe_psql('postgres', q{
	SELECT e ->> 'window', round((e ->> 'window_days')::numeric, 1), (e ->> 'saved_ms_per_day')::numeric BETWEEN 250000 AND 600000
	  FROM dbadvisor.finding f, jsonb_array_elements(f.evidence -> 'statements') e WHERE rule = 'index.missing'}),
	'history|2.0|t', 'per day by history');
is( $node->safe_psql('postgres', q{
	SELECT evidence #>> '{writes,source}', round((evidence #>> '{writes,history_days}')::numeric, 1), evidence #>> '{writes,counters_days}'
	  FROM dbadvisor.finding WHERE rule = 'index.missing'}), 'recorded statements and history|2.0|', 'writes, too');

$node->stop;
done_testing();
