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
  FROM unnest(ARRAY['normalization.aggregate_recomputed', 'normalization.join_repeated']) r;

DELETE FROM dbadvisor.history_snapshot;

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

-- joins that are there for values alone: which can go, and whether it is cheaper then
CREATE TABLE region (id int PRIMARY KEY, name text NOT NULL, note text, boss int, code text NOT NULL UNIQUE);
INSERT INTO region SELECT g, 'region ' || g, repeat('note ', 40), g, 'c' || g FROM generate_series(0, 1999) g;
CREATE TABLE visit (id int PRIMARY KEY, region int NOT NULL REFERENCES region, region_or_none int REFERENCES region, unsure int NOT NULL, code text NOT NULL REFERENCES region (code), day date);
INSERT INTO visit SELECT g, g % 2000, NULLIF(g % 2000, 1), g % 2000, 'c' || g % 2000, '2026-01-01' FROM generate_series(1, 40000) g;
ALTER TABLE visit ADD FOREIGN KEY (unsure) REFERENCES region NOT VALID;
CREATE TABLE parent (id int, region int NOT NULL REFERENCES region);
CREATE TABLE child () INHERITS (parent);
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
VACUUM ANALYZE region, visit;
SELECT forget_writes();
CREATE TABLE asked (place serial, name text, query text);
INSERT INTO asked (name, query) VALUES
	('inner', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r ON r.id = v.region WHERE v.id BETWEEN 100 AND 200'),
	('in WHERE', 'SELECT v.id, r.name FROM kept.visit v, kept.region r WHERE r.id = v.region AND v.id BETWEEN $1 AND $2'),
	('other side', 'SELECT v.id, r.name FROM kept.region r JOIN kept.visit v ON r.id = v.region'),
	('by another key', 'SELECT v.id, r.name, r.code FROM kept.visit v JOIN kept.region r USING (code)'),
	('left', 'SELECT v.id, r.name FROM kept.visit v LEFT JOIN kept.region r ON r.id = v.region_or_none WHERE v.id < 100'),
	('groups', 'SELECT r.name, count(*) FROM kept.visit v JOIN kept.region r ON r.id = v.region GROUP BY r.name ORDER BY r.name'),
	('two columns of two', 'SELECT v.id, a.name, a.note, b.name FROM kept.visit v JOIN kept.region a ON a.id = v.region LEFT JOIN kept.region b ON b.id = v.region_or_none'),
	('inner, may be NULL', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r ON r.id = v.region_or_none'),
	('not valid', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r ON r.id = v.unsure'),
	('no foreign key', 'SELECT s.id, r.name FROM kept.sale s JOIN kept.region r ON r.id = s.region'),
	('chooses rows', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r ON r.id = v.region WHERE r.name = $1'),
	('chooses rows in ON', 'SELECT v.id, r.name FROM kept.visit v LEFT JOIN kept.region r ON r.id = v.region AND r.boss = 1'),
	('chooses groups', 'SELECT r.name, count(*) FROM kept.visit v JOIN kept.region r ON r.id = v.region GROUP BY r.name HAVING r.name > $1'),
	('joined on', 'SELECT v.id, b.name FROM kept.visit v JOIN kept.region r ON r.id = v.region LEFT JOIN kept.region b ON b.id = r.boss'),
	('null by outer join', 'SELECT s.id, r.name FROM kept.sale s LEFT JOIN kept.visit v ON v.id = s.id JOIN kept.region r ON r.id = v.region'),
	('three columns', 'SELECT v.id, r.name, r.note, r.boss FROM kept.visit v JOIN kept.region r ON r.id = v.region'),
	('whole row', 'SELECT v.id, r FROM kept.visit v JOIN kept.region r ON r.id = v.region'),
	('in a subquery', 'SELECT v.id, (SELECT max(s.id) FROM kept.sale s WHERE s.code = r.name), r.name FROM kept.visit v JOIN kept.region r ON r.id = v.region'),
	('no column', 'SELECT v.id FROM kept.visit v JOIN kept.region r ON r.id = v.region'),
	('inherited', 'SELECT v.id, r.name FROM kept.parent v JOIN kept.region r ON r.id = v.region'),
	('sampled', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r TABLESAMPLE SYSTEM (50) ON r.id = v.region'),
	('locks', 'SELECT v.id, r.name FROM kept.visit v JOIN kept.region r ON r.id = v.region FOR UPDATE OF r');
\o /dev/null
SELECT given(a.query) FROM asked a;
\o
SELECT a.name, c.relid::regclass AS "table", f.attname AS key, c.source::regclass, dbadvisor.column_list(c.source, c.columns) AS columns,
	   c.cost_after < c.cost_before AS cheaper
  FROM dbadvisor.what_if_copied_columns('{}') c
  JOIN asked a USING (query)
  JOIN pg_attribute f ON f.attrelid = c.relid AND f.attnum = c.key
 ORDER BY a.place, c.source, c.columns, key;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- the price is nearly that of the same statement on a table that has the copy: less by how it grows
CREATE TABLE copied AS SELECT v.*, r.name FROM visit v JOIN region r ON r.id = v.region;
VACUUM ANALYZE copied;
\o /dev/null
SELECT given('SELECT r.name, count(*) FROM kept.visit v JOIN kept.region r ON r.id = v.region GROUP BY r.name');
\o
SELECT c.cost_after BETWEEN 0.8 * w.cost_before AND w.cost_before AS is_near
  FROM dbadvisor.what_if_copied_columns('{}') c, dbadvisor.what_if('SELECT name, count(*) FROM kept.copied GROUP BY name') w;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- the rule: statements with the same join are one finding
SELECT pg_stat_statements_reset() IS NOT NULL AS reset;
SELECT dbadvisor.set_rule('normalization.join_repeated', severity => 'low', thresholds => '{"min_share": 0, "min_join_share": 0.1}');
CREATE VIEW told AS
SELECT a.object_name AS object, a.variant, a.severity, a.proof, a.title, a.evidence
  FROM dbadvisor.rule_normalization_join_repeated a
 WHERE a.object_type <> 'rule';
\o /dev/null
SELECT given(a.query, mean_ms => 2000) FROM asked a WHERE a.name IN ('inner', 'in WHERE', 'left', 'groups', 'chooses rows', 'three columns');
\o
SELECT object, variant, severity, proof, title FROM told ORDER BY variant;
SELECT variant, (evidence ->> 'calls_per_day')::numeric AS calls, evidence ->> 'table_rows' AS rows, evidence ->> 'source_rows' AS source_rows,
	   evidence ->> 'source_rows_written_per_day' AS written, (evidence ->> 'cost_after')::float8 <= 0.8 * (evidence ->> 'cost_before')::float8 AS cheaper,
	   evidence ->> 'saved_ms_per_day' = evidence ->> 'gained_ms_per_day' AS is_free
  FROM told ORDER BY variant;
SELECT regexp_replace(a.detail, '[0-9]+([.][0-9]+)?', 'N', 'g') AS detail, a.apply_sql FROM dbadvisor.rule_normalization_join_repeated a WHERE a.object_type <> 'rule' ORDER BY 1;

-- writes: 10 of 10000 calls are a thousandth, and cost what 20 rows each take; 11 are too many
UPDATE region SET note = 'other' WHERE id < 10;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT variant, evidence ->> 'source_rows_written_per_day' AS written, (evidence ->> 'saved_ms_per_day')::numeric < (evidence ->> 'gained_ms_per_day')::numeric AS costs
  FROM told WHERE variant ~ 'region_or_none';
UPDATE region SET note = 'other' WHERE id = 10;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
SELECT variant FROM told WHERE variant ~ 'region_or_none';
SELECT forget_writes();

-- silent: a part of the time that is too small, a wide column, a table that is not small, a small gain
SELECT dbadvisor.set_rule('normalization.join_repeated', severity => 'low', thresholds => '{"min_share": 0, "min_join_share": 1.1}');
SELECT variant FROM told;
SELECT dbadvisor.set_rule('normalization.join_repeated', severity => 'low', thresholds => '{"min_share": 0, "min_join_share": 0.1, "max_width": 5}');
SELECT variant FROM told;
SELECT dbadvisor.set_rule('normalization.join_repeated', severity => 'low', thresholds => '{"min_share": 0, "min_join_share": 0.1, "max_source_share": 0.0001}');
SELECT variant FROM told;
SELECT dbadvisor.set_rule('normalization.join_repeated', severity => 'low', thresholds => '{"min_share": 0, "min_join_share": 0.1, "min_gain": 0.9}');
SELECT variant FROM told;
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- nothing of it stays
DELETE FROM dbadvisor.rule_setting;
DROP SCHEMA kept CASCADE;
