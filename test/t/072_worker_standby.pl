# Workers wait on a standby without memory for advice and begin when it is promoted;
# 084_standby_advice.pl has what they do with it.  A lagging standby
# makes those of the primary pause, a missing synchronous one does not hang them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.analyze_interval = 0
dbadvisor.pause_active_backends = 0
dbadvisor.standby_advice_size = 0
max_worker_processes = 10
});
$primary->start;
$primary->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->start;

# Ask for an analysis and wait for its end.
sub analysed
{
	my ($node) = @_;
	my $last = $node->safe_psql('postgres', 'SELECT COALESCE(max(run_id), 0) FROM dbadvisor.run');
	$node->safe_psql('postgres', 'SELECT dbadvisor.request_analysis()');
	return $node->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM dbadvisor.run WHERE run_id > $last AND finished_at IS NOT NULL");
}

ok( $standby->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'launcher' AND phase = 'waiting for promotion'}),
	'the standby waits for its promotion');
my ($code, $stdout, $stderr) = $standby->psql('postgres', 'SELECT dbadvisor.request_analysis()');
like($stderr, qr/background workers wait for the promotion of this standby/, 'and says so');

# It stops replaying: the primary's worker pauses once the lag is seen.
ok(analysed($primary), 'the primary is analysed');
$primary->append_conf('postgresql.conf', 'dbadvisor.pause_replication_lag = 200ms');
$primary->reload;
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$primary->safe_psql('postgres', 'CREATE TABLE t AS SELECT generate_series(1, 1000)');
sleep 1;
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_pause()');
$primary->safe_psql('postgres', 'SELECT dbadvisor.request_analysis()');
ok( $primary->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'paused: a standby lags'}),
	'the worker pauses while a standby lags') if $primary->safe_psql('postgres', q{
	SELECT COALESCE(max(replay_lag) > '200ms', false) FROM pg_stat_replication}) eq 't';
$standby->safe_psql('postgres', 'SELECT pg_wal_replay_resume()');
$primary->append_conf('postgresql.conf', 'dbadvisor.pause_replication_lag = -1');
$primary->reload;
ok( $primary->poll_query_until('postgres', q{
	SELECT count(*) = 0 FROM dbadvisor.progress WHERE kind = 'worker'}), 'and goes on');

# A synchronous standby that is not there hangs sessions, but no worker.
$primary->append_conf('postgresql.conf', q{synchronous_standby_names = 'nobody'});
$primary->reload;
my $last = $primary->safe_psql('postgres', 'SELECT max(run_id) FROM dbadvisor.run');
$primary->safe_psql('postgres', 'SET synchronous_commit = local; SELECT dbadvisor.request_analysis()');
ok( $primary->poll_query_until('postgres',
		"SELECT count(*) > 0 FROM dbadvisor.run WHERE run_id > $last AND finished_at IS NOT NULL"),
	'analysed without the synchronous standby');
$primary->append_conf('postgresql.conf', q{synchronous_standby_names = ''});
$primary->reload;
$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));

# Promoted, the standby analyses; its history begins anew.
$primary->stop;
$standby->promote;
ok( $standby->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'postgres' AND state = 'waiting' AND last_snapshot IS NOT NULL}),
	'workers come after the promotion');
ok(analysed($standby), 'and analyse');
$standby->stop;
done_testing();
