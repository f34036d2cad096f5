# Foreign keys that nobody declared, in whole schemas: nearly all are found, hardly a
# wrong one is told as advice, and few looks at the tables are needed.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('reference');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\ntrack_functions = all");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/../fixture/reference_schemas.sql"));
$node->safe_psql('postgres', 'CALL make_reference_schemas(); ANALYZE');

# How often rows without a partner have been looked for.
sub looks
{
	return $node->safe_psql('postgres', q{SELECT COALESCE(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'count_orphans'});
}

foreach my $line (split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT part, schema FROM reference_schema.meant ORDER BY 1, 2'))
{
	my ($part, $schema) = split /\|/, $line;
	my $before = looks();
	my ($meant, $told, $right, $missed, $wrong) = split /\|/, $node->safe_psql('postgres', "SELECT * FROM reference_schema.judge('$schema')"), -1;

	note("$part, $schema: $right of $meant found, $told told; missed: $missed; wrong: $wrong");
	cmp_ok($right / $told, '>=', 0.95, "$schema: what is told is right");
	cmp_ok($right / $meant, '>=', $part eq 'tuning' ? 0.9 : 0.8, '... and most is found');
	cmp_ok(looks() - $before, '<=', 50, '... with few looks at the tables');
}

# What only ranges speak for is a question.
is($node->safe_psql('postgres', q{
		SELECT ambiguous, apply_sql IS NULL FROM dbadvisor.discover_inclusions('shop') WHERE column_name = 'author' AND referenced = 'shop.customer'::regclass}),
	't|t', 'numbers without a name are a question');
done_testing();
