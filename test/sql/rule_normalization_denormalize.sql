-- Results and copies that would cost less to keep than to make: each rule fires on its
-- case and is silent on one that is nearly it.
SET search_path = kept, public, pg_catalog;
SET client_min_messages = warning;
SET dbadvisor.include_values = off;
CREATE SCHEMA kept;
CREATE TABLE sale (id int PRIMARY KEY, region int NOT NULL, code text NOT NULL, amount numeric NOT NULL, day date NOT NULL);
INSERT INTO sale SELECT g, g % 20, 'c' || g % 20, g % 100, '2026-01-01'::date + g % 30 FROM generate_series(1, 40000) g;
CREATE TABLE other AS TABLE sale;
CREATE TABLE held (LIKE sale) PARTITION BY RANGE (id);
CREATE TABLE held_1 PARTITION OF held FOR VALUES FROM (1) TO (20000);
CREATE TABLE held_2 PARTITION OF held FOR VALUES FROM (20000) TO (MAXVALUE);
INSERT INTO held TABLE sale;
CREATE VIEW recent AS SELECT * FROM other WHERE day > now() - interval '1 month';
CREATE TABLE secret AS TABLE sale;
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
VACUUM ANALYZE sale, other, held, secret;
-- the load is no habit of the tables
CREATE FUNCTION forget_writes() RETURNS void LANGUAGE sql AS $$
	SELECT FROM (SELECT count(pg_stat_reset_single_table_counters(c.oid)) FROM pg_class c
				  WHERE c.relnamespace = 'kept'::regnamespace AND c.relkind = 'r') r;
$$;
SELECT forget_writes();
CREATE FUNCTION given(query text, calls float8 DEFAULT 10000, mean_ms float8 DEFAULT 20) RETURNS void
LANGUAGE sql AS $$ SELECT FROM dbadvisor.workload_add(query, calls, mean_ms) $$;
-- times of the server differ: shares of them are not asked for, and severities not scaled
SELECT dbadvisor.set_rule(r, severity => 'low', thresholds => '{"min_share": 0}')
  FROM unnest(ARRAY['normalization.aggregate_recomputed']) r;

-- what is seen of a result
SELECT q.name, dbadvisor.statement_features(q.query) -> 'result' AS result
  FROM (VALUES ('groups', 'SELECT region, sum(amount), sum(id) FROM kept.sale GROUP BY region'),
			   ('one row', 'SELECT count(*) FROM kept.sale'),
			   ('constant', 'SELECT count(*) FROM kept.sale WHERE region = 1'),
			   ('parameter that chooses', 'SELECT count(*) FROM kept.sale WHERE region = $1'),
			   ('parameter inside that chooses', 'SELECT count(*) FROM (SELECT FROM kept.sale WHERE region = $1) s'),
			   ('parameter that does not', 'SELECT sum(amount * $1) FROM kept.sale'),
			   ('limit', 'SELECT region, count(*) FROM kept.sale GROUP BY region LIMIT $1'),
			   ('key not returned', 'SELECT count(*) FROM kept.sale GROUP BY region'),
			   ('grouping sets', 'SELECT region, count(*) FROM kept.sale GROUP BY ROLLUP (region)'),
			   ('rows of a function', 'SELECT generate_series(min(id), max(id)) FROM kept.sale'),
			   ('volatile', 'SELECT sum(amount * random()) FROM kept.sale'),
			   ('time', 'SELECT count(*) FROM kept.sale WHERE day = CURRENT_DATE'),
			   ('time in a view', 'SELECT count(*) FROM kept.recent'),
			   ('no aggregate', 'SELECT id FROM kept.sale'),
			   ('locks', 'SELECT count(*) FROM (SELECT FROM kept.sale FOR UPDATE) s')) q (name, query);

-- what is written to tables, with partitions; not known of what has no counters
UPDATE held SET amount = 1 WHERE id IN (5, 30000);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT r.name, w.rows_per_day, w.written_windows, w.source
  FROM (VALUES ('sale', ARRAY['kept.sale']), ('held', ARRAY['kept.held', 'kept.sale']), ('view', ARRAY['kept.recent', 'kept.other']),
			   ('catalog', ARRAY['pg_catalog.pg_class', 'kept.sale'])) r (name, tables)
 CROSS JOIN LATERAL dbadvisor.tables_written(ARRAY(SELECT t::regclass::oid FROM unnest(r.tables) t), '7 days') w;

CREATE VIEW said AS
SELECT a.object_name AS object, a.severity, a.proof, a.confidence, a.title,
	   a.evidence ->> 'refreshes_per_day' AS refreshes, a.evidence ->> 'written_from' AS "from",
	   (a.evidence ->> 'cost_after')::float8 < (a.evidence ->> 'cost_before')::float8 / 5 AS cheaper,
	   round((a.evidence ->> 'saved_ms_per_day')::numeric / ((a.evidence ->> 'calls_per_day')::numeric * (a.evidence ->> 'mean_ms')::numeric), 1) AS saved,
	   a.apply_sql IS NOT NULL AS is_printed
  FROM dbadvisor.rule_normalization_aggregate_recomputed a
 WHERE a.object_type <> 'rule';

-- fires; a constant is described and not printed
\o /dev/null
SELECT given('SELECT max(amount) FROM kept.sale');
SELECT given('SELECT sum(amount) FROM kept.sale WHERE code = ''c7''');
SELECT given('SELECT sum(amount) FROM kept.held');
\o
SELECT * FROM said ORDER BY object, is_printed;
SELECT regexp_replace(regexp_replace(a.detail, '_kept_[0-9a-f]+', '_kept_N'), '[0-9]+([.][0-9]+)?', 'N', 'g') AS detail
  FROM dbadvisor.rule_normalization_aggregate_recomputed a WHERE a.object_type <> 'rule' ORDER BY 1;
