# Rows that executions counted against what the planner expects: index advice says
# so and prices its gain with them; a rule names the statement.
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
# The state of tickets has changed since ANALYZE; make and model of a car go
# together; of orders the planner knows all there is to know.
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE ticket AS
	SELECT g AS id, CASE WHEN g % 1000 = 0 THEN 'open' ELSE 'closed' END AS state, md5(g::text) AS note FROM generate_series(1, 50000) g;
	CREATE TABLE car AS
	SELECT g AS id, 'make' || g % 150 AS make, 'model' || g % 150 AS model, md5(g::text) AS note FROM generate_series(1, 100000) g;
	CREATE TABLE orders AS
	SELECT g AS id, g % 1000 AS customer, md5(g::text) AS note FROM generate_series(1, 50000) g;
	ANALYZE ticket, car, orders;
	UPDATE ticket SET state = 'open';
	VACUUM ticket;
	SELECT pg_stat_statements_reset()});

sub answer
{
	return $node->safe_psql('postgres', shift);
}

# Run statements, each several times with the same or with other values.
sub executed
{
	answer(q{SELECT count(t) FROM ticket t WHERE state = 'open';} x 10);
	answer(join('', map { "SELECT max(note) FROM car WHERE make = 'make$_' AND model = 'model$_';" } 1 .. 10));
	answer(join('', map { "SELECT min(note) FROM orders WHERE customer = $_;" } 1 .. 10));
	return;
}
executed();

# What index advice says of a table's statement.
sub counted
{
	my ($table, $columns) = @_;
	return answer("SELECT $columns FROM dbadvisor.recommend_indexes() r, jsonb_array_elements(r.evidence -> 'statements') s
		WHERE r.object_name = 'public.$table' LIMIT 1");
}

is( counted('ticket', q{s #>> '{counted,level}', (s #>> '{counted,rows_counted}')::float8::int, (s #>> '{counted,rows_estimated}')::float8 < 1000,
		(s #>> '{counted,factor}')::float8 > 10, s #>> '{counted,executions}', (s #>> '{counted,cost_after}')::float8 >= 0.99 * (s #>> '{counted,cost_before}')::float8,
		(s ->> 'cost_after')::float8 < 0.5 * (s ->> 'cost_before')::float8}),
	'at_risk|50000|t|t|10|t|t', 'a gain that hangs on a wrong estimate');
like(counted('ticket', 'r.detail'), qr/At risk: 1 of these statements may get slower; of queryid -?\d+, 10 executions had 50,000 rows of public\.ticket in the mean where the planner expects \d+; .*nothing of the gain is left\./,
	'said in words');
is(counted('ticket', 'r.confidence < 0.6'), 't', 'and in the confidence');
is( counted('car', q{s #>> '{counted,level}', (s #>> '{counted,rows_counted}')::float8::int BETWEEN 600 AND 700, (s #>> '{counted,factor}')::float8 > 100,
		(s #>> '{counted,cost_after}')::float8 > 2 * (s ->> 'cost_after')::float8, r.detail ~ 'Counted: of queryid -?\d+, 10 executions had', r.detail ~ 'At risk'}),
	'none|t|t|t|t|f', 'a gain that is smaller than promised, but there');
is(counted('orders', q{s -> 'counted', r.detail ~ 'executions had'}), 'null|f', 'nothing where the planner is right');
$node->safe_psql('postgres', q{SELECT dbadvisor.set_rule('index.missing', thresholds => '{"min_count_factor": 100000}')});
is(counted('ticket', q{s #>> '{counted,level}', r.detail ~ 'executions had', r.confidence > 0.6}), 'at_risk|f|t', 'the threshold is one of the registry');
$node->safe_psql('postgres', 'DELETE FROM dbadvisor.rule_setting');

# The rule about the statement: two statements are off by a hundred times, one of
# them has a quicker plan in its past.
my $rule = q{
	SELECT object_name, severity IN ('medium', 'high'), proof, evidence ->> 'condition', (evidence ->> 'factor')::float8 >= 100,
		   evidence ? 'lost_ms_per_day', title ~ 'gets [\d,]+ rows where it expects [\d,]+$'
	  FROM dbadvisor.rule_query_rows_misestimated ORDER BY 1};
is(answer($rule), 'public.car|t|counters|((make = ?) AND (model = ?))|t|f|t
public.ticket|t|counters|(state = ?)|t|f|t', 'named, without the values');
unlike(answer('SELECT title || detail || evidence FROM dbadvisor.rule_query_rows_misestimated'), qr/make\d|'open'/, 'no values anywhere');
answer('CREATE INDEX ON car (make, model)');
executed();
is( answer(q{
	SELECT (evidence ->> 'lost_ms_per_day')::float8 > 0, benefit_ms_per_day = (evidence ->> 'lost_ms_per_day')::float8,
		   (evidence ->> 'quickest_plan_ms')::float8 < (evidence ->> 'sampled_ms')::float8, detail ~ 'those with its quickest plan'
	  FROM dbadvisor.rule_query_rows_misestimated WHERE object_name = 'public.car'}), 't|t|t|t', 'with the time lost against its quickest plan');

# Near misses: after ANALYZE, once seen only, and quickly done.
answer('SELECT dbadvisor.sampler_reset(); SELECT pg_stat_statements_reset(); ANALYZE ticket');
answer(q{SELECT count(t) FROM ticket t WHERE state = 'open';} x 10);
answer(q{SELECT max(note) FROM car WHERE make = 'make1' AND model = 'model1'});
answer(q{SELECT id FROM car WHERE make = 'make2' AND model = 'model2' AND note > 'fff' LIMIT 10;} x 10);
is(answer($rule), '', 'silent where the planner is right, or hardly anything was seen');

$node->stop;
done_testing();
