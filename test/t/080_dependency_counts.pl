# Dependencies and keys of tables whose numbers are known: published counts, each
# confirmed by independent programs.  The tables are not part of this project:
# DBADVISOR_FD_DATASETS names the directory that has them, or they lie beside the
# checkout in shared/fd-datasets; without them nothing is tested.
use strict;
use warnings;

use FindBin;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($folder) = grep { defined && -r "$_/expected.json" }
  ($ENV{DBADVISOR_FD_DATASETS},
	($ENV{DBADVISOR_CHECKOUT} // "$FindBin::RealBin/../..") . '/../shared/fd-datasets');
plan skip_all => 'no tables with known dependencies: DBADVISOR_FD_DATASETS names no directory that has them'
  unless defined $folder;

my $expected = decode_json(slurp_file("$folder/expected.json"));
my $node = PostgreSQL::Test::Cluster->new('counts');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');

# Load a file, all columns as text, an empty field as null.
sub load
{
	my ($name) = @_;
	my ($header) = split /\r?\n/, slurp_file("$folder/$name.csv"), 2;
	my $columns = join ', ', map { "$_ text" } split /,/, $header;

	$node->safe_psql('postgres', qq{
		CREATE TABLE "$name" ($columns);
		\\copy "$name" FROM '$folder/$name.csv' CSV HEADER});
	return;
}

# Count what a call finds, by the size of the determinant.
sub counted
{
	my ($name, $arguments) = @_;
	return $node->safe_psql('postgres', qq{
		SELECT cardinality(determinant), count(*)
		  FROM dbadvisor.discover_dependencies('"$name"', sample_rows => NULL, time_limit => NULL, $arguments)
		 WHERE step > 0 AND whole_table
		 GROUP BY 1 ORDER BY 1});
}

# The same, as the file tells it, up to a size.
sub known
{
	my ($sizes, $limit) = @_;
	return join "\n", map { "$_|$sizes->{$_}" } grep { $_ <= $limit } sort { $a <=> $b } keys %$sizes;
}

foreach my $name (sort keys %$expected)
{
	my $is = $expected->{$name};

	load($name);
	is($node->safe_psql('postgres', qq{SELECT count(*) FROM "$name"}), $is->{rows}, "$name has its rows");
	is(counted($name, 'max_lhs => NULL'), known($is->{fds_by_lhs_size}, 99), '... its minimal dependencies');
	is(counted($name, "max_lhs => $_"), known($is->{fds_by_lhs_size}, $_), "... those of at most $_ columns")
	  foreach 1 .. 3;
	foreach my $share (sort keys %{ $is->{fds_min_redundancy} })
	{
		is($node->safe_psql('postgres', qq{
				SELECT count(*)
				  FROM dbadvisor.discover_dependencies('"$name"', max_lhs => NULL, time_limit => NULL, min_redundancy => $share)
				 WHERE step > 0}),
			$is->{fds_min_redundancy}{$share}, "... those that repeat in $share of the rows");
	}
	is($node->safe_psql('postgres', qq{
			SELECT count(*)
			  FROM dbadvisor.discover_keys('"$name"', max_columns => NULL, time_limit => NULL)
			 WHERE step > 0 AND whole_table}),
		$is->{uccs} // 0, '... its minimal keys');
	next unless defined $is->{fds_null_neq_null};
	is($node->safe_psql('postgres', qq{
			SELECT count(*)
			  FROM dbadvisor.discover_dependencies('"$name"', max_lhs => NULL, null_equals_null => false, time_limit => NULL)
			 WHERE step > 0}),
		$is->{fds_null_neq_null}, '... its minimal dependencies where no null equals another');
}

# Of these dependencies hardly any is design: what is proposed where every byte
# counts, and what is recognised but vetoed, as three voters have another city.
$node->safe_psql('postgres', 'ANALYZE');
my %ranked = (
	iris => '', abalone => '', nursery => '',
	bridges => 'f|{location}|{river}',
	ncvoter_1000 => 'f|{zip_code}|{city}',
	echocardiogram => 'f|{wall_motion_index,mult}|{wall_motion_score}');
is($node->safe_psql('postgres', qq{
		SELECT proposed, determinant, dependents FROM dbadvisor.rank_dependencies('"$_"', min_bytes => 0) WHERE determinant IS NOT NULL}),
	$ranked{$_}, "design in $_") foreach sort keys %ranked;
like($node->safe_psql('postgres', q{
		SELECT proposed, determinant || dependents FROM dbadvisor.rank_dependencies('adult', min_bytes => 0) WHERE determinant IS NOT NULL}),
	qr/^t\|\{education_?num,education\}$|^t\|\{education,education_?num\}$/, 'design in adult');
$node->safe_psql('postgres', q{SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{"min_rows": 0, "min_mb": 0}')});
is($node->safe_psql('postgres', q{SELECT object_type, object_name FROM dbadvisor.rule_normalization_table_mixes_entities() WHERE title LIKE 'Split %'}),
	'table|public.adult', 'the rule proposes to split adult alone');

# Searching by size, as for approximate dependencies, finds the same when no row
# may err.
is($node->safe_psql('postgres', q{
		SELECT count(*), count(DISTINCT (determinant, dependent)), max(error)
		  FROM dbadvisor.discover_dependencies('bridges', max_lhs => NULL, max_error => 0.0001, time_limit => NULL)
		 WHERE step > 0}),
	'142|142|0', 'two ways to search agree');
done_testing();
