# Schemas with nothing wrong, and schemas full of mistakes whose fixes are applied.
# Every rule that prints a fix has one applied here, but for those that are named below;
# squawk, where it is installed, judges all of the statements.
#
# See test/fixture/README.md.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('fixture');
$node->init(allows_streaming => 'logical');
# what was counted before the test looks is all there is: no statement is recorded
$node->append_conf('postgresql.conf', q{
autovacuum = off
jit = off
timezone = 'UTC'
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track = none
});
$node->start;

# Rules of which no finding is gone here after its fix, and why.
my %excused = (
	'index.superseded' => 'gone once index.missing is applied: then it is a case of index.redundant',
	'maintenance.catalog_bloat' => 'VACUUM makes the space usable; the finding stays until it is used',
	'maintenance.horizon_held' => 'needs other sessions or a slot: see 085_sessions for ending a session',
	'maintenance.replay_held' => 'needs a standby: applied in 085_sessions',
	'maintenance.session_blocks' => 'needs other sessions: the same statement as session_idle, applied in 085_sessions',
	'maintenance.session_idle' => 'needs other sessions: applied in 085_sessions',
	'maintenance.statement_long' => 'needs other sessions: applied in 085_sessions',
	'maintenance.transaction_prepared' => 'needs a prepared transaction: applied in 085_sessions',
	'maintenance.wraparound' => 'needs a thousand million transactions: VACUUM (FREEZE)',
	'partition.missing' => 'prints no statement but the query for the script of a migration, which 088_partition_script executes',
	'security.password_method' => 'from then on passwords are stored otherwise; the finding stays until each is set anew',
	'security.ssl_off' => 'needs a certificate and a server that listens');
# Versions that have what a rule is about.
$excused{'schema.constraint_not_enforced'} = 'from PostgreSQL 18 on' if $node->pg_version < 18;
$excused{'schema.uuid_random'} = 'the server makes no better ones before PostgreSQL 18' if $node->pg_version < 18;
my %gone;      # rule => how many findings were applied and gone after it
my %printed;   # rule => texts of its statements, each with what to set before

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

	# another fix may have mended it as well, or has written the table anew and left it
	# without statistics
	if (count_finding($database, $rule, $fingerprint) == 0)
	{
		$node->safe_psql($database, 'ANALYZE') if $rule =~ /^schema[.]/;
		return if count_finding($database, $rule, $fingerprint) == 0;
	}
	is(run_sql($database, $apply), '', "$rule: apply: $title");
	if (!$excused{$rule})
	{
		is(count_finding($database, $rule, $fingerprint), '0', "$rule: gone: $title");
		$gone{$rule}++;
	}
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

	# All that the rules say here, of whatever it is; only this database has mistakes.
	# Hexadecimal: texts hold every character that could separate them.
	my @findings = split /\n/, $node->safe_psql($name, q{
		SELECT concat_ws(' ', a.rule, dbadvisor.fingerprint(a),
		                 'x' || encode(convert_to(a.apply_sql, 'UTF8'), 'hex'),
		                 'x' || encode(convert_to(coalesce(a.revert_sql, ''), 'UTF8'), 'hex'),
		                 'x' || encode(convert_to(a.title, 'UTF8'), 'hex'),
		                 a.impact LIKE '% SET lock_timeout first%')
		  FROM dbadvisor.rule r
		 CROSS JOIN LATERAL unnest(dbadvisor.rule_advice_safely(r.rule)) a
		 WHERE a.apply_sql IS NOT NULL
		 ORDER BY a.rule, a.object_name, a.variant});
	cmp_ok(scalar(@findings), '>', 5, "$name has findings to apply");
	foreach my $line (@findings)
	{
		my ($rule, $fingerprint, @texts) = split / /, $line;
		my $sets_timeout = pop @texts;
		@texts = map { pack('H*', substr($_, 1)) } @texts;
		push @{ $printed{$rule} }, map { ($sets_timeout eq 't' ? "SET lock_timeout = '5s';\n" : '') . "$_;\n" } grep { $_ ne '' } @texts[0, 1];
		round_trip($name, $rule, $fingerprint, @texts);
	}
}

