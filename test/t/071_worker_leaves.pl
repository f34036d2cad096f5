# A worker at work is in nobody's way: databases and the extension can be
# dropped, renamed, moved, copied and altered at once, and the server stopped.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# With one active session too many the workers stay, paused, for as long as we
# like.
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.analyze_interval = 0
dbadvisor.pause_active_backends = 1
dbadvisor.max_workers = 4
});
$node->start;
my $busy = $node->background_psql('postgres');
$busy->query_until(qr/now/, "\\echo now\nSELECT pg_sleep(600);\n");

# Make a database with a worker that stays in it.
sub worked_database
{
	my ($name) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION dbadvisor');
	stay($name);
	return;
}

# Have a worker come and stay.
sub stay
{
	my ($name) = @_;
	$node->safe_psql($name, 'SELECT dbadvisor.request_analysis()');
	ok( $node->poll_query_until($name, qq{
			SELECT count(*) = 1 FROM dbadvisor.progress
			 WHERE kind = 'worker' AND database = '$name' AND phase LIKE 'paused%'}),
		"a worker is in $name");
	return;
}

# Run a command that must succeed without waiting: the worker would stay for ten minutes.
sub at_once
{
	my ($database, $command) = @_;
	my $started = time();
	my ($code, $stdout, $stderr) = $node->psql($database, $command, timeout => 60);
	is($stderr, '', $command);
	cmp_ok(time() - $started, '<', 30, 'at once');
	return;
}

worked_database('a');
at_once('postgres', 'CREATE DATABASE copy TEMPLATE a');
ok( $node->poll_query_until('copy', q{
		SELECT count(*) = 1 FROM dbadvisor.worker WHERE database = 'copy' AND state = 'waiting'}),
	'the copy is found to have the extension');

worked_database('b');
at_once('postgres', 'ALTER DATABASE b RENAME TO c');
worked_database('d');
at_once('postgres', 'DROP DATABASE d');
worked_database('e');
at_once('e', "SET client_min_messages = error;\nALTER EXTENSION dbadvisor UPDATE");
stay('e');
at_once('e', 'DROP EXTENSION dbadvisor');
worked_database('f');
at_once('f', 'DROP EXTENSION dbadvisor; CREATE EXTENSION dbadvisor');
stay('f');

# The server stops with workers in their databases.
my $started = time();
$node->stop('fast');
cmp_ok(time() - $started, '<', 30, 'the server stops at once');
$busy->{run}->kill_kill;
$node->start;

# A worker in the middle of a rule, too: one that sleeps.
$node->append_conf('postgresql.conf', 'dbadvisor.pause_active_backends = 0');
$node->reload;
for my $command ('DROP EXTENSION dbadvisor CASCADE', 'DROP DATABASE busy')
{
	$node->safe_psql('postgres', 'DROP DATABASE IF EXISTS busy');
	$node->safe_psql('postgres', 'CREATE DATABASE busy');
	$node->safe_psql('busy', q{
		CREATE EXTENSION dbadvisor;
		CREATE VIEW dbadvisor.rule_schema_sleeps AS
		SELECT a.*
		  FROM pg_sleep(600) s,
			   dbadvisor.advice('schema.sleeps', object_type => 'table', object_name => 'x', title => 'x') a;
		SELECT dbadvisor.register_rule('schema.sleeps', 'Sleeps', 'It sleeps', 'info');
		SELECT dbadvisor.request_analysis()});
	ok( $node->poll_query_until('busy', q{
			SELECT count(*) = 1 FROM dbadvisor.progress WHERE kind = 'worker' AND phase = 'schema.sleeps'}),
		'a worker sleeps in a rule');
	at_once($command =~ /DATABASE/ ? 'postgres' : 'busy', "SET client_min_messages = error;\n$command");
}
$node->stop;
done_testing();
