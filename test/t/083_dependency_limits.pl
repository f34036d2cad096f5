# Limits of the search for dependencies: it stops soon when told to, whatever it
# is at, keeps to its memory and says what it has left out, waits for no lock
# longer than allowed, and runs on a standby.
use strict;
use warnings;

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

my $node = PostgreSQL::Test::Cluster->new('primary');
$node->init(allows_streaming => 1);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'dbadvisor'\nautovacuum = off\ndbadvisor.databases = ''");
$node->start;

# A table in which the search takes long: nothing determines anything until nearly
# all columns are taken together, and there are many columns.
my $columns = join ', ', map { "floor(random() * " . (3 + $_ % 5) . ")::int AS c$_" } 1 .. 40;
$node->safe_psql('postgres', qq{
	CREATE EXTENSION dbadvisor;
	SELECT setseed(0.1);
	CREATE TABLE wide AS SELECT $columns FROM generate_series(1, 3000) g;
	CREATE TABLE long AS SELECT md5(g::text) AS a, g % 1000 AS b, g % 999 AS c, md5((g / 3)::text) AS d FROM generate_series(1, 150000) g;
	ANALYZE});
my %call = (
	walk => q{SELECT count(*) FROM dbadvisor.discover_dependencies('wide', max_lhs => NULL, time_limit => NULL)},
	keys => q{SELECT count(*) FROM dbadvisor.discover_keys('wide', max_columns => NULL, time_limit => NULL)},
	approximate => q{SELECT count(*) FROM dbadvisor.discover_dependencies('wide', max_lhs => NULL, max_error => 0.001, time_limit => NULL)},
	verified => q{SELECT count(*) FROM dbadvisor.discover_dependencies('long', sample_rows => 100000, max_lhs => 2, time_limit => NULL)});

# Cancelled at any moment; how long that takes is told, since it is the machine's as
# well as ours.
my @took;
foreach my $name (sort keys %call)
{
	foreach my $round (1 .. 4)
	{
		my ($out, $err) = ('', '');
		my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'),
				'-c', "SET application_name = 'victim'",
				'-c', "DO \$do\$ BEGIN LOOP PERFORM * FROM ($call{$name}) c; END LOOP; END \$do\$" ],
			'>', \$out, '2>', \$err, IPC::Run::timeout(60));
		$node->poll_query_until('postgres', q{
			SELECT count(*) > 0 FROM pg_stat_activity
			 WHERE application_name = 'victim' AND query LIKE '%discover%' AND state = 'active'})
		  or die 'the call does not run';
		usleep(60_000 * $round);
		my $took = $node->safe_psql('postgres', q{
			DO $$
			DECLARE
				victim integer := (SELECT pid FROM pg_stat_activity WHERE application_name = 'victim');
				began timestamptz := clock_timestamp();
			BEGIN
				PERFORM pg_cancel_backend(victim);
				WHILE EXISTS (SELECT FROM pg_stat_get_activity(victim) WHERE state = 'active' AND query LIKE '%discover%')
					AND clock_timestamp() < began + interval '20 s' LOOP
					PERFORM pg_sleep(0.002), pg_stat_clear_snapshot();
				END LOOP;
				PERFORM set_config('test.took', (1000 * extract(epoch FROM clock_timestamp() - began))::int::text, false);
			END
			$$;
			SELECT current_setting('test.took')});
		push @took, $took;
		note("$name, round $round: $took ms");
		eval { $session->finish };
		like($err, qr/canceling statement due to user request/, "$name, round $round: cancelled");
	}
}
@took = sort { $a <=> $b } @took;
note("milliseconds until cancelled: @took");

# The statement's own timeout, and the time limit of the call, which keeps what has
# been found.
my ($status, $output, $errors) = $node->psql('postgres', "SET statement_timeout = '300ms'; $call{walk}");
like($errors, qr/canceling statement due to statement timeout/, 'statement_timeout ends it');
is($node->safe_psql('postgres', q{
		SELECT summary ->> 'complete', (summary ->> 'not_searched_to_the_end')::int > 0, summary #>> '{left_out,0}'
		  FROM dbadvisor.discover_dependencies('wide', max_lhs => NULL, time_limit => '300 ms') WHERE step = 0}),
	'false|t|the time limit has passed', 'time_limit ends it, and it says so');

