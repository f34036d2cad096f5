# Schemas with nothing wrong, and schemas full of mistakes whose fixes are applied.
#
# See test/fixture/README.md.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('fixture');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "autovacuum = off\njit = off\ntimezone = 'UTC'");
$node->start;

# Load a file into a database of its own; returns the name of both.
sub load
{
	my $file = shift;
	my ($name) = $file =~ m{([^/]+)\.sql$};
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	$node->safe_psql($name, 'CREATE EXTENSION dbadvisor');
	$node->safe_psql($name, slurp_file($file));
	# what was counted must be there before rules read it
	$node->safe_psql($name, 'SELECT pg_stat_force_next_flush()');
	return $name;
}

# Run statements as psql does, each in a transaction of its own.
sub run_sql
{
	my ($database, $sql) = @_;
	my ($code, $out, $err) = $node->psql($database, "$sql;", on_error_stop => 1);
	return $code == 0 ? '' : $err;
}

# How often a rule reports a finding now.
sub count_finding
{
	my ($database, $rule, $fingerprint) = @_;
	return $node->safe_psql($database, qq{
		SELECT count(*)
		  FROM unnest(dbadvisor.rule_advice(dbadvisor.rule_query('$rule'))) a
		 WHERE dbadvisor.fingerprint(a) = '$fingerprint'});
}

# Apply a finding, look whether it is gone, and take the fix back.
sub round_trip
{
	my ($database, $rule, $fingerprint, $apply, $revert, $title) = @_;

	# another fix may have mended it as well
	return if count_finding($database, $rule, $fingerprint) == 0;
	is(run_sql($database, $apply), '', "$rule: apply: $title");
	is(count_finding($database, $rule, $fingerprint), '0', "$rule: gone: $title");
	return if $revert eq '';
	is(run_sql($database, $revert), '', "$rule: revert: $title");
	return;
}

foreach my $file (sort glob('test/fixture/clean_*.sql'))
{
	my $name = load($file);
	my ($code, $out, $err) =
	  $node->psql($name, "SELECT dbadvisor.assert_clean('$name')");
	is($err, '', "$name has no finding of severity medium or above");
}

foreach my $file (sort glob('test/fixture/mistakes_*.sql'))
{
	my $name = load($file);
	$node->safe_psql($name, q{
		SELECT dbadvisor.set_rule(r.rule, enabled => true) FROM dbadvisor.rule r WHERE NOT r.enabled});
	is($node->safe_psql($name, qq{
		SELECT string_agg(rule || ': ' || detail, '; ') FROM dbadvisor.lint('$name') WHERE object_type = 'rule'}),
		'', "no rule fails on $name");
	is($node->safe_psql($name, qq{
		SELECT string_agg(rule, ', ') FROM dbadvisor.lint('$name')
		 WHERE severity IN ('high', 'critical') AND proof = 'heuristic'}),
		'', "no severity above medium rests on a heuristic in $name");

	# hexadecimal: texts hold every character that could separate them
	my @findings = split /\n/, $node->safe_psql($name, qq{
		SELECT concat_ws(' ', l.rule, dbadvisor.fingerprint(l),
		                 'x' || encode(convert_to(l.apply_sql, 'UTF8'), 'hex'),
		                 'x' || encode(convert_to(coalesce(l.revert_sql, ''), 'UTF8'), 'hex'),
		                 'x' || encode(convert_to(l.title, 'UTF8'), 'hex'))
		  FROM dbadvisor.lint('$name') l
		 WHERE l.apply_sql IS NOT NULL
		 ORDER BY l.rule, l.object_name, l.variant});
	cmp_ok(scalar(@findings), '>', 5, "$name has findings to apply");
	foreach my $line (@findings)
	{
		my ($rule, $fingerprint, @texts) = split / /, $line;
		round_trip($name, $rule, $fingerprint, map { pack('H*', substr($_, 1)) } @texts);
	}
}

done_testing();
