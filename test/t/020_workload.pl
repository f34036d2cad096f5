# The workload without pg_stat_statements, across dump and restore, and on a
# hot standby.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->start;

# Run SQL that may fail; returns what went to standard error.
sub errors_of
{
	my ($node, $sql) = @_;
	my ($status, $out, $err) = $node->psql('postgres', $sql);
	return $err;
}

my $states = q{
	SELECT string_agg(w.query || ': ' || w.state, ', ' ORDER BY w.query)
	  FROM dbadvisor.workload w
	 WHERE w.source = 'manual'};

$primary->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE item (id int, note text);
	SELECT dbadvisor.workload_add('SELECT * FROM item WHERE id = $1', 7, 0.5)});

# Not preloaded: said, and the rest works.
my ($status, $out, $err) = $primary->psql('postgres', $states);
is($out, 'SELECT * FROM item WHERE id = $1: plannable',
	'not preloaded: statements by hand are there');
like($err, qr/NOTICE: .*pg_stat_statements cannot be read.*shared_preload_libraries/s,
	'not preloaded: the reason and what to do');

$primary->append_conf('postgresql.conf', q{
	shared_preload_libraries = 'pg_stat_statements'
	pg_stat_statements.track = all});
$primary->restart;
is(errors_of($primary, $states), '', 'preloaded: no complaint');
$primary->safe_psql('postgres', 'SELECT note FROM item WHERE id = 1');
is($primary->safe_psql('postgres',
		q{SELECT state FROM dbadvisor.workload WHERE query LIKE 'SELECT note%'}),
	'plannable', 'preloaded: statements of the database are there');

# The caller may be refused the view.
$primary->safe_psql('postgres', q{
	CREATE ROLE reader;
	GRANT dbadvisor_reader TO reader;
	REVOKE ALL ON pg_stat_statements FROM PUBLIC;
	REVOKE ALL ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC});
like(errors_of($primary, "SET ROLE reader; $states"), qr/42501: permission denied/,
	'a reader without privileges is told why');

# Statements by hand survive dump and restore.
my $dump = $primary->basedir . '/dump.sql';
$primary->command_ok([ 'pg_dump', '-f', $dump, '-d', $primary->connstr('postgres') ], 'dump');
$primary->safe_psql('postgres', 'CREATE DATABASE restored');
$primary->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $dump, '-d',
		$primary->connstr('restored') ], 'restore');
is($primary->safe_psql('restored',
		'SELECT calls, mean_ms, role_name = current_user FROM dbadvisor.workload_statement'),
	'7|0.5|t', 'statement restored');
is($primary->safe_psql('restored', $states), 'SELECT * FROM item WHERE id = $1: plannable',
	'and plannable there');
is($primary->safe_psql('restored', q{SELECT dbadvisor.workload_add('SELECT note FROM item')}),
	'2', 'ids go on where they were');

# A hot standby reads, analyses and refuses to write.
$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$standby->safe_psql('postgres', 'SELECT note FROM item WHERE id = 1');
is($standby->safe_psql('postgres', $states), 'SELECT * FROM item WHERE id = $1: plannable',
	'standby: statements by hand');
is($standby->safe_psql('postgres',
		q{SELECT state FROM dbadvisor.workload WHERE query LIKE 'SELECT note%'}),
	'plannable', 'standby: its own statements');
like(errors_of($standby, q{SELECT dbadvisor.workload_add('SELECT 1')}),
	qr/cannot execute INSERT in a read-only transaction/, 'standby: nothing is added');
is($standby->safe_psql('postgres',
		q{SELECT count(*) FROM pg_stat_statements WHERE query ~ 'WITH statement|FROM dbadvisor.workload_statement'}),
	'0', 'standby: no statement of ours is counted');

done_testing();