# A wide table without an end in sight: up to the size that the summary tells nothing
# is missing, and nothing is there twice.
my $many = join ', ', map { "(h[1 + $_ % 6] * (3 + $_) + h[1 + $_ % 5] / 7) % (2 + $_ * 7 % 97) AS c$_" } 1 .. 70;
$node->safe_psql('postgres', qq{
	CREATE TABLE many AS SELECT $many
	  FROM (SELECT g, ARRAY(SELECT floor(random() * 40 * x)::bigint + g * 0 FROM generate_series(1, 6) x) AS h FROM generate_series(1, 400) g) s;
	CREATE TABLE stopped AS SELECT * FROM dbadvisor.discover_dependencies('many', max_lhs => NULL, time_limit => '3 s')});
is($node->safe_psql('postgres', q{
		SELECT (summary ->> 'searched_completely_up_to')::int BETWEEN -1 AND 69, summary ->> 'complete' FROM stopped WHERE step = 0}),
	't|false', 'the search of a wide table ends, and says what it has seen');
is($node->safe_psql('postgres', q{
		WITH known AS (
			SELECT (summary ->> 'searched_completely_up_to')::int AS size FROM stopped WHERE step = 0
		), whole AS MATERIALIZED (
			SELECT d.determinant, d.dependent
			  FROM known, dbadvisor.discover_dependencies('many', max_lhs => greatest(size, 0), time_limit => NULL) d
			 WHERE d.step > 0 AND size >= 0
		), part AS MATERIALIZED (
			SELECT s.determinant, s.dependent
			  FROM stopped s, known WHERE s.step > 0 AND cardinality(s.determinant) <= size)
		SELECT (SELECT count(*) FROM ((TABLE whole EXCEPT ALL TABLE part) UNION ALL (TABLE part EXCEPT ALL TABLE whole)) d),
			   (SELECT count(*) = count(DISTINCT (determinant, dependent)) FROM stopped WHERE step > 0)}),
	'0|t', '... of which nothing is missing');

# Little memory: fewer rows, the same truth.
my $little = q{SET dbadvisor.work_mem = '4MB'};
is($node->safe_psql('postgres', qq{
		$little;
		SELECT determinant, dependent, rows_checked, whole_table
		  FROM dbadvisor.discover_dependencies('long', max_lhs => 1, time_limit => NULL) WHERE step > 0 AND whole_table ORDER BY 1, 2;
		SELECT (summary ->> 'rows_read')::int < 100000 FROM dbadvisor.discover_dependencies('long', max_lhs => 1) WHERE step = 0}),
	$node->safe_psql('postgres', q{
		SELECT determinant, dependent, rows_checked, whole_table
		  FROM dbadvisor.discover_dependencies('long', max_lhs => 1, sample_rows => NULL, time_limit => NULL) WHERE step > 0 ORDER BY 1, 2}) . "\nt",
	'with 4 MB a part is read and the rest verified');
like($node->safe_psql('postgres', qq{
		SET dbadvisor.work_mem = '1MB';
		SELECT summary ->> 'left_out' FROM dbadvisor.discover_dependencies('long', max_lhs => 2, time_limit => '20 s') WHERE step = 0}),
	qr/work_mem/, 'where memory is too small for something, the summary says so');

# A table that somebody has for himself.
my $holder = $node->background_psql('postgres');
$holder->query_safe('BEGIN; LOCK TABLE long');
($status, $output, $errors) = $node->psql('postgres', q{SET dbadvisor.lock_timeout = '50ms'; SELECT count(*) FROM dbadvisor.discover_keys('long'); });
like($errors, qr/canceling statement due to lock timeout/, 'no lock is waited for');
$holder->query_safe('ROLLBACK');
$holder->quit;

# How far it has come.
{
	my ($out, $err) = ('', '');
	my $session = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', $call{walk} ],
		'>', \$out, '2>', \$err, IPC::Run::timeout(60));
	ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM dbadvisor.progress WHERE phase = 'finding determinants' AND object = 'public.wide'}),
		'it tells how far it has come');
	$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT count(*) FROM dbadvisor.discover%'});
	eval { $session->finish };
}

# On a standby.
$node->backup('copy');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'copy', has_streaming => 1);
$standby->start;
$node->wait_for_catchup($standby, 'replay', $node->lsn('insert'));
is($standby->safe_psql('postgres', q{SELECT determinant FROM dbadvisor.discover_dependencies('long', columns => '{a,d}', max_lhs => 1) WHERE step > 0}),
	'{a}', 'a standby can be asked');
done_testing();
