# What the user has put into the store survives dump and restore, into a database
# where every OID is another; findings know their objects again.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;

# A rule of the user's own that speaks of each table of schema shop.
my $rule = q{
	CREATE VIEW dbadvisor.rule_schema_own AS
	SELECT a.*
	  FROM pg_class c,
		   LATERAL dbadvisor.advice(rule => 'schema.own', relid => c.oid, title => 'Look at ' || c.relname) a
	 WHERE c.relnamespace = 'shop'::regnamespace
	   AND c.relkind = 'r'};

$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('one', qq{
	CREATE EXTENSION dbadvisor;
	CREATE SCHEMA shop;
	CREATE TABLE shop.orders (id integer);
	CREATE TABLE shop."Order Lines" (id integer);
	CREATE TABLE shop.queue (id integer);
	COMMENT ON TABLE shop.queue IS 'dbadvisor:ignore schema.own: it is meant so';
	$rule;
	SELECT dbadvisor.register_rule('schema.own', 'A test', 'To survive', 'low', '{"size": 1}');
	SELECT dbadvisor.set_rule('schema.own', thresholds => '{"size": 2}');
	SELECT dbadvisor.set_rule('index.missing', severity => 'low', object_pattern => 'shop.*');
	SELECT dbadvisor.analyze('{schema}');
	SELECT dbadvisor.suppress(finding_id, 'known', '2999-01-01')
	  FROM dbadvisor.finding
	 WHERE object_name = 'shop."Order Lines"';
	SELECT dbadvisor.suppress('index.*', 'shop.queue', 'rebuilt daily')});

# Everything of the store that must be the same afterwards.
my %contents = (
	findings => q{SELECT finding_id, fingerprint, object_name, status, suppressed_reason, first_seen
					FROM dbadvisor.finding ORDER BY 1},
	suppressions => q{SELECT suppression_id, fingerprint, rule_pattern, object_pattern, reason, until
						FROM dbadvisor.suppression ORDER BY 1},
	settings => q{SELECT * FROM dbadvisor.rule_setting ORDER BY 1, 2},
	rules => q{SELECT * FROM dbadvisor.rule ORDER BY rule},
	runs => q{SELECT * FROM dbadvisor.run JOIN dbadvisor.rule_run USING (run_id) ORDER BY run_id, rule},
	threshold => q{SELECT dbadvisor.threshold('schema.own', 'size')});
my %before = map { $_ => $node->safe_psql('one', $contents{$_}) } keys %contents;
like($before{findings}, qr/suppressed/, 'there is something to survive');

# Restore into a second database, after using up some OIDs there.
my $dump = $node->backup_dir . '/one.dump';
mkdir $node->backup_dir;
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('one') ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE two');
$node->safe_psql('two', 'CREATE TABLE waste (id serial, note text); DROP TABLE waste');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('two'), $dump ],
	'pg_restore');

for my $what (sort keys %contents)
{
	is($node->safe_psql('two', $contents{$what}), $before{$what}, "$what survive");
}

# The view of the user's rule stands in the extension's schema but belongs to
# the user: it came along.  The next analysis finds the same findings.
$node->safe_psql('two', q{SELECT dbadvisor.analyze('{schema}')});
is($node->safe_psql('two', $contents{findings}), $before{findings}, 'the next analysis finds them again');
is( $node->safe_psql('two', q{
		SELECT bool_and(relid = to_regclass(object_name)) FROM dbadvisor.finding}),
	't', 'with the OIDs of this database');
is($node->safe_psql('two', 'SELECT max(run_id) FROM dbadvisor.run'), '2', 'numbers of runs go on');

# A finding new here gets a number of its own.
$node->safe_psql('two', q{
	CREATE TABLE shop.more (id integer);
	SELECT dbadvisor.analyze('{schema}');
	SELECT dbadvisor.suppress('schema.own', 'shop.more', 'new')});
is( $node->safe_psql('two', q{SELECT status FROM dbadvisor.finding WHERE rule = 'schema.own' AND object_name = 'shop.more'}),
	'suppressed', 'numbers of findings and suppressions go on');

# The roles outlive the extension, and installing it again takes them as they are.
$node->safe_psql('two', 'DROP EXTENSION dbadvisor CASCADE');
is($node->safe_psql('two', q{SELECT count(*) FROM pg_roles WHERE rolname IN ('dbadvisor_reader', 'dbadvisor_admin')}),
	'2', 'roles remain');
is($node->psql('two', 'CREATE EXTENSION dbadvisor'), 0, 'create again');

$node->stop;
done_testing();
