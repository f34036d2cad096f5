# A standby has a workload of its own: its worker keeps what it finds in memory,
# bounded, until the next analysis, a restart or the promotion.
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
dbadvisor.sampler_rate = 1
autovacuum = off
max_worker_processes = 10
});
$primary->start;
$primary->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders AS
	SELECT g AS id, g % 5000 AS customer, CASE WHEN g % 500 = 0 THEN 'confidential' ELSE 'public' END AS state, md5(g::text) AS note
	  FROM generate_series(1, 50000) g;
	ALTER TABLE orders ADD PRIMARY KEY (id);
	ANALYZE orders;
	CREATE ROLE reader LOGIN;
	CREATE ROLE stranger LOGIN;
	GRANT dbadvisor_reader TO reader;
	CREATE DATABASE gone});
$primary->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'copy', has_streaming => 1);
$standby->append_conf('postgresql.conf', 'restart_after_crash = on');
$standby->start;

sub caught_up
{
	$primary->wait_for_catchup($standby, 'replay', $primary->lsn('insert'));
	return;
}

# Ask the standby.
sub answer
{
	my ($query, %options) = @_;
	return $standby->safe_psql('postgres', $query, %options);
}

# Have the standby analysed, and wait for the worker's end.
sub analysed
{
	my $since = answer('SELECT clock_timestamp()');
	answer('SELECT dbadvisor.request_analysis()');
	return $standby->poll_query_until('postgres', qq{
		SELECT count(*) = 1 FROM dbadvisor.worker
		 WHERE database = 'postgres' AND state = 'waiting' AND last_analysis >= '$since' AND NOT requested});
}

# Read there and nowhere else.
my $customers = 'SELECT note FROM orders WHERE customer = 17;' x 30;
my $states = q{SELECT id FROM orders WHERE state = 'confidential' ORDER BY id;} x 30;
answer($customers . $states);
is(answer('SELECT dbadvisor.has_standby_advice(), (SELECT count(*) FROM dbadvisor.recommendations)'), 'f|0', 'nothing before an analysis');
ok(analysed(), 'a worker analyses on the standby');
my $missing = q{SELECT severity, title, finding_id IS NULL, last_seen > clock_timestamp() - interval '10 min', run_id IS NULL
	FROM dbadvisor.recommendations WHERE rule = 'index.missing' AND variant LIKE '%customer%'};
