# Cancelling, timeouts and termination: a call ends soon, says why, and leaves
# nothing behind; a statement that cannot be planned in time costs only its time.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('interrupts');
$node->init;
$node->start;

# Each of these tables can be joined with each other; all orders are to be tried.
# That keeps the planner busy for longer than any test waits.
my $tables = 24;
my $setup = join "\n", map {
	"CREATE TABLE t$_ AS SELECT g AS id, g % 10 AS a, g % 100 AS b FROM generate_series(1, 200) g;"
} 1 .. $tables;
my $monster = 'SELECT count(*) FROM ' . join(', ', map { "t$_" } 1 .. $tables)
  . ' WHERE ' . join(' AND ', map { "t$_.a = t1.a" } 2 .. $tables);
$node->safe_psql('postgres', qq{
	CREATE EXTENSION dbadvisor;
	ALTER DATABASE postgres SET geqo = off;
	ALTER DATABASE postgres SET join_collapse_limit = 100;
	ALTER DATABASE postgres SET from_collapse_limit = 100;
	$setup
	CREATE TABLE orders AS SELECT g AS id, g % 1000 AS customer_id, repeat('x', 100) AS note FROM generate_series(1, 20000) g;
	ANALYZE});
$node->safe_psql('postgres', qq{
	SELECT dbadvisor.workload_add('$monster', 10, 10);
	SELECT dbadvisor.workload_add('SELECT note FROM orders WHERE customer_id = 7', 10, 10)});

# A sequence of ours stays locked until the end of the transaction.
my $locks = q{
	SELECT count(*)
	  FROM pg_locks l
	  JOIN pg_class c ON c.oid = l.relation
	 WHERE l.pid = pg_backend_pid() AND c.oid >= 16384 AND c.relnamespace <> 'dbadvisor'::regnamespace};
my %call = (
	what_if => "SELECT dbadvisor.what_if('$monster')",
	what_if_workload => 'SELECT count(*) FROM dbadvisor.what_if_workload()',
	search_indexes => 'SELECT count(*) FROM dbadvisor.search_indexes()',
	recommend_indexes => 'SELECT count(*) FROM dbadvisor.recommend_indexes()',
	analyze => q{SELECT dbadvisor.analyze('{index}')});

# The session's own statement_timeout ends every call, whichever limit of ours
# is nearer, and the transaction goes on after a savepoint.
for my $name (sort keys %call)
{
	for my $ours ('0', '10s')
	{
		my $started = time;
		my ($status, $output, $errors) = $node->psql('postgres', qq{
			BEGIN;
			SET LOCAL dbadvisor.statement_timeout = '$ours';
			SAVEPOINT before;
			SET LOCAL statement_timeout = '200ms';
			$call{$name};
			ROLLBACK TO before;
			$locks;
			SELECT 'alive';
			COMMIT}, on_error_stop => 0);
		like($errors, qr/ERROR:  canceling statement due to statement timeout/, "$name under statement_timeout, our own at $ours");
		is($output, "0\nalive", '... leaves no lock and a session that works');
		cmp_ok(time - $started, '<', 5, '... in time');
	}
}

# Start psql on some commands and return once it is deep in the planner.
sub start_deep
{
	my ($name, $commands, $out, $err) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$name.sql";

	append_to_file($file, "SET application_name = '$name';\nSET dbadvisor.statement_timeout = 0;\n$commands");
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', $file ],
		'>', $out, '2>', $err, IPC::Run::timeout(60));
	$node->poll_query_until('postgres', qq{
		SELECT count(*) > 0
		  FROM pg_stat_activity
		 WHERE application_name = '$name' AND state = 'active' AND clock_timestamp() > query_start + interval '0.3 s'})
	  or die "$name does not run";
	return $session;
}

# Cancelled by another session.
for my $name (sort keys %call)
{
	my ($out, $err) = ('', '');
	my $session = start_deep($name, "$call{$name};\n$locks;\nSELECT 'alive';\n", \$out, \$err);
	my $started = time;
	$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = '$name'");
	$session->finish;
	cmp_ok(time - $started, '<', 5, "$name ends soon when cancelled");
	like($err, qr/ERROR:  canceling statement due to user request/, '... saying so');
	is($out, "0\nalive\n", '... leaves no lock and a session that works');
}

# Our own limit: what_if() fails with it, the others go on with the rest.
my $short = q{SET dbadvisor.statement_timeout = '200ms'};
my ($status, $output, $errors) = $node->psql('postgres', "$short; $call{what_if}");
like($errors, qr/ERROR:  analysis or planning took longer than 200 ms/, 'what_if() under our own limit');
is($node->safe_psql('postgres', qq{
		$short;
		SELECT relid::regclass, summary #>> '{skipped,timed_out}' FROM dbadvisor.search_indexes(max_columns => 1) ORDER BY step}),
	"|1\norders|", 'search_indexes() counts the statement and advises on the other');
is($node->safe_psql('postgres', qq{
		$short;
		SELECT cost_before IS NOT NULL, reason FROM dbadvisor.what_if_workload() ORDER BY 1}),
	"f|57014: analysis or planning took longer than 200 ms\nt|", 'what_if_workload() says why there is no cost');
is($node->safe_psql('postgres', qq{
		$short;
		SELECT count(*) FROM dbadvisor.search_indexes();
		SELECT pg_sleep(0.5) IS NOT NULL}),
	"2\nt", 'no timer goes off afterwards');

# A statement whose planning calls the advisor again: the outer call's limit
# holds, and it is the outer call's statement that took too long.
$node->safe_psql('postgres', q{
	CREATE FUNCTION again(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS
	$$ BEGIN PERFORM pg_sleep(0.02), (SELECT count(*) FROM dbadvisor.search_indexes()); RETURN $1; END $$;
	SELECT dbadvisor.workload_clear();
	SELECT dbadvisor.workload_add('SELECT note FROM orders WHERE id = again(7)', 10, 10)});
is($node->safe_psql('postgres', qq{$short; SELECT summary -> 'skipped' ->> 'timed_out' FROM dbadvisor.search_indexes()}),
	'1', 'a search within a search within a search');

# The server stops while the planner works.
my ($out, $err) = ('', '');
my $session = start_deep('terminated', "$call{what_if};\n", \$out, \$err);
$node->stop('fast');
$session->finish;
like($err, qr/FATAL:  terminating connection due to administrator command/, 'a call ends when the server stops');
unlike(slurp_file($node->logfile), qr/TRAP|PANIC|WARNING|terminated by signal/, 'nothing went wrong in the log');
done_testing();
