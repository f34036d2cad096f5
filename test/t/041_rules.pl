# docs/rules.md says what the registry says, and the table of checks of other
# tools names rules that exist.
use strict;
use warnings;

use File::Basename;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $docs = dirname(__FILE__) . '/../../docs';
my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');

my ($printed, $errors) = run_command(
	[
		'psql', '-XAtq', '-d', $node->connstr('postgres'),
		'-f', "$docs/rules.sql"
	]);
is($errors, '', 'rules.sql runs');
is("$printed\n", slurp_file("$docs/rules.md"), 'rules.md is current');

# Start values against PGTune; one default differs from 18 on.
SKIP:
{
	skip 'printed on an older server', 2 if $node->pg_version >= 18;
	($printed, $errors) = run_command(
		[
			'psql', '-XAtq', '-d', $node->connstr('postgres'),
			'-f', "$docs/pgtune.sql"
		]);
	is($errors, '', 'pgtune.sql runs');
	is("$printed\n", slurp_file("$docs/pgtune.md"), 'pgtune.md is current');
}

# Rules named by the table of checks.
my $coverage = slurp_file("$docs/rules_coverage.sql");
my %named = map { $_ => 1 } $coverage =~ /^\d+,[^,]+,([a-z_]+\.[a-z0-9_]+),/mg;
my %known = map { $_ => 1 }
  split(/\n/, $node->safe_psql('postgres', 'SELECT rule FROM dbadvisor.rule'));
is_deeply([ sort grep { !$known{$_} } keys %named ],
	[], 'every rule that covers a check exists');
cmp_ok(scalar(keys %named), '>', 40, 'rules cover checks');
my %checked = map { $_ => 1 } map { split / / }
  slurp_file("$docs/settings_coverage.sql") =~ /^[A-Z]{3}-\d\d,[^,]+,([a-z_.0-9 ]+),/mg;
is_deeply([ sort grep { !$known{$_} } keys %checked ],
	[], 'every rule that covers a check of settings exists');
cmp_ok(scalar(keys %checked), '>', 50, 'and many do');
my @uncovered = grep { /^(settings|replication)[.]/ && !$checked{$_} } sort keys %known;
is_deeply(\@uncovered, [], 'every rule about settings and replication is in the table');

# What a rule says of itself is complete.
is( $node->safe_psql('postgres', "SELECT rule FROM dbadvisor.rule WHERE shipped AND COALESCE(doc, '') = '' ORDER BY 1"),
	'', 'every rule says when it is wrong or what else to know');

# Other machines can reach this server without encryption.
$node->append_conf('postgresql.conf', "listen_addresses = '*'\nssl = off");
$node->restart;
is( $node->safe_psql('postgres', "SELECT object_name, severity FROM dbadvisor.rule_security_ssl_off"),
	'ssl|medium', 'security.ssl_off fires where others can connect');

$node->stop;
done_testing();
