# The script that partitions a table for pg_partman, executed: pg_partman then makes the
# partitions ahead and drops those past retention, with the names that the script gave.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('partman');
$node->init;
$node->append_conf('postgresql.conf', "autovacuum = off\nfsync = off\ntimezone = 'Europe/Berlin'");
$node->start;
my $version = $node->safe_psql('postgres', q{SELECT default_version FROM pg_available_extensions WHERE name = 'pg_partman'});
if ($version eq '')
{
	$node->stop;
	plan skip_all => 'pg_partman is not installed on this server';
}
note("pg_partman $version");

# A database with this table, and its plan.
sub prepare
{
	my ($name, $schema, $arguments) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, "CREATE EXTENSION dbadvisor; CREATE SCHEMA \"Shop\"; $schema; ANALYZE");
	$node->safe_psql($name, qq{CREATE TABLE plan AS SELECT * FROM dbadvisor.partition_script('"Shop"."Event"', dialect => 'pg_partman', $arguments)});
	return;
}

# Run steps one after the other; returns what goes wrong and what the rows were.
sub run_steps
{
	my ($name, $condition, $column) = @_;
	$column ||= 'sql';
	my $order = $column eq 'sql' ? 'step' : 'step DESC';
	my $sql = $node->safe_psql($name, "SELECT string_agg($column, E'\\n' ORDER BY $order) FROM plan WHERE $column IS NOT NULL AND $condition");
	my ($status, $out, $errors) = $node->psql($name, "SET client_min_messages = error;\n$sql", on_error_stop => 1);
	return "$status$errors$out";
}

my $before_end = q{phase IN ('check', 'prepare', 'copy', 'verify', 'switch', 'after')};
my $partitions = q{SELECT count(*) FROM pg_inherits WHERE inhparent = '"Shop"."Event"'::regclass};
my $hours_ago = q{INSERT INTO "Shop"."Event" (at) SELECT now() - g * interval '1 hour' FROM generate_series(0, 2400) g};

foreach my $case (
	[ 'by_month', 'timestamptz', '1 month', '60 days' ],
	[ 'by_quarter', 'date', '3 months', '60 days' ],
	[ 'by_week', 'timestamp', '7 days', '60 days' ],
	[ 'by_hours', 'timestamptz', '6 hours', '60 days' ])
{
	my ($name, $type, $width, $retention) = @$case;
	prepare($name, qq{CREATE TABLE "Shop"."Event" (id bigint GENERATED ALWAYS AS IDENTITY, at $type NOT NULL, body text, PRIMARY KEY (id, at)); $hours_ago},
		qq{key => 'at', interval_width => '$width', retention => '$retention'});
	my $rows = $node->safe_psql($name, 'SELECT count(*), min(at), max(at), sum(id) FROM "Shop"."Event"');
	is(run_steps($name, $before_end), '0', "$name: the script runs to the end");
	is($node->safe_psql($name, 'SELECT count(*), min(at), max(at), sum(id) FROM "Shop"."Event"'), $rows, "$name: no row is lost or doubled");
	is($node->safe_psql($name, q{SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = '"Shop"."Event"'::regclass AND pg_get_expr(c.relpartbound, c.oid) ~ 'DEFAULT|VALUE\('}),
		'0', "$name: no default partition");

	# how it rounds decides whether it wants one more; told of two more, it makes two
	$node->safe_psql($name, q{UPDATE partman.part_config SET retention = NULL});
	is(run_steps($name, q{phase = 'repeat'}), '0', "$name: the job runs");
	my $count = $node->safe_psql($name, $partitions);
	$node->safe_psql($name, q{UPDATE partman.part_config SET premake = premake + 2});
	is(run_steps($name, q{phase = 'repeat'}), '0', "$name: and runs again");
	is($node->safe_psql($name, $partitions), $count + 2, "$name: it makes the partitions ahead");
	is(run_steps($name, q{phase = 'repeat'}), '0', "$name: and a third time");
	is($node->safe_psql($name, $partitions), $count + 2, "$name: and has nothing to do");

	$node->safe_psql($name, qq{UPDATE partman.part_config SET retention = '$retention'});
	is(run_steps($name, q{phase = 'repeat'}), '0', "$name: the job runs with retention");
	is($node->safe_psql($name, qq{SELECT min(at) < now() - interval '$retention' + interval '1 day', min(at) >= now() - interval '$retention' - 2 * interval '$width', count(*) > 1400 FROM "Shop"."Event"}),
		't|t|t', "$name: what is past retention is gone, and nothing else");
	is($node->safe_psql($name, q{SELECT count(*) FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = '"Shop"'::regnamespace AND c.relname ~ '_p[0-9]' AND NOT c.relispartition}),
		'0', "$name: no detached partition is left");
}

