# Background workers: they come soon after CREATE EXTENSION, analyse, tell of
# what they find, and leave; crashes, restarts and settings change what they do.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.analyze_interval = 0
dbadvisor.pause_active_backends = 0
});
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE shop');
$node->safe_psql('postgres', 'CREATE DATABASE other');

# Wait until the view of workers says something of a database.
sub worker_is
{
	my ($database, $condition, $from) = @_;
	ok( $node->poll_query_until($from // 'shop',
			"SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = '$database' AND $condition"),
		"$database: $condition");
	return;
}

# Ask for an analysis and wait for its end; returns its number.
sub analysed
{
	my ($database) = @_;
	my $last = $node->safe_psql($database, 'SELECT COALESCE(max(run_id), 0) FROM dbadvisor.run');
	$node->safe_psql($database, 'SELECT dbadvisor.request_analysis()');
	$node->poll_query_until($database,
		"SELECT count(*) > 0 FROM dbadvisor.run WHERE run_id > $last AND finished_at IS NOT NULL")
	  or die 'no analysis came';
	return $node->safe_psql($database, 'SELECT max(run_id) FROM dbadvisor.run');
}

# The extension comes, and a worker after it.
$node->safe_psql('shop', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE orders AS
	SELECT g AS id, g % 5000 AS customer, md5(g::text) AS note FROM generate_series(1, 50000) g;
	ANALYZE orders;
	SELECT dbadvisor.workload_add('SELECT * FROM orders WHERE customer = $1', 100000, 5)});
worker_is('shop', "state = 'waiting' AND failures = 0");
worker_is('other', "state = 'not installed'");
is($node->safe_psql('shop', 'SELECT count(*) FROM dbadvisor.run'), '0', 'no analysis while the interval is 0');
is($node->safe_psql('shop', q{SELECT phase, database FROM dbadvisor.progress WHERE kind = 'launcher'}),
	'waiting|', 'the launcher waits');

# A request runs one, and who listens hears of the new findings.
my $listener = $node->background_psql('shop');
$listener->query_safe('LISTEN dbadvisor');
analysed('shop');
is( $node->safe_psql('shop', q{
	SELECT finished_at IS NOT NULL, run_by = current_user FROM dbadvisor.run}), 't|t', 'one analysis');
is( $node->safe_psql('shop', q{
	SELECT count(*) = (SELECT count(*) FROM dbadvisor.rule), count(*) FILTER (WHERE status = 'failed')
	  FROM dbadvisor.rule_run}), 't|0', 'every rule has its row');
is($node->safe_psql('shop', q{SELECT count(DISTINCT xmin::text) > 1 FROM dbadvisor.rule_run}),
	't', 'each rule in a transaction of its own');
my $finding = $node->safe_psql('shop', q{SELECT finding_id, severity FROM dbadvisor.recommendations WHERE rule = 'index.missing'});
my ($finding_id, $severity) = split /\|/, $finding;
is($severity, 'high', 'the missing index is found');
my $heard = $listener->query('SELECT 1');
like($heard, qr/Asynchronous notification "dbadvisor" with payload "\{"event":"finding","database":"shop"[^\n]*"finding_id":$finding_id,[^\n]*"rule":"index.missing"/,
	'its listener has heard');
analysed('shop');
unlike($listener->query('SELECT 1'), qr/Asynchronous/, 'not again when it is known');
$listener->quit;
is($node->safe_psql('shop', q{SELECT count(*) FROM dbadvisor.progress WHERE kind = 'worker'}), '0', 'the worker has left');

# The severity to tell from can be set; a session tells too.  That the server of a test
# does without fsync is critical, and no news.
my ($out, $told) = ('', '');
$node->psql('shop', q{
	DO $$ BEGIN PERFORM dbadvisor.set_rule('settings.durability_off', enabled => false); END $$;
	DELETE FROM dbadvisor.finding;
	SET dbadvisor.notify_severity = 'critical';
	LISTEN dbadvisor;
	SELECT dbadvisor.analyze() > 0;
	DELETE FROM dbadvisor.finding;
	SELECT 'between';
	SET dbadvisor.notify_severity = 'low';
	SELECT dbadvisor.analyze() > 0}, stdout => \$out);
like($out, qr/^t\nbetween\nt\nAsynchronous notification "dbadvisor"/, 'told from the severity on that is set');

