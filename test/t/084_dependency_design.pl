# What is proposed to be split off: what was planted in generated tables, the design
# that is meant in tables as they are met, and nothing where there is nothing.
use strict;
use warnings;

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('design');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION dbadvisor');
$node->safe_psql('postgres', slurp_file("$FindBin::RealBin/../fixture/$_.sql"))
  foreach qw(dependency_planted denormalized normalized);

# Groups of columns as lines "a,b -> c,d".
sub groups
{
	my ($query) = @_;
	return sort split /\n/, $node->safe_psql('postgres', qq{
		SELECT array_to_string(ARRAY(SELECT unnest(determinant) ORDER BY 1), ',') || ' -> '
			   || array_to_string(ARRAY(SELECT unnest(dependents) ORDER BY 1), ',')
		  FROM ($query) g});
}

# What is proposed for a table, or would be but for some rows, however little it saves.
sub proposed
{
	my ($relation) = @_;
	return groups("SELECT * FROM dbadvisor.rank_dependencies('$relation', min_bytes => 0) WHERE proposed OR vetoes = '{some rows contradict it}'");
}

# All columns that follow from some by the groups.
sub closure
{
	my ($from, @groups) = @_;
	my %known = map { $_ => 1 } split /,/, $from;
	my $before;

	do
	{
		$before = keys %known;
		foreach my $group (@groups)
		{
			my ($left, $right) = split / -> /, $group;
			next if grep { !$known{$_} } split /,/, $left;
			$known{$_} = 1 foreach split /,/, $right;
		}
	} while (keys %known > $before);
	return \%known;
}

# Those single dependencies of the first groups that do not follow from the others.
sub unfounded
{
	my ($groups, $others) = @_;
	my @unfounded;

	foreach my $group (@$groups)
	{
		my ($left, $right) = split / -> /, $group;
		my $known = closure($left, @$others);
		push @unfounded, map { "$left -> $_" } grep { !$known->{$_} } split /,/, $right;
	}
	return @unfounded;
}

# The reverse of those single dependencies whose columns have as many values.
sub mirrored
{
	my ($relation, @groups) = @_;
	my %pairs = map { $_ => 1 } split /\n/, $node->safe_psql('postgres', "SELECT a || ' -> ' || b FROM planted.one_to_one WHERE relation = '$relation'");
	my @mirrored;

	foreach my $group (@groups)
	{
		my ($left, $right) = split / -> /, $group;
		push @mirrored, map { "$_ -> $left" } grep { $pairs{"$left -> $_"} } split /,/, $right;
	}
	return @mirrored;
}

# Generated tables: what is proposed follows from what was planted, and what was
# planted from what is proposed.
foreach my $part (qw(tuning kept_aside))
{
	my ($planted, $found) = (0, 0);

	foreach my $relation (split /\n/, $node->safe_psql('postgres', "SELECT DISTINCT relation FROM planted.rule WHERE part = '$part' ORDER BY 1"))
	{
		my @planted = groups("SELECT * FROM planted.rule WHERE relation = '$relation'");
		my @proposed = proposed("planted.$relation");

		is(join("\n", unfounded(\@proposed, [ @planted, mirrored($relation, @planted) ])), '', "$part: all that is proposed for $relation was planted");
		is(join("\n", unfounded(\@planted, [ @proposed, mirrored($relation, @proposed) ])), '', '... and all that was planted is proposed');
		$planted += @planted;
		$found += @proposed;
	}
	note("$part: $planted groups planted, $found proposed");
}
foreach my $relation (split /\n/, $node->safe_psql('postgres', "SELECT relation FROM planted.rule WHERE part = 'nothing' ORDER BY 1"))
{
	is(join("\n", proposed("planted.$relation")), '', "nothing is proposed for $relation");
}

# With mistakes in one row of a hundred: what is proposed, or would be but for some rows.
my %dirty = (planted => 0, missed => 0, told => 0, wrong => 0);
foreach my $relation (split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT relation FROM planted.rule ORDER BY 1'))
{
	$node->safe_psql('postgres', "SELECT setseed(0.6); CALL planted.soil('$relation', 0.01)");
	my @planted = groups("SELECT * FROM planted.rule WHERE relation = '$relation' AND determinant IS NOT NULL");
	my @told = groups("SELECT * FROM dbadvisor.rank_dependencies('soiled.$relation', min_bytes => 0) WHERE proposed OR vetoes = '{some rows contradict it}'");
	my @missed = unfounded(\@planted, [ @told, mirrored($relation, @told) ]);
	my @wrong = unfounded(\@told, [ @planted, mirrored($relation, @planted) ]);

	note("$relation: missed @missed") if @missed;
	note("$relation: wrong @wrong") if @wrong;
	$dirty{planted} += unfounded(\@planted, []);
	$dirty{missed} += @missed;
	$dirty{told} += unfounded(\@told, []);
	$dirty{wrong} += @wrong;
}
note("with mistakes: $dirty{planted} dependencies planted, $dirty{missed} missed; $dirty{told} told, $dirty{wrong} wrong");
cmp_ok(1 - $dirty{missed} / $dirty{planted}, '>=', 0.9, 'with mistakes nine of ten dependencies are found');
cmp_ok(1 - $dirty{wrong} / $dirty{told}, '>=', 0.9, '... and one of ten is wrong at most');
$node->safe_psql('postgres', 'DROP SCHEMA soiled CASCADE');

# The rule says the same without being told where to look.
$node->safe_psql('postgres', q{ANALYZE; SELECT dbadvisor.set_rule('normalization.table_mixes_entities', thresholds => '{"min_mb": 0, "max_tables": 1000, "time_limit_s": 100}')});
is($node->safe_psql('postgres', q{
		SELECT string_agg(DISTINCT a.object_name, ' ' ORDER BY a.object_name)
		  FROM dbadvisor.rule_normalization_table_mixes_entities() a
		 WHERE NOT starts_with(a.object_name, 'planted.')}),
	$node->safe_psql('postgres', q{SELECT string_agg(DISTINCT 'denormalized.' || relation, ' ' ORDER BY 'denormalized.' || relation) FROM denormalized.design}),
	'the rule finds the tables to be split, and no other');

# Tables as they are met: the whole design is the one that is meant.
foreach my $relation (split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT relation FROM denormalized.design ORDER BY 1'))
{
	is(join("\n", proposed("denormalized.$relation")),
		join("\n", groups("SELECT * FROM denormalized.design WHERE relation = '$relation'")), "the design of $relation is found");
}
foreach my $relation (split /\n/, $node->safe_psql('postgres', "SELECT relname FROM pg_class WHERE relnamespace = 'normalized'::regnamespace AND relkind = 'r' ORDER BY 1"))
{
	is(join("\n", proposed("normalized.$relation")), '', "nothing is proposed for $relation");
}
is($node->safe_psql('postgres', q{
		SELECT severity, rule, object_name, variant
		  FROM dbadvisor.lint('normalized', '{normalization}')
		 WHERE dbadvisor.severity_rank(severity) > dbadvisor.severity_rank('low') OR object_type = 'rule'}),
	'', 'no rule finds anything above low in them');
done_testing();