# numbers, with a foreign key to the table: retention is refused, and the way back leads back
prepare('by_number', q{
	CREATE TABLE "Shop"."Event" (id int PRIMARY KEY, body text);
	INSERT INTO "Shop"."Event" SELECT g FROM generate_series(1, 5000) g;
	CREATE TABLE "Shop".refers (event int REFERENCES "Shop"."Event");
	INSERT INTO "Shop".refers SELECT g FROM generate_series(1, 100) g},
	q{key => 'id', interval_width => '1000', premake => 3});
my ($status, $out, $errors) = $node->psql('by_number', q{SELECT * FROM dbadvisor.partition_script('"Shop"."Event"', 'id', interval_width => '1000', dialect => 'pg_partman', retention => '2000')});
like($errors, qr/drops no partition of a table that foreign keys refer to/, 'by_number: retention is refused');
is(run_steps('by_number', $before_end), '0', 'by_number: the script runs to the end');
my $count = $node->safe_psql('by_number', $partitions);
$node->safe_psql('by_number', q{INSERT INTO "Shop"."Event" SELECT g FROM generate_series(5001, 7500) g});
is(run_steps('by_number', q{phase = 'repeat'}), '0', 'by_number: the job runs');
cmp_ok($node->safe_psql('by_number', $partitions), '>', $count, 'by_number: it makes partitions as the numbers grow');
is(run_steps('by_number', q{phase IN ('after', 'switch') AND undo_sql IS NOT NULL}, 'undo_sql'), '0', 'by_number: the way back runs');
is($node->safe_psql('by_number', q{SELECT c.relkind, (SELECT count(*) FROM "Shop"."Event"), (SELECT count(*) FROM partman.part_config), to_regclass('partman."template_Shop_Event"') FROM pg_class c WHERE c.oid = '"Shop"."Event"'::regclass}),
	'r|7500|0|', 'by_number: it leads back, and pg_partman knows of nothing');

# the rule on a table that nobody looks after
my $native = $version =~ /^4/ ? q{'native', } : '';
$node->safe_psql('postgres', 'CREATE DATABASE silent');
$node->safe_psql('silent', qq{
	CREATE EXTENSION dbadvisor;
	CREATE SCHEMA partman;
	CREATE EXTENSION pg_partman SCHEMA partman;
	CREATE SCHEMA "Shop";
	CREATE TABLE "Shop"."Event" (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
	SELECT partman.create_parent('Shop.Event', 'at', $native'1 day', p_premake => 4);
	INSERT INTO "Shop"."Event" VALUES (1, now());
	SELECT pg_stat_force_next_flush()});
my $said = q{SELECT a.object_name, a.severity FROM dbadvisor.rule_partition_manager_silent a WHERE a.object_type <> 'rule'};
is($node->safe_psql('silent', $said), '', 'silent: all partitions are ahead');
$node->safe_psql('silent', q{UPDATE partman.part_config SET automatic_maintenance = 'off'});
is($node->safe_psql('silent', $said), '"Shop"."Event"|low', 'silent: it is left out of maintenance');
$node->safe_psql('silent', q{UPDATE partman.part_config SET automatic_maintenance = 'on', premake = 20});
is($node->safe_psql('silent', $said), '"Shop"."Event"|medium', 'silent: most partitions ahead are missing');
$node->safe_psql('silent', 'CALL partman.run_maintenance_proc()');
is($node->safe_psql('silent', $said), '', 'silent: maintenance makes them');

$node->stop;
done_testing();