# A session waits while a worker has the store for one rule.
$node->safe_psql('shop', q{
	CREATE VIEW dbadvisor.rule_schema_sleeps AS
	SELECT a.*
	  FROM pg_sleep(5) s,
		   dbadvisor.advice(rule => 'schema.sleeps', object_type => 'database', object_name => 'here', title => 'Sleeps') a;
	SELECT dbadvisor.register_rule('schema.sleeps', 'Sleeps', 'It sleeps', 'info');
	SELECT dbadvisor.request_analysis()});
$node->poll_query_until('shop', q{SELECT EXISTS (SELECT FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'schema.sleeps')})
  or die 'the worker does not run the rule';
is($node->safe_psql('shop', q{SELECT dbadvisor.analyze('{index}') > 0}), 't', 'a session waits for the worker');
$node->poll_query_until('shop', q{SELECT NOT EXISTS (SELECT FROM dbadvisor.progress WHERE kind = 'worker')})
  or die 'the worker does not leave';
$node->safe_psql('shop', q{
	DROP VIEW dbadvisor.rule_schema_sleeps;
	DELETE FROM dbadvisor.rule WHERE rule = 'schema.sleeps'});

# A session's analysis is in the progress, and no longer when it has ended.
my $session = $node->background_psql('shop');
$session->query_safe('BEGIN');
$session->query_safe(q{SELECT dbadvisor.report_progress('counting', 3, 7, 'public.orders')});
is( $node->safe_psql('shop', q{
	SELECT kind, database, phase, done, total, object FROM dbadvisor.progress WHERE kind <> 'launcher'}),
	'session|shop|counting|3|7|public.orders', 'progress of a session');
$session->query_safe('ROLLBACK');
is($node->safe_psql('shop', q{SELECT count(*) FROM dbadvisor.progress WHERE kind = 'session'}), '0', 'gone with its transaction');
$session->quit;

# Two databases, each with its own findings.
$node->safe_psql('other', 'CREATE EXTENSION dbadvisor');
worker_is('other', "state = 'waiting'");
analysed('other');
is( $node->safe_psql('other', q{SELECT count(*) FROM dbadvisor.finding WHERE rule LIKE 'index.%'}),
	'0', 'the other database has its own advice');

# Dropped, it is left alone; rolled back, it is not.
$node->safe_psql('other', 'BEGIN; DROP EXTENSION dbadvisor; ROLLBACK');
worker_is('other', "state IN ('out of the way', 'waiting')");
$node->safe_psql('other', 'DROP EXTENSION dbadvisor');
worker_is('other', "state = 'not installed'");
$node->safe_psql('other', 'CREATE EXTENSION dbadvisor');
worker_is('other', "state = 'waiting'");
analysed('other');

# The interval, and the window around it.
my $before = $node->safe_psql('shop', 'SELECT max(run_id) FROM dbadvisor.run');
my @days = qw(Sun Mon Tue Wed Thu Fri Sat);
my $closed = $days[ ((gmtime)[6] + 3) % 7 ];
$node->append_conf('postgresql.conf', qq{
timezone = 'UTC'
dbadvisor.analyze_interval = 1
dbadvisor.maintenance_window = '$closed 10:00-12:00'});
$node->reload;
sleep 3;
is($node->safe_psql('shop', 'SELECT max(run_id) FROM dbadvisor.run'), $before, 'nothing outside of the window');
analysed('shop');
$before = $node->safe_psql('shop', 'SELECT max(run_id) FROM dbadvisor.run');
$node->append_conf('postgresql.conf', q{dbadvisor.maintenance_window = 'Sat-Fri 00:00-24:00, 23:00-01:00'});
$node->reload;
ok($node->poll_query_until('shop', "SELECT max(run_id) > $before + 1 FROM dbadvisor.run"), 'by the interval inside of it');
for my $wrong ('22:00', 'Mon22:00-23:00', '10:00-10:00', '24:30-25:00', '10:00-12:00,', 'Moon 10:00-12:00')
{
	my ($code, $stdout, $stderr) = $node->psql('postgres', "ALTER SYSTEM SET dbadvisor.maintenance_window = '$wrong'");
	like($stderr, qr/invalid value for parameter "dbadvisor.maintenance_window"/, "not a window: $wrong");
}