like(answer($missing), qr/^high\|Create an index on public\.orders \(customer[^|]*\|t\|t\|t$/, 'which finds the index that only its statements need');
is( $primary->safe_psql('postgres', q{SELECT dbadvisor.analyze('{index}') > 0, (SELECT count(*) FROM dbadvisor.finding WHERE rule = 'index.missing')}),
	't|0', 'as the primary does not');
caught_up();
is(answer(q{SELECT count(*) FROM dbadvisor.progress WHERE kind = 'worker'}), '0', 'the worker has left');
like(answer($missing), qr/^high/, 'its advice has stayed');
is(answer('SELECT count(*) FROM dbadvisor.finding'), $primary->safe_psql('postgres', 'SELECT count(*) FROM dbadvisor.finding'), 'the store is the primary\'s');
is( answer(q{SELECT count(*) = (SELECT count(*) FROM dbadvisor.rule), count(*) FILTER (WHERE status = 'failed'), sum(left_out) FROM dbadvisor.standby_rule_run}),
	't|0|0', 'every rule has run, none failed, nothing was left out');
like(answer('SELECT dbadvisor.report_text()'), qr/^Analysed on this standby from .*Create an index on public\.orders \(customer/ms, 'it is in the report');
is(answer(q{SELECT open >= 1 FROM dbadvisor.summary WHERE rule = 'index.missing'}), 't', 'and in the summary');

# Who may see findings sees these, and nobody else.
like(answer('SELECT count(*) FROM dbadvisor.recommendations', extra_params => [ '-U', 'reader' ]), qr/^[1-9]/, 'a reader sees it');
for my $source ('dbadvisor.recommendations', 'dbadvisor.standby_finding', 'dbadvisor.standby_items()')
{
	isnt($standby->psql('postgres', "SELECT * FROM $source", extra_params => [ '-U', 'stranger' ]), 0, "a stranger cannot read $source");
}

# Values are in it only where they are to be shown.
my $values = q{SELECT count(*) FROM dbadvisor.standby_items() WHERE item::text LIKE '%confidential%'};
is(answer($values), '0', 'no values');
$standby->append_conf('postgresql.conf', 'dbadvisor.include_values = on');
$standby->reload;
ok(analysed(), 'analysed with values');
cmp_ok(answer($values), '>', 0, 'values');
$standby->append_conf('postgresql.conf', 'dbadvisor.include_values = off');
$standby->reload;
ok(analysed(), 'analysed without values');
is(answer($values), '0', 'the next analysis takes the place of the one before');

# What is suppressed on the primary is hidden here.
$primary->safe_psql('postgres', q{SELECT dbadvisor.suppress('index.missing', '*orders*', 'known')});
caught_up();
is(answer($missing), '', 'suppressed');
is(answer(q{SELECT DISTINCT status, suppressed_reason FROM dbadvisor.standby_finding WHERE rule = 'index.missing'}), 'suppressed|known', 'and why');
$primary->safe_psql('postgres', q{SELECT dbadvisor.unsuppress('index.missing', '*orders*')});
caught_up();
like(answer($missing), qr/^high/, 'shown again');

# Memory is bounded: the least severe goes first, and is counted.
$primary->safe_psql('postgres', q{
	DO $$ BEGIN
		FOR i IN 1 .. 300 LOOP
			EXECUTE format('CREATE TABLE keyless_%s (a int, b text)', i);
		END LOOP;
	END $$});
caught_up();
$standby->append_conf('postgresql.conf', 'dbadvisor.standby_advice_size = 160kB');
$standby->reload;
ok(analysed(), 'analysed with little memory');
cmp_ok(answer('SELECT sum(octet_length(item::text)) FROM dbadvisor.standby_items()'), '<=', 160 * 1024, 'what is kept fits');
cmp_ok(answer('SELECT sum(left_out) FROM dbadvisor.standby_rule_run'), '>', 0, 'the rest is counted');
like(answer($missing), qr/^high/, 'the severe is there');
is( answer(q{
	SELECT count(*) = (SELECT count(*) FROM dbadvisor.rule) FROM dbadvisor.standby_rule_run}), 't', 'and what became of every rule');
is( answer(q{
	SELECT bool_and(k.kept + r.left_out = r.advice_count)
	  FROM dbadvisor.standby_rule_run r
	 CROSS JOIN LATERAL (SELECT count(*) FROM dbadvisor.standby_finding f WHERE f.rule = r.rule) k (kept)}), 't', 'each is kept or counted');

# A restart forgets; so does a crash, after which workers come again.
$standby->restart;
is(answer('SELECT dbadvisor.has_standby_advice()'), 'f', 'a restart forgets');
ok(analysed(), 'analysed after the restart');
$primary->safe_psql('postgres', q{
	CREATE VIEW dbadvisor.rule_index_zz_sleeps AS
	SELECT n.* FROM pg_sleep(600) s CROSS JOIN dbadvisor.advice_note('index.zz_sleeps', 'ok') n;
	SELECT dbadvisor.register_rule('index.zz_sleeps', 'Sleeps', 'For a test', 'low')});
caught_up();

# Have a worker of the standby sleep in a rule; returns its process.
sub asleep
{
	my ($database) = @_;
	$standby->safe_psql($database, 'SELECT dbadvisor.request_analysis()');
	ok( $standby->poll_query_until($database, q{
		SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'index.zz_sleeps'}), "a worker is in the middle of a rule in $database");
	return $standby->safe_psql($database, q{SELECT pid FROM dbadvisor.progress WHERE kind = 'worker'});
}

my $pid = asleep('postgres');
like(answer($missing), qr/^high/, 'rules that have run are shown before the end');
kill 'KILL', $pid;
ok($standby->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid"), 'the standby has come back after a crash');
is(answer('SELECT dbadvisor.has_standby_advice()'), 'f', 'a crash forgets');

# In the way of replay the server ends the worker: that is told, and what it has
# kept stays.
$standby->append_conf('postgresql.conf', 'max_standby_streaming_delay = 100ms');
$standby->reload;
asleep('postgres');
$primary->safe_psql('postgres', q{
	CREATE TABLE scratch AS SELECT generate_series(1, 1000) AS id;
	DELETE FROM scratch});
$primary->safe_psql('postgres', 'VACUUM scratch');
caught_up();
ok( $standby->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'postgres' AND pid IS NULL AND state = 'failed' AND problem IS NOT NULL}), 'ended by a conflict with replay');
is(answer('SELECT count(*) > 0 FROM dbadvisor.standby_rule_run'), 't', 'what it has kept stays');
$standby->append_conf('postgresql.conf', q{max_standby_streaming_delay = '1h'});
$standby->reload;

# An extension that has come since is found; a database that is dropped does not
# have to wait for the worker in it.
$primary->safe_psql('gone', q{
	CREATE EXTENSION dbadvisor;
	CREATE VIEW dbadvisor.rule_index_zz_sleeps AS
	SELECT n.* FROM pg_sleep(600) s CROSS JOIN dbadvisor.advice_note('index.zz_sleeps', 'ok') n;
	SELECT dbadvisor.register_rule('index.zz_sleeps', 'Sleeps', 'For a test', 'low')});
caught_up();
$pid = asleep('gone');
is($standby->safe_psql('gone', q{SELECT count(*) FROM dbadvisor.recommendations WHERE object_name LIKE '%orders%'}), '0', 'another database has its own advice');
$primary->safe_psql('postgres', 'DROP DATABASE gone');
caught_up();
is(answer(q{SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'dbadvisor worker'}), '0', 'dropped under the worker');

# The promotion ends a worker at work, and the store takes over.
answer($customers);
asleep('postgres');
like(answer($missing), qr/^high/, 'kept before the promotion');
$standby->promote;
is(answer('SELECT dbadvisor.has_standby_advice(), (SELECT count(*) FROM dbadvisor.standby_finding)'), 'f|0', 'gone with the promotion');
ok( $standby->poll_query_until('postgres', q{
	SELECT count(*) = 0 FROM pg_stat_activity WHERE backend_type = 'dbadvisor worker' AND query LIKE '%zz_sleeps%'}), 'the worker has left');
answer(q{
	DROP VIEW dbadvisor.rule_index_zz_sleeps;
	DELETE FROM dbadvisor.rule WHERE rule = 'index.zz_sleeps'});
ok( $standby->poll_query_until('postgres', q{
	SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'postgres' AND state = 'waiting' AND last_snapshot IS NOT NULL}), 'another has come that writes');
answer('SELECT dbadvisor.request_analysis()');
ok($standby->poll_query_until('postgres', q{SELECT count(*) = 1 FROM dbadvisor.run WHERE finished_at IS NOT NULL AND 'schema' = ANY (categories)}), 'an analysis is stored');
is(answer(q{SELECT count(*) FROM dbadvisor.finding WHERE rule = 'index.missing' AND variant LIKE '%customer%'}), '1', 'with the finding');

$standby->stop;
$primary->stop;
unlike(slurp_file($_->logfile), qr/PANIC|TRAP|leak/, 'nothing went wrong in the log of ' . $_->name) for $primary, $standby;
done_testing();
