# Foreign keys that nobody declared, in whole schemas: nearly all are found, hardly a
# wrong one is told as advice, and each table is read once for all of its columns.
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

# How often tables have been read for rows without a partner.
sub reads
{
	return $node->safe_psql('postgres', q{SELECT COALESCE(sum(calls), 0) FROM pg_stat_user_functions WHERE funcname = 'count_orphans'});
}

foreach my $line (split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT part, schema FROM reference_schema.meant ORDER BY 1, 2'))
{
	my ($part, $schema) = split /\|/, $line;
	my $before = reads();
	my ($meant, $told, $right, $missed, $wrong) = split /\|/, $node->safe_psql('postgres', "SELECT * FROM reference_schema.judge('$schema')"), -1;

	note("$part, $schema: $right of $meant found, $told told; missed: $missed; wrong: $wrong");
	cmp_ok($right / $told, '>=', 0.95, "$schema: what is told is right");
	cmp_ok($right / $meant, '>=', $part eq 'tuning' ? 0.9 : 0.8, '... and most is found');
	is(reads() - $before,
		$node->safe_psql('postgres', "SELECT count(DISTINCT relid) FROM dbadvisor.inclusion_candidates('$schema')"),
		'... by reading each table with a candidate once');
}

# What only ranges speak for is a question.
is($node->safe_psql('postgres', q{
		SELECT ambiguous, apply_sql IS NULL FROM dbadvisor.discover_inclusions('shop') WHERE column_name = 'author' AND referenced = 'shop.customer'::regclass}),
	't|t', 'numbers without a name are a question');
done_testing();