# Off, for all databases or for some.
$node->append_conf('postgresql.conf', q{
dbadvisor.analyze_interval = 0
dbadvisor.databases = 'sh?p, x*'});
$node->reload;
worker_is('other', "state = 'not chosen'");
worker_is('shop', "state = 'waiting'");
my ($code, $stdout, $stderr) = $node->psql('other', 'SELECT dbadvisor.request_analysis()');
like($stderr, qr/background workers do not look after this database/, 'no request there');
$node->append_conf('postgresql.conf', 'dbadvisor.worker = off');
$node->reload;
ok($node->poll_query_until('shop', q{SELECT phase = 'switched off' FROM dbadvisor.progress WHERE kind = 'launcher'}), 'switched off');
($code, $stdout, $stderr) = $node->psql('shop', 'SELECT dbadvisor.request_analysis()');
like($stderr, qr/background workers do not look after this database/, 'no request then');
$node->append_conf('postgresql.conf', 'dbadvisor.worker = on');
$node->reload;

# A restart; the schedule goes on where it was.
$node->restart;
worker_is('shop', "state = 'waiting' AND last_analysis IS NOT NULL");

# Busy: it waits between its transactions, and goes on.
$node->append_conf('postgresql.conf', 'dbadvisor.pause_active_backends = 1');
$node->reload;
my $busy = $node->background_psql('shop');
$busy->query_until(qr/now/, "\\echo now\nSELECT pg_sleep(600);\n");
$before = $node->safe_psql('shop', 'SELECT max(run_id) FROM dbadvisor.run');
$node->safe_psql('shop', 'SELECT dbadvisor.request_analysis()');
ok( $node->poll_query_until('shop', q{
	SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'paused: many active sessions'}), 'it pauses');
is( $node->safe_psql('shop', q{
	SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'dbadvisor worker' AND backend_xmin IS NOT NULL}),
	'0', 'without a snapshot');
is($node->safe_psql('shop', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()}),
	't', 'calm again');
ok($node->poll_query_until('shop', "SELECT count(*) > 0 FROM dbadvisor.run WHERE run_id > $before AND finished_at IS NOT NULL"), 'it goes on');
$busy->{run}->kill_kill;

# A crash of a worker: the server restarts itself, and workers come again.
$node->append_conf('postgresql.conf', q{
restart_after_crash = on
dbadvisor.pause_active_backends = 1});
$node->reload;
$busy = $node->background_psql('shop');
$busy->query_until(qr/now/, "\\echo now\nSELECT pg_sleep(600);\n");
$node->safe_psql('shop', 'SELECT dbadvisor.request_analysis()');
$node->poll_query_until('shop', q{SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker'});
my $pid = $node->safe_psql('shop', q{SELECT pid FROM dbadvisor.progress WHERE kind = 'worker'});
kill 9, $pid;
$busy->{run}->kill_kill;
$node->append_conf('postgresql.conf', 'dbadvisor.pause_active_backends = 0');
$node->poll_query_until('postgres', "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = $pid");
$node->poll_query_until('shop', 'SELECT true');
$node->reload;
worker_is('shop', "state = 'waiting'");
analysed('shop');
ok(1, 'analysed after the crash');

# SIGTERM ends a worker or the launcher at once; the launcher comes again.
is($node->safe_psql('shop', q{SELECT pg_terminate_backend(pid, 5000) FROM dbadvisor.progress WHERE kind = 'launcher'}), 't', 'the launcher can be ended');
ok($node->poll_query_until('shop', q{SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'launcher'}), 'and comes again');
analysed('shop');

# An unprivileged owner: the worker has his rights and no others.
$node->safe_psql('other', q{
	CREATE ROLE keeper LOGIN;
	DROP EXTENSION dbadvisor;
	CREATE EXTENSION dbadvisor});
$node->append_conf('postgresql.conf', q{dbadvisor.databases = '*'});
$node->reload;
worker_is('other', "state = 'waiting'");
$node->safe_psql('postgres', 'ALTER ROLE keeper SUPERUSER');
$node->safe_psql('other', 'DROP EXTENSION dbadvisor', extra_params => [ '-U', 'keeper' ]);
$node->safe_psql('other', 'CREATE EXTENSION dbadvisor', extra_params => [ '-U', 'keeper' ]);
$node->safe_psql('postgres', 'ALTER ROLE keeper NOSUPERUSER');
worker_is('other', "state = 'waiting'");
analysed('other');
is($node->safe_psql('other', 'SELECT DISTINCT run_by FROM dbadvisor.run'), 'keeper', 'the worker is the owner');
is($node->safe_psql('other', q{SELECT count(*) FROM dbadvisor.rule_run WHERE status = 'failed'}), '0', 'no rule fails for want of rights');

$node->stop;
my $log = slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP|could not work in database/, 'nothing went wrong in the log');
done_testing();
