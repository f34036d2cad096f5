# Executions whose rows are counted: estimates that were wrong, sorts and hashes
# on disk, plans that change; and what advice on statistics makes of them.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_stat_statements,dbadvisor'
dbadvisor.worker = off
dbadvisor.sampler_rate = 1
dbadvisor.sampler_estimate_rate = 1
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
});
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE car AS
	SELECT i AS id, 'make' || i % 50 AS make, 'model' || i % 50 AS model, md5(i::text) AS note
	  FROM generate_series(1, 100000) i;
	CREATE TABLE sale AS SELECT i AS id, i AS car FROM generate_series(1, 100000) i;
	CREATE INDEX ON sale (car);
	ANALYZE});

sub answer
{
	return $node->safe_psql('postgres', shift);
}

# Columns that depend on each other.
answer("SELECT count(*) FROM car WHERE make = 'make$_' AND model = 'model$_'") for 1 .. 5;
is( answer(q{SELECT node, relation, clause, executions, round(estimated_rows) < 100, round(actual_rows), round(removed_rows), factor > 10 FROM dbadvisor.misestimates}),
	'scan|car|((make = ?) AND (model = ?))|5|t|2000|98000|t', 'a clause that was estimated wrong, without its constants');
answer('PREPARE p AS SELECT count(*) FROM car WHERE make = $1 AND model = $2 AND id > 0; EXECUTE p(\'make1\', \'model1\')');
is(answer(q{SELECT clause FROM dbadvisor.misestimates WHERE clause LIKE '%id%'}), '((id > ?) AND (make = ?) AND (model = ?))', 'parameters neither');

# Nothing is said of a node that did not run to its end.
answer(q{SELECT note FROM car WHERE id > 10 LIMIT 1});
is(answer(q{SELECT count(*) FROM dbadvisor.estimate_rows() WHERE clause = '(id > ?)'}), '0', 'not below a limit');
answer(q{BEGIN; DECLARE c CURSOR FOR SELECT note FROM car WHERE id > 20; FETCH 3 FROM c; COMMIT});
is(answer(q{SELECT count(*) FROM dbadvisor.misestimates WHERE clause = '(id > ?)'}), '0', 'nor of a cursor');
answer(q{SELECT note FROM car WHERE id > 10});
is(answer(q{SELECT round(actual_rows) FROM dbadvisor.estimate_rows() WHERE clause = '(id > ?)'}), '99990', 'but of one that did');

# Sorts and hashes that do not fit.
answer(q{SET work_mem = '64kB';
	SELECT note FROM car ORDER BY note OFFSET 99999;
	SELECT count(*) FROM car a JOIN car b USING (note) WHERE a.id > 0;
	SET enable_sort = off;
	SELECT note, count(*) FROM car GROUP BY note OFFSET 99999});
is(answer(q{SELECT string_agg(DISTINCT node, ' ' ORDER BY node) FROM dbadvisor.misestimates WHERE spills > 0 AND spilled_kb > 0}),
	'aggregate hash sort', 'on disk');

# A plan that flips.
for my $setting ('on', 'on', 'off')
{
	answer("SET enable_indexscan = $setting; SET enable_bitmapscan = off; SET enable_indexonlyscan = off; SELECT id FROM sale WHERE car = 77");
}
is( answer(q{SELECT shape, executions, plans, times_slower > 1 FROM dbadvisor.statement_plan WHERE shape LIKE '%sale' ORDER BY shape}),
	"Index Scan using sale_car_idx on sale|2|2|f\nSeq Scan on sale|1|2|t", 'two plans of one statement, and the slower one');

# Rights are those of samples.
$node->safe_psql('postgres', 'CREATE ROLE watcher LOGIN; CREATE ROLE auditor LOGIN; GRANT dbadvisor_reader TO watcher, auditor; GRANT pg_read_all_stats TO auditor');
my @shown = map { $node->safe_psql('postgres', 'SELECT (SELECT count(*) FROM dbadvisor.misestimates) > 0, (SELECT count(*) FROM dbadvisor.statement_plan WHERE shape LIKE \'%sale\') > 0', extra_params => [ '-U', $_ ]) } qw(watcher auditor);
is("@shown", 'f|f t|t', 'each sees what he may');

# Advice on statistics looks there first, and says what was seen.
$node->safe_psql('postgres', 'SELECT pg_stat_statements_reset(); SELECT dbadvisor.sampler_reset()');
answer(q{SELECT count(*) FROM car JOIN sale ON sale.car = car.id WHERE make = 'make7' AND model = 'model7'}) for 1 .. 3;
is( answer(q{SELECT s.relid::regclass, s.columns, u ->> 'parameters', u ->> 'counted_executions',
		round((u ->> 'counted_rows')::numeric), (u ->> 'counted_rows_expected')::float8 < 100
	  FROM dbadvisor.search_statistics() s, jsonb_array_elements(s.statements) u WHERE s.step > 0 AND s.target IS NULL}),
	'car|{make,model}|sampled|3|2000|t', 'evidence of advice on statistics');

# A restart keeps it; the setting ends it.
$node->restart;
cmp_ok(answer('SELECT count(*) FROM dbadvisor.misestimates'), '>', 0, 'estimates are kept over a restart');
cmp_ok(answer('SELECT count(*) FROM dbadvisor.statement_plan'), '>', 0, 'and plans');
$node->append_conf('postgresql.conf', 'dbadvisor.sampler_estimate_rate = 0');
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('dbadvisor.sampler_estimate_rate') = '0'}) or die 'not reloaded';
answer(q{SELECT count(*) FROM car WHERE note = 'x' AND make = 'make1'});
is(answer(q{SELECT count(*) FROM dbadvisor.estimate_rows() WHERE clause LIKE '%note%'}), '0', 'rows are not counted at a rate of zero');
is(answer(q{SELECT clock_timestamp() > max(last_seen) FROM dbadvisor.statement_plan}), 't', 'plans are');

done_testing();
