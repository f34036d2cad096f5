# The sampler: what it takes down of prepared and simple statements, whom it
# shows them, and that nothing a client sends can hurt it.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'dbadvisor,pg_stat_statements'
dbadvisor.worker = off
dbadvisor.sampler_rate = 1
dbadvisor.sampler_max_set_bytes = 1024
autovacuum = off
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE item (id int, name text, day date, price numeric, data jsonb);
	CREATE ROLE shopper LOGIN;
	CREATE ROLE watcher LOGIN;
	CREATE ROLE auditor LOGIN;
	GRANT dbadvisor_reader TO shopper, watcher, auditor;
	GRANT pg_read_all_stats TO auditor;
	GRANT SELECT ON item TO shopper;
	CREATE DATABASE other});
$node->safe_psql('other', 'CREATE EXTENSION dbadvisor');

# Samples of the statements whose normalised text is like this.
sub samples
{
	my ($like, $columns) = @_;
	return $node->safe_psql('postgres', "SELECT $columns FROM dbadvisor.parameter_sample s
		JOIN pg_stat_statements q USING (queryid, userid) WHERE q.query LIKE '$like' ORDER BY 1");
}

# Run statements, in one session.
sub client
{
	my ($sql, @more) = @_;
	return $node->safe_psql('postgres', $sql, @more);
}

# Constants, numbered as pg_stat_statements does.
client(q{SELECT * FROM item WHERE id = 5 AND name = 'it''s' AND day > date '2026-01-01' AND price < -1.5});
is( samples('%day > date $3%', 'parameters, parameter_types, constant'),
	q({5,it's,2026-01-01,-1.5}|{integer,unknown,unknown,numeric}|{t,t,t,t}), 'constants in their order');
client(q{/* first */ SELECT 1; SELECT name FROM item WHERE id = 77 LIMIT 3});
is(samples('SELECT name FROM item WHERE id = $1 LIMIT $2', 'parameters'), '{77,3}', 'in a text of several statements');
client(q{SELECT extract(year FROM day), data ->> 'a "b" \c' FROM item WHERE id IN (1, 2, 3) AND name IS NULL OR name = NULL});
my $list = $node->pg_version >= 18 ? '{"1","2","3"}' : '1,2,3';
like(samples('SELECT extract%', 'array_to_string(parameters, chr(10), chr(48))'),
	$node->pg_version >= 18 ? qr/\Ayear\na "b" \\c\n\{"1","2","3"\}\n0\z/ : qr/\Ayear\na "b" \\c\n1\n2\n3\n0\z/,
	'fields, strings, lists and nulls');
client(q{SELECT $$dollar$$ || E'tab\t' || B'101'::text || name FROM item});
is(samples('%|| name FROM item', q{array_to_string(parameters, ',')}), "dollar,tab\t,b101", 'other notations of strings');

# BETWEEN analyses what it compares twice: up to 17 the second time has a number
# that the text does not show.
client(q{SELECT count(*) FROM item WHERE data ->> 'key' BETWEEN 'low' AND 'top'});
is(samples('%BETWEEN%', 'parameters'), $node->pg_version >= 18 ? '{key,low,top}' : '{key,NULL,low,top}', 'a constant that counts twice');

# Bound parameters, beside constants.
client(q{PREPARE p AS SELECT * FROM item WHERE id = $1 AND name = 'fixed' AND day = $2;
	EXECUTE p(7, '2026-02-03'); EXECUTE p(8, NULL)});
is( samples('PREPARE p AS%', 'parameters, parameter_types, constant'),
	"{7,2026-02-03,fixed}|{integer,date,unknown}|{f,f,t}\n{8,NULL,fixed}|{integer,date,unknown}|{f,f,t}",
	'of a prepared statement');
is(samples('PREPARE p AS%', 'frequent_share'), "{0.5,0.5,1}\n{0.5,0.5,1}", 'how often one value was there');
my $script = $node->basedir . '/bound.sql';
append_to_file($script, '\set n 42' . "\n" . 'SELECT price FROM item WHERE id = :n;' . "\n");
$node->command_ok([ 'pgbench', '-n', '-M', $_, '-t', '3', '-f', $script, 'postgres' ], "$_ protocol") for qw(prepared extended);
like(samples('SELECT price FROM item WHERE id = $1', 'parameters, constant'), qr/\A(\{42\}\|\{f\}\n?)+\z/, 'bound by the protocol');

# Time, rows and search path of the execution.
client(q{SET search_path = pg_catalog, public; SELECT g FROM generate_series(1, 25) g, pg_sleep(0.05)});
is( samples('SELECT g FROM generate_series%', 's.rows, execution_ms BETWEEN 50 AND 60000, search_path'),
	'25|t|pg_catalog, public', 'rows, time and search path');
my $blocks = client(q{SELECT sum(shared_blks_hit + shared_blks_read) > 0 FROM pg_stat_statements WHERE query LIKE 'CREATE EXTENSION%' OR query LIKE '%parameter_sample%'});
is($blocks, 't', 'pg_stat_statements still counts blocks');

# What a statement runs inside of itself is not a statement of the client.
my $inside = q{SELECT count(*) FROM dbadvisor.parameter_sample WHERE parameters && '{123456}'};
client(q{DO $$BEGIN PERFORM count(*) FROM item WHERE id = 123456; EXECUTE 'SELECT count(*) FROM item WHERE id = 123456'; END$$;
	CREATE FUNCTION inside(n int) RETURNS bigint LANGUAGE plpgsql AS $$BEGIN RETURN (SELECT count(*) FROM item WHERE id = 123456 + n); END$$;
	SELECT inside(1)});
is(client($inside), '0', 'no statement inside of another');
client(q{BEGIN; DECLARE c CURSOR FOR SELECT day FROM item WHERE id = 99; FETCH c; FETCH c; CLOSE c; COMMIT});
cmp_ok(client(q{SELECT count(*) FROM dbadvisor.parameter_sample WHERE parameters = '{99}'}), '<=', 1, 'a cursor counts once at most');

# The same queryid may stand for other statements.
client(q{SELECT data FROM item WHERE id = 5; SELECT data FROM item WHERE id = '5'});
is(samples('SELECT data FROM item WHERE id = $1', 'parameter_types'), "{integer}\n{unknown}", 'other types are kept apart');
client('SELECT data FROM item WHERE id = 6', extra_params => [ '-U', 'shopper' ]);
is( $node->safe_psql('postgres', q{SELECT count(DISTINCT userid) FROM dbadvisor.parameter_sample
	WHERE queryid = (SELECT DISTINCT queryid FROM pg_stat_statements WHERE query = 'SELECT data FROM item WHERE id = $1')}),
	'2', 'other users are kept apart');
$node->safe_psql('other', q{SELECT 'elsewhere' AS here});
is($node->safe_psql('postgres', q{SELECT count(*) FROM dbadvisor.parameter_sample WHERE parameters = '{elsewhere}'}), '0', 'other databases are kept apart');
is($node->safe_psql('other', q{SELECT count(*) FROM dbadvisor.parameter_sample WHERE parameters = '{elsewhere}'}), '1', 'and have their own');

# Rights: one's own; all with pg_read_all_stats; nobody else.
my @shown = map { $node->safe_psql('postgres', q{SELECT count(*) FILTER (WHERE userid = 'shopper'::regrole) > 0, count(*) FILTER (WHERE userid <> current_user::regrole) > 0
	FROM dbadvisor.parameter_sample}, extra_params => [ '-U', $_ ]) } qw(shopper watcher auditor);
is("@shown", 't|f f|f t|t', 'each sees what he may');
isnt($node->psql('postgres', 'SELECT * FROM dbadvisor.parameter_sample', extra_params => [ '-U', 'nobody_else' ]), 0, 'a stranger does not');
$node->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
isnt($node->psql('postgres', 'SELECT * FROM dbadvisor.parameter_samples()', extra_params => [ '-U', 'stranger' ]), 0, 'without a role of ours nothing is shown');
isnt($node->psql('postgres', 'SELECT dbadvisor.sampler_reset()', extra_params => [ '-U', 'auditor' ]), 0, 'only an administrator forgets');

# Bad input: long texts, many parameters, long values, values without a text.
my $lost = sub { $node->safe_psql('postgres', "SELECT $_[0] FROM dbadvisor.sampler") };
my $before = $lost->('lost_too_long');
client('SELECT count(*) FROM item WHERE id IN (' . join(',', 1 .. 10000) . ')') if $node->pg_version < 18;
client('SELECT ' . join(' + ', map { "id * $_" } 1 .. 3000) . ' FROM item');
client(q{SELECT id AS number FROM item WHERE id = 1 AND name = '} . ('x' x 1048576) . q{'});
cmp_ok($lost->('lost_too_long'), '>=', $before + 2, 'too many or too long: counted');
client(q{PREPARE l AS SELECT id AS longer FROM item WHERE name = $1 AND id = $2;
	EXECUTE l(repeat('y', 10000), 3);
	EXECUTE l(repeat('z', 500), 4)});
is(samples('%AS longer%', 'parameters, kept'), "{NULL,3}|{f,t}\n{NULL,4}|{f,t}", 'a long value is left out, the others are not');
client('PREPARE m (' . join(',', ('int') x 3000) . ') AS SELECT id AS many FROM item WHERE id = ' . join(' + ', map { "\$$_" } 1 .. 3000) . ';
	EXECUTE m (' . join(',', 1 .. 3000) . ')');
is(samples('%AS many%', 'count(*)'), '0', 'thousands of bound parameters are not kept');
client(q{CREATE TYPE mood AS ENUM ('sad', 'glad');
	CREATE TABLE felt (how mood, what item, bits bit(4)[]);
	PREPARE e (mood, item, bit(4)[], record) AS SELECT how AS feels FROM felt WHERE how = $1 AND what = $2 AND bits = $3 AND what = $4;
	EXECUTE e('glad', ROW(1, 'a', NULL, 2, '{}'), '{1010}', ROW(1, 'b'::text))});
is(samples('%AS feels%', q{parameters[1], parameters[2], parameters[3], kept}), 'glad|(1,a,,2,{})|{1010}|{t,t,t,f}', 'enums, rows and arrays; a record without a type has no text');
is($node->psql('postgres', q{PREPARE w AS SELECT id FROM item WHERE id = $1; EXECUTE w('x')}), 3, 'an error of the user is his own');
is($node->psql('postgres', q{SELECT 1 / (id - id) FROM (VALUES (77)) v (id) WHERE id = 77}), 3, 'also in the middle of an execution');
is(client('SELECT count(*) > 0 FROM dbadvisor.parameter_sample'), 't', 'and the sampler goes on');

# Numbers and texts in odd places, compared with the constant itself.
client(q{SET standard_conforming_strings = off;
	SELECT 'odd' AS odd, 'a\\\\b' AS one, -7 AS two, 1e3 AS three, 12345678901 AS four, true AS five});
is( samples('%AS odd,%', q{array_to_string(parameters, ' ')}),
	'odd a\b -7 1e3 12345678901 true', 'under other settings of strings');
client(q{SET standard_conforming_strings = on;
	PREPARE s AS SELECT name AS switched FROM item WHERE name = 'a\' AND id = $1;
	SET standard_conforming_strings = off;
	SET backslash_quote = off;
	EXECUTE s(1)});
pass('a text that no longer reads as it was written harms nobody');

# Of a statement that runs all the time each execution is counted, many together, but the
# values of one in fifty are read after the first 512.
my $often = "$PostgreSQL::Test::Utils::tmp_check/often.sql";
append_to_file($often, "SELECT count(*) FROM item WHERE id = 31415;\n");
$before = $lost->('recorded');
$node->command_ok([ 'pgbench', '-n', '-c', '1', '-t', '2512', '-f', $often, 'postgres' ], 'many executions of one statement');
my $read = $lost->('recorded') - $before;
ok($read > 512 + 10 && $read < 512 + 100, "a bounded share has its values read: $read");
my $counted = q{
	SELECT sum(executions) FROM dbadvisor.statement_plan
	 WHERE queryid = (SELECT queryid FROM dbadvisor.parameter_sample WHERE parameters = '{31415}' LIMIT 1)};
ok($node->poll_query_until('postgres', $counted, '2512'), 'each of them is counted to its plan, the last ones when the session ends');

# Where no other extension takes the time the sampler does, with that of the triggers.
client(q{
	CREATE TABLE slow (id int);
	CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.01); RETURN NULL; END';
	CREATE TRIGGER slow AFTER INSERT ON slow FOR EACH ROW EXECUTE FUNCTION slow();
	SET pg_stat_statements.track = none;
	INSERT INTO slow SELECT id FROM generate_series(1, 7) id, pg_sleep(0.02)});
is($node->safe_psql('postgres', q{SELECT executions, mean_ms > 88 FROM dbadvisor.plan_rows() WHERE mean_rows = 7}),
	'1|t', 'its own clock');

# Off, and without query identifiers.
$node->append_conf('postgresql.conf', 'dbadvisor.sampler = off');
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT state = 'off' FROM dbadvisor.sampler}), 'off by a reload');
$before = $lost->('recorded');
client('SELECT count(*) FROM item WHERE id = 4711');
is($lost->('recorded'), $before, 'nothing is recorded then');
cmp_ok($lost->('sets'), '>', 0, 'what there was is kept');
$node->append_conf('postgresql.conf', "dbadvisor.sampler = on\ncompute_query_id = off");
$node->reload;
ok($node->poll_query_until('postgres', q{SELECT state = 'no query identifiers' FROM dbadvisor.sampler}), 'no query identifiers');
$before = $lost->('recorded');
client('SELECT count(*) FROM item WHERE id = 4711');
is($lost->('recorded'), $before, 'nothing is recorded without them');
$node->safe_psql('postgres', 'SELECT dbadvisor.sampler_reset()');
is($lost->('statements, sets'), '0|0', 'reset');

# Without memory, or without the library at start.
for my $case ([ 'dbadvisor.sampler_size = 0', 'no memory' ], [ 'dbadvisor.sampler_size = 1kB', 'not preloaded' ],
	[ "shared_preload_libraries = 'pg_stat_statements'", 'not preloaded' ])
{
	my ($setting, $state) = @$case;
	$node->append_conf('postgresql.conf', $setting);
	$node->restart;
	is($lost->('state, capacity'), "$state|", $setting);
	is(client('SELECT count(*) FROM dbadvisor.parameter_sample'), '0', 'nothing to show');
}
like(slurp_file($node->logfile), qr/parameter values are not sampled/, 'too little memory is stated');

done_testing();
