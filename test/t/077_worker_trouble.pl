# What can go wrong around workers and history: no preload, a server that crashes
# in the middle of an analysis, a clock that goes back, a disk that is full.  Each is told, nothing that was
# committed is lost, and work goes on when it can.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Without preload everything but the workers is there, in each session anew.
my $plain = PostgreSQL::Test::Cluster->new('plain');
$plain->init;
$plain->append_conf('postgresql.conf', q{shared_preload_libraries = 'pg_stat_statements'});
$plain->start;
$plain->safe_psql('postgres', 'CREATE EXTENSION pg_stat_statements; CREATE EXTENSION dbadvisor');
my ($code, $stdout, $stderr) = $plain->psql('postgres', 'SELECT dbadvisor.request_analysis()');
like($stderr, qr/ERROR: .*\n.*HINT: .*shared_preload_libraries/s, 'no worker can be asked for, and why');
is($plain->safe_psql('postgres', 'SELECT (SELECT count(*) FROM dbadvisor.progress), (SELECT count(*) FROM dbadvisor.worker)'), '0|0', 'none to show');
is($plain->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot() IS NOT NULL'), 't', 'snapshots are taken by hand');
is($plain->safe_psql('postgres', 'SELECT dbadvisor.follow_applied()'), '', 'applied advice is followed');
is($plain->safe_psql('postgres', 'SELECT dbadvisor.analyze() > 0'), 't', 'and analyses run');
is($plain->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.rule_run WHERE status = 'failed'}), '0', 'in which no rule fails');
$plain->stop;

# Preloaded without the extension: nothing happens, and nothing is wrong.
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
restart_after_crash = on
dbadvisor.analyze_interval = 0
dbadvisor.watch_interval = 0
dbadvisor.pause_active_backends = 0
});
$node->start;
$node->safe_psql('postgres', 'CREATE TABLE orders AS SELECT g AS id, g % 1000 AS customer FROM generate_series(1, 20000) g; ANALYZE orders');
unlike(slurp_file($node->logfile), qr/dbadvisor could not/, 'no complaint without the extension');

# A rule that does not end, behind all others.
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE customer = $1', 100000, 5);
	CREATE VIEW dbadvisor.rule_statistics_zz_endless AS
	SELECT n.* FROM pg_sleep(600) s CROSS JOIN dbadvisor.advice_note('statistics.zz_endless', 'ok') n;
	SELECT dbadvisor.register_rule('statistics.zz_endless', 'Endless', 'For a test', 'low')});
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE state = 'waiting' AND last_snapshot IS NOT NULL}), 'the worker has come and gone');
$node->safe_psql('postgres', 'SELECT dbadvisor.request_analysis()');
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'statistics.zz_endless'}), 'an analysis hangs in its last rule');
my $state = q{
	SELECT (SELECT count(*) FROM dbadvisor.finding WHERE rule = 'index.missing' AND status = 'open'),
		   (SELECT count(*) FROM dbadvisor.rule_run),
		   (SELECT count(*) FROM dbadvisor.run WHERE finished_at IS NOT NULL)};
my $before = $node->safe_psql('postgres', $state);
like($before, qr/^1\|[1-9]\d*\|0$/, 'with the others done');

# The worker is killed, and the server with it.
my $pid = $node->safe_psql('postgres', q{SELECT pid FROM dbadvisor.worker WHERE pid IS NOT NULL});
kill 'KILL', $pid;
ok( $node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid"), 'the server has come back');
is($node->safe_psql('postgres', $state), $before, 'what was committed is there, the analysis is not taken for ended');
$node->safe_psql('postgres', q{
	DROP VIEW dbadvisor.rule_statistics_zz_endless;
	DELETE FROM dbadvisor.rule WHERE rule = 'statistics.zz_endless'});
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'postgres' AND state IN ('waiting', 'failed') AND pid IS NULL}), 'workers come again');
$node->safe_psql('postgres', 'SELECT dbadvisor.request_analysis()');
ok( $node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM dbadvisor.run WHERE finished_at IS NOT NULL'), 'and an analysis ends');

# The clock went back: the last analysis lies in the future, and delays nothing.
$node->safe_psql('postgres', q{UPDATE dbadvisor.run SET started_at = started_at + interval '1 day', finished_at = finished_at + interval '1 day'});
$node->append_conf('postgresql.conf', q{dbadvisor.analyze_interval = '1h'});
$node->restart;
ok( $node->poll_query_until('postgres', 'SELECT count(*) = 2 FROM dbadvisor.run WHERE finished_at IS NOT NULL'), 'analysed by the interval though the clock went back');
$node->append_conf('postgresql.conf', 'dbadvisor.analyze_interval = 0');
$node->reload;

# The disk is full: the snapshot that fails leaves no trace, the next one makes it
# good.
my $calls = q{SELECT COALESCE(sum(h.calls), 0) FROM dbadvisor.history_statement h JOIN pg_stat_statements s USING (userid, queryid) WHERE s.query LIKE 'SELECT id AS counted%'};
my $query = 'SELECT id AS counted FROM orders WHERE id = 1;';
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
$node->safe_psql('postgres', $query x 3);
$node->safe_psql('postgres', q{
	CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
	BEGIN
		RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
	END $$;
	CREATE TRIGGER disk_is_full BEFORE INSERT ON dbadvisor.history_snapshot FOR EACH ROW EXECUTE FUNCTION disk_is_full()});
my $rows = q{SELECT (SELECT count(*) FROM dbadvisor.history_statement), (SELECT count(*) FROM dbadvisor.history_relation), (SELECT taken_at FROM dbadvisor.counter_snapshot)};
$before = $node->safe_psql('postgres', $rows);
($code, $stdout, $stderr) = $node->psql('postgres', 'SELECT dbadvisor.take_snapshot()');
like($stderr, qr/No space left on device/, 'a full disk is told');
is($node->safe_psql('postgres', $rows), $before, 'nothing is left of the snapshot');
$node->append_conf('postgresql.conf', q{dbadvisor.snapshot_interval = '1s'});
$node->reload;
ok( $node->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'postgres' AND failures > 0 AND problem ~ 'No space left'}), 'the worker says so, too');
is($node->safe_psql('postgres', 'SELECT dbadvisor.analyze() > 0'), 't', 'analyses do not need history');
$node->append_conf('postgresql.conf', q{dbadvisor.snapshot_interval = '1h'});
$node->reload;
$node->safe_psql('postgres', 'DROP TRIGGER disk_is_full ON dbadvisor.history_snapshot');
$node->safe_psql('postgres', $query x 2);
$node->safe_psql('postgres', 'SELECT dbadvisor.take_snapshot()');
is($node->safe_psql('postgres', $calls), '5', 'with space again the next one counts all calls');

$node->stop;
done_testing();
