# query.plan_flip with the sampler: it names two plans of one statement of which the
# slow one is no slower by the planner's reckoning, and keeps silent where the time
# is explained.
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
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
});
$node->start;
# What has state 'new' lies at the end: who walks along id reads nearly all.
$node->safe_psql('postgres', q{
	CREATE EXTENSION pg_stat_statements;
	CREATE EXTENSION dbadvisor;
	CREATE TABLE job AS
	SELECT g AS id, CASE WHEN g > 199000 THEN 'new' ELSE 'done' END AS state, md5(g::text) AS note
	  FROM generate_series(1, 200000) g;
	CREATE INDEX job_state ON job (state);
	VACUUM ANALYZE job;
	SELECT pg_stat_statements_reset()});

sub answer
{
	return $node->safe_psql('postgres', shift);
}

my $findings = q{SELECT count(*) FROM dbadvisor.rule_query_plan_flip WHERE object_type <> 'rule'};

# The statement: first by the index on state, then along the new primary key.
my $next = q{SELECT id FROM job WHERE state = 'new' ORDER BY id LIMIT 1;};
answer($next x 10);
is(answer($findings), '0', 'one plan is no flip');
answer('ALTER TABLE job ADD PRIMARY KEY (id)');
answer($next x 10);
is( answer(q{SELECT bool_or(shape LIKE '%Index Scan using job_pkey on job%'), bool_or(shape LIKE '%job_state%'), count(DISTINCT plan_id)
	FROM dbadvisor.statement_plan WHERE shape LIKE 'Limit%'}), 't|t|2', 'its plan has turned');
is( answer(q{
	SELECT object_name, severity, proof, title ~ 'got a slower plan$',
		   evidence ->> 'slow_plan' LIKE '%job_pkey%', evidence ->> 'quick_plan' LIKE '%job_state%',
		   evidence ->> 'slow_plan_id' <> evidence ->> 'quick_plan_id',
		   (evidence ->> 'slow_ms')::float8 > 5 * (evidence ->> 'quick_ms')::float8,
		   (evidence ->> 'turned_at')::timestamptz > (evidence ->> 'quick_until')::timestamptz,
		   detail ~ 'its plan turned\..*job_pkey.*job_state'
	  FROM dbadvisor.rule_query_plan_flip WHERE object_type <> 'rule'}),
	'public.job|medium|counters|t|t|t|t|t|t|t', 'named with both plans, their times, and when');
unlike(answer('SELECT title || detail || evidence FROM dbadvisor.rule_query_plan_flip'), qr/'new'|\bnew\b/, 'without values');
is(answer(q{SELECT count(*) FROM dbadvisor.rule_query_plan_flip WHERE object_type = 'rule'}), '0', 'the rule has nothing to complain of');

# By turns: the quick plan comes back for a while.
answer("BEGIN; ALTER TABLE job DROP CONSTRAINT job_pkey; $next ROLLBACK; $next");
is( answer(q{SELECT severity, title ~ 'is quick and slow by turns$', detail ~ 'It has two plans by turns' FROM dbadvisor.rule_query_plan_flip WHERE object_type <> 'rule'}),
	'low|t|t', 'both in use');

# Set right again for good: the slow plan is older than the quick one.
answer('SELECT dbadvisor.sampler_reset()');
answer($next x 10);
answer('ALTER TABLE job DROP CONSTRAINT job_pkey');
answer($next x 10);
is(answer('SELECT count(*) FROM dbadvisor.statement_plan WHERE times_slower > 5'), '1', 'from slow to quick');
is(answer($findings), '0', 'is nothing to do about');

# Near misses: more rows under one plan, more work that the planner knows of, and
# plans that are equally fast.
answer('SELECT dbadvisor.sampler_reset(); CREATE UNIQUE INDEX job_id ON job (id)');
answer('SET enable_seqscan = off; SET enable_bitmapscan = off;' . join('', map { "SELECT note FROM job WHERE id < $_;" x 5 } 10, 199000));
answer(join('', map { "SELECT count(note) FROM job WHERE state = '$_';" x 10 } 'gone', 'done'));
answer("SET $_; " . 'SELECT state FROM job WHERE id = 7;' x 10) for 'enable_bitmapscan = off', 'enable_indexscan = off';
is( answer(q{
	SELECT count(*) FILTER (WHERE plans = 1 AND executions = 10 AND shape = 'Index Scan using job_id on job'),
		   bool_or(times_slower > 5) FILTER (WHERE plans = 2 AND shape LIKE 'Aggregate%'),
		   count(*) FILTER (WHERE plans = 2 AND shape NOT LIKE 'Aggregate%')
	  FROM dbadvisor.statement_plan WHERE executions >= 10}), '1|t|2', 'they were run');
is(answer($findings), '0', 'none of these is a flip');

# Times of history say something of statements without recorded plans only.
my $history = q{
	SELECT dbadvisor.take_snapshot();
	SELECT dbadvisor.take_snapshot();
	INSERT INTO dbadvisor.history_snapshot
	SELECT l.slot, p.at, p.at - interval '5 min', 300, 1, 1, 1, '{}'
	  FROM (SELECT h.slot FROM dbadvisor.history_slice h WHERE h.starts_at IS NOT NULL LIMIT 1) l,
		   (SELECT date_trunc('hour', CURRENT_TIMESTAMP) - i * interval '5 min' FROM generate_series(1, 8) i) p (at);
	INSERT INTO dbadvisor.history_server
	SELECT s.slot, s.taken_at, s.since, 'database', '', false, '{"xact_commit": 1000}'
	  FROM dbadvisor.history_snapshot s WHERE s.seconds = 300;
	INSERT INTO dbadvisor.history_statement
	SELECT h.slot, h.taken_at, h.since, s.userid, s.queryid, true, false, 100, CASE WHEN EXTRACT(minute FROM h.taken_at)::int % 2 = 0 THEN 1 ELSE 5000 END, 100, 0, 0, 0, 0, 0, 0, 0
	  FROM dbadvisor.history_snapshot h,
		   (SELECT DISTINCT u.userid, u.queryid FROM pg_stat_statements u WHERE u.query = 'SELECT state FROM job WHERE id = $1') s
	 WHERE h.seconds = 300};
answer($history);
is(answer($findings), '0', 'times are not asked where plans are known');
answer('SELECT dbadvisor.sampler_reset()');
is(answer(q{SELECT proof, evidence ->> 'window', title ~ 'is quick and slow by turns$' FROM dbadvisor.rule_query_plan_flip WHERE object_type <> 'rule'}),
	'heuristic|history|t', 'they are where none is');

$node->stop;
done_testing();