# Migrations that functions print.
push @{ $printed{'migration.normalize'} }, split /\x1e/, $node->safe_psql('mistakes_maintenance', q{
	SELECT string_agg(sql, E'\x1e' ORDER BY part, step) FROM dbadvisor.normalize('mistakes_maintenance.line', min_bytes => 10000) WHERE sql IS NOT NULL});
is(scalar(@{ $printed{'migration.normalize'} }), 10, 'a migration is printed');

# A rule prints a fix when its view, or a function that the view calls, says how.  What is
# wrong with servers is provoked and mended by 090_replication.pl and settings_rules.
my @fixable = split /\n/, $node->safe_psql('mistakes_schema', q{
	SELECT r.rule
	  FROM dbadvisor.rule r
	 WHERE r.category NOT IN ('replication', 'settings')
	   AND (r.source <> 'view'
		OR pg_get_viewdef(format('dbadvisor.%I', 'rule_' || replace(r.rule, '.', '_'))::regclass) ~
		   ('\mapply_sql =>|dbadvisor\.(' || (SELECT string_agg(p.proname, '|') FROM pg_proc p
											   WHERE p.pronamespace = 'dbadvisor'::regnamespace AND p.prosrc ~ '\mapply_sql =>') || ')\('))
	 ORDER BY 1});
cmp_ok(scalar(@fixable), '>', 80, 'rules print fixes');
is_deeply([ grep { !$gone{$_} } @fixable ], [ sort keys %excused ], 'each has one that is gone after it, but for those that are named with a reason');

# What squawk may say of a rule's statements: its own rule, ours, a part of its message.
sub exclusions
{
	my @exclusions;
	foreach my $line (split /\n/, slurp_file('test/fixture/squawk.txt'))
	{
		next if $line =~ /^(#|$)/;
		my ($theirs, $ours, $message, $reason) = split /\s*\|\s*/, $line;
		push @exclusions, { theirs => $theirs, ours => qr/^(?:$ours)$/, message => $message, reason => $reason, used => 0, line => $line };
	}
	return @exclusions;
}

SKIP:
{
	my $squawk = $ENV{SQUAWK} // `command -v squawk 2>/dev/null` =~ s/\n//r;
	skip 'squawk is not installed: script/judge-sql brings it', 3 if $squawk eq '';
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my @exclusions = exclusions();
	my @files;
	foreach my $rule (sort keys %printed)
	{
		my $n = 0;
		foreach my $text (@{ $printed{$rule} })
		{
			push @files, "$dir/$rule." . ++$n . '.sql';
			append_to_file($files[-1], $text);
		}
	}
	my ($said) = run_command([ $squawk, '--reporter=gcc', '--pg-version=' . $node->pg_version->major . '.0', @files ]);
	my @complaints;
	foreach my $line (split /\n/, $said)
	{
		my ($rule, $n, $theirs, $message) = $line =~ m{([a-z_]+\.[a-z0-9_]+)\.(\d+)\.sql:\d+:\d+: \w+: (\S+) (.*)} or next;
		my ($excluded) = grep { $_->{theirs} eq $theirs && $rule =~ $_->{ours} && index($message, $_->{message}) >= 0 } @exclusions;
		if ($excluded) { $excluded->{used}++ } else { push @complaints, "$rule: $theirs: $message: $printed{$rule}[$n - 1]" }
	}
	like($said, qr/prefer-robust-stmts/, 'squawk has read them');
	is(join("\n", @complaints), '', 'squawk has nothing to say that is not excluded with a reason');
	is(join("\n", map { $_->{line} } grep { !$_->{used} || !$_->{reason} } @exclusions), '', 'every exclusion is needed and has a reason');
}

done_testing();