SELECT a.apply_sql, a.revert_sql, a.benefit_ms_per_day FROM dbadvisor.rule_normalization_aggregate_recomputed a WHERE a.object_name = 'kept.sale' AND a.apply_sql IS NOT NULL;
SELECT bool_or((a.detail || a.title || a.evidence::text) ~ 'c7') AS shows_value FROM dbadvisor.rule_normalization_aggregate_recomputed a;

-- the view is made: gone; it gives what the statement gave, and is refreshed beside readers
SELECT a.apply_sql AS apply, a.revert_sql AS revert, split_part(a.revert_sql, ' ', 4) AS made
  FROM dbadvisor.rule_normalization_aggregate_recomputed a WHERE a.object_name = 'kept.sale' AND a.apply_sql IS NOT NULL \gset
:apply;
SELECT (SELECT max FROM :made) = (SELECT max(amount) FROM kept.sale) AS same;
REFRESH MATERIALIZED VIEW CONCURRENTLY :made;
SELECT object, is_printed FROM said ORDER BY object, is_printed;
:revert;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- silent: other results each time, parameters that choose, policies, few calls, a small saving
\o /dev/null
SELECT given('SELECT sum(amount * random()) FROM kept.sale');
SELECT given('SELECT count(*) FROM kept.recent');
SELECT given('SELECT count(*) FROM kept.sale WHERE code = $1');
SELECT given('SELECT count(*) FROM kept.secret');
SELECT given('SELECT count(*) FROM kept.sale', 99);
SELECT given('SELECT count(code) FROM kept.sale', 2000, 29);
SELECT given('SELECT min(id) FROM kept.sale');
SELECT given('SELECT sum(relpages) FROM pg_class');
\o
SELECT object, title FROM said;
-- nearly: a little more time
SELECT given('SELECT count(code) FROM kept.sale', 2000, 31);
SELECT object, saved FROM said;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- writes: 1000 of 10000 calls are a tenth, 1001 are too many
\o /dev/null
SELECT given('SELECT sum(amount) FROM kept.other');
\o
UPDATE other SET amount = 1 WHERE id <= 1000;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT object, refreshes, "from", saved FROM said;
UPDATE other SET amount = 1 WHERE id = 1;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT object FROM said;

-- history: the same writes, and many more, in one window of each day; then in every window
CREATE FUNCTION make_history(every interval, written float8) RETURNS void
LANGUAGE sql AS $$
	DELETE FROM dbadvisor.history_snapshot;
	DELETE FROM dbadvisor.history_relation;
	DELETE FROM dbadvisor.history_relation_total;
	INSERT INTO dbadvisor.history_snapshot
	SELECT 0, t, t - interval '1 hour', 3600, 0, 0, 1, '{}' FROM generate_series(now() - interval '47 hours', now(), interval '1 hour') t;
	INSERT INTO dbadvisor.history_relation
	SELECT 0, t, t - interval '1 hour', 'kept.other'::regclass, false, false, 0, 0, 0, 0, written, 0, 0, 0, 0, 0, 0, 0
	  FROM generate_series(now() - interval '47 hours', now(), every) t;
	INSERT INTO dbadvisor.history_relation_total
	SELECT 0, h.relid, sum(h.inserts), 0, 0, 0 FROM dbadvisor.history_relation h GROUP BY h.relid;
$$;
SELECT make_history('1 day', 50000);
SELECT object, refreshes, "from", saved, is_printed FROM said;
SELECT a.evidence ->> 'rows_written_per_day' AS rows, a.evidence ->> 'windows' AS windows, a.evidence ->> 'written_windows' AS written
  FROM dbadvisor.rule_normalization_aggregate_recomputed a WHERE a.object_type <> 'rule';
SELECT make_history('1 hour', 100);
SELECT object FROM said;
SELECT make_history('1 hour', 10);
SELECT object, refreshes, saved FROM said;
DELETE FROM dbadvisor.history_snapshot;
DELETE FROM dbadvisor.history_relation;
DELETE FROM dbadvisor.history_relation_total;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- counted statements: groups; nearly as many groups as rows; a value that chooses no rows
SELECT dbadvisor.set_rule('normalization.aggregate_recomputed', severity => 'low',
						  thresholds => '{"min_share": 0, "min_mean_ms": 0, "min_calls_per_day": 3, "min_saved_ms_per_day": 0, "max_refresh_share": 1}');
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT forget_writes();
\o /dev/null
SELECT 'SELECT region, count(*), count(amount) FROM kept.sale GROUP BY region' FROM generate_series(1, 5) \gexec
SELECT 'SELECT id, code, count(*) FROM kept.sale GROUP BY id, code' FROM generate_series(1, 5) \gexec
SELECT 'SELECT sum(amount * 2) FROM kept.sale' FROM generate_series(1, 5) \gexec
\o
SELECT object, refreshes, is_printed, confidence FROM said WHERE object = 'kept.sale' ORDER BY is_printed;
SELECT regexp_replace(a.apply_sql, 'kept_[0-9a-f]+', 'kept_N', 'g') AS apply_sql, cardinality(a.queryids) AS statements
  FROM dbadvisor.rule_normalization_aggregate_recomputed a WHERE a.object_name = 'kept.sale' AND a.apply_sql IS NOT NULL;

-- nothing of it stays
DELETE FROM dbadvisor.rule_setting;
DROP SCHEMA kept CASCADE;
