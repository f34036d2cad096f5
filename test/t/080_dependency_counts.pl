# Dependencies and keys of tables whose numbers are known: published counts, each
# confirmed by independent programs.  One of the tables can be computed, two come with
# R's package mlbench.  The others are not part of this project: DBADVISOR_FD_DATASETS
# names the directory that has them, or they lie beside the checkout in
# shared/fd-datasets.  Those that are not there are not tested.
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
my $fixture = "$FindBin::RealBin/../fixture";
my $node = PostgreSQL::Test::Cluster->new('counts');
$node->init;
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');

# Load a file, all columns as text, an empty field as null.
sub load
{
	my ($name, $file) = @_;
	my ($header) = split /\r?\n/, slurp_file($file), 2;
	my $columns = join ', ', map { "$_ text" } split /,/, $header;

	$node->safe_psql('postgres', qq{
		CREATE TABLE "$name" ($columns);
		\\copy "$name" FROM '$file' CSV HEADER});
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

# Nothing of a table of single measurements is to be split off, however little counts.
sub is_whole
{
	my ($name) = @_;
	is($node->safe_psql('postgres', qq{
			SELECT count(*) FROM dbadvisor.normalize('"$name"', min_bytes => 0) WHERE part = 'migration'}),
		0, "... and normalize() does not split $name");
	return;
}

# What is computed or comes with a package: rows and minimal dependencies.
sub is_as_published
{
	my ($name, $rows, $dependencies) = @_;

	is($node->safe_psql('postgres', qq{ANALYZE "$name"; SELECT count(*) FROM "$name"}), $rows, "$name has its rows");
	is($node->safe_psql('postgres', qq{
			SELECT count(*)
			  FROM dbadvisor.discover_dependencies('"$name"', sample_rows => NULL, max_lhs => NULL, time_limit => NULL)
			 WHERE step > 0 AND whole_table}),
		$dependencies, '... its minimal dependencies');
	is($node->safe_psql('postgres', qq{
			SELECT determinant, dependents FROM dbadvisor.rank_dependencies('"$name"', min_bytes => 0) WHERE determinant IS NOT NULL}),
		'', '... of which none looks designed');
	is_whole($name);
	return;
}

$node->safe_psql('postgres', slurp_file("$fixture/chess.sql"));
is($node->safe_psql('postgres', q{SELECT string_agg(depth_of_win || ' ' || n, ' ' ORDER BY n) FROM (SELECT depth_of_win, count(*) AS n FROM chess GROUP BY 1) d}),
	'zero 27 one 78 three 81 four 198 two 246 sixteen 390 five 471 six 592 seven 683 eight 1433 nine 1712 ten 1985 '
	  . 'fifteen 2166 draw 2796 eleven 2854 twelve 3597 thirteen 4194 fourteen 4553', 'chess is solved as published');
is_as_published('chess', 28056, 1);

SKIP:
{
	skip "R's package mlbench is not there", 8 unless system(q{Rscript -e 'library(mlbench)' >/dev/null 2>&1}) == 0;

	foreach my $set ([ 'BreastCancer', 'breast_cancer', 699, 46 ], [ 'LetterRecognition', 'letter', 20000, 61 ])
	{
		my ($set_name, $name, @numbers) = @$set;
		my $file = $node->basedir . "/$name.csv";

		system(qq{Rscript "$fixture/mlbench.R" $set_name >"$file"}) == 0 or die "mlbench has no $set_name";
		load($name, $file);
		is_as_published($name, @numbers);
	}
}

if (!defined $folder)
{
	note('the other tables are not tested: DBADVISOR_FD_DATASETS names no directory that has them');
	done_testing();
	exit;
}
my $expected = decode_json(slurp_file("$folder/expected.json"));

foreach my $name (sort keys %$expected)
{
	my $is = $expected->{$name};

	load($name, "$folder/$name.csv");
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
is_whole($_) foreach grep { $ranked{$_} eq '' } sort keys %ranked;
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
