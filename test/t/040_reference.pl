# docs/reference.md says what the extension says of itself.
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
		'-f', "$docs/reference.sql"
	]);
is($errors, '', 'reference.sql runs');
is("$printed\n", slurp_file("$docs/reference.md"), 'reference.md is current');

$node->stop;
done_testing();
