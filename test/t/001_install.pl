# The extension works preloaded and not, and survives a restart and its own
# removal, with and without pg_stat_statements.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;

# The number of objects that the extension made.
my $count_members = q{
	SELECT count(*) FROM pg_depend
	 WHERE deptype = 'e'
	   AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'dbadvisor')};

# What remains after DROP EXTENSION: nothing may.
my $count_left = q{
	SELECT (SELECT count(*) FROM pg_extension WHERE extname = 'dbadvisor')
		 + (SELECT count(*) FROM pg_proc WHERE probin LIKE '%dbadvisor%')
		 + (SELECT count(*) FROM pg_namespace WHERE nspname = 'dbadvisor')};

# Install, use, restart, remove; "preload" is the value of
# shared_preload_libraries.
sub live_and_let_die
{
	my ($preload) = @_;
	my $name = $preload eq '' ? 'nothing preloaded' : "preloaded: $preload";

	$node->append_conf('postgresql.conf', "shared_preload_libraries = '$preload'");
	$node->restart;

	is($node->psql('postgres', 'CREATE EXTENSION dbadvisor'), 0, "$name: create");
	my $members = $node->safe_psql('postgres', $count_members);

	is($node->safe_psql('postgres', q{LOAD 'dbadvisor'; SHOW dbadvisor.lock_timeout}),
		'100ms', "$name: library loads into a session");

	$node->restart;
	is($node->safe_psql('postgres', $count_members), $members, "$name: all there after a restart");
	is($node->safe_psql('postgres', q{LOAD 'dbadvisor'; SHOW dbadvisor.statement_timeout}),
		'5s', "$name: library loads after a restart");

	is($node->psql('postgres', 'DROP EXTENSION dbadvisor'), 0, "$name: drop");
	is($node->safe_psql('postgres', $count_left), '0', "$name: nothing left");
	is($node->psql('postgres', 'CREATE EXTENSION dbadvisor'), 0, "$name: create again");
	is($node->safe_psql('postgres', $count_members), $members, "$name: the same objects again");
	is($node->psql('postgres', 'DROP EXTENSION dbadvisor'), 0, "$name: drop again");
	return;
}

$node->start;
live_and_let_die('');
live_and_let_die('dbadvisor');
live_and_let_die('pg_stat_statements, dbadvisor');

# A schema that somebody has prepared is not taken over.
$node->safe_psql('postgres', 'CREATE SCHEMA dbadvisor');
my ($status, undef, $error) = $node->psql('postgres', 'CREATE EXTENSION dbadvisor');
isnt($status, 0, 'a prepared schema is refused');
like($error, qr/schema "dbadvisor" already exists/, 'and the error says so');
$node->safe_psql('postgres', 'DROP SCHEMA dbadvisor');

# A preloaded library takes its settings from the configuration file.
$node->append_conf('postgresql.conf', "dbadvisor.lock_timeout = '250ms'");
$node->restart;
is($node->safe_psql('postgres', 'SHOW dbadvisor.lock_timeout'), '250ms', 'setting of the configuration file');

$node->stop;
done_testing();
