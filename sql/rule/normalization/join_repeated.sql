-- normalization.join_repeated: a table is joined over and over for a column that hardly changes
--
-- Fires where statements that take a good part of the time join a small table for the
-- values of one or two narrow columns alone, along a foreign key that removes no row, and
-- the planner has them cheaper without the join by more than keeping copies would take:
-- each row written to the small table counts as a change of the columns in all rows that
-- refer to it, each row written to the large one as a look-up of the values, and the large
-- one takes longer to read by as much as it grows.
-- Silent where the small table is written often or chooses rows, and where the planner's
-- cost hardly falls: then an index or nothing at all is right.
SELECT dbadvisor.register_rule(
	rule => 'normalization.join_repeated',
	title => 'A table is joined over and over for a column that hardly changes',
	why => 'Each call looks up the same few values again for all rows that it returns.',
	severity => 'info',
	thresholds => '{"window_hours": 168, "min_share": 0.01, "min_mean_ms": 1, "min_join_share": 0.2, "min_gain": 0.2, "max_source_share": 0.1, "max_written_share": 0.001, "max_width": 32, "min_saved_ms_per_day": 60000}',
	doc => 'min_join_share is what the statements with the join take of the time of all, min_gain the part of their cost that is saved, max_source_share the rows of the small table against the large one, max_written_share rows written to it against the calls, max_width the bytes of a column. A copy is a redundancy: a trigger on the small table has to carry changes over, and one on the large table to fill in the value, so first see whether an index that includes the columns is enough. normalization.table_mixes_entities will find the copy: dbadvisor.suppress() keeps in mind that it is meant.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_join_repeated
WITH (security_invoker = true) AS
WITH threshold AS MATERIALIZED (
	SELECT dbadvisor.threshold(r.name, 'min_join_share')::double precision AS min_join_share,
		   dbadvisor.threshold(r.name, 'min_gain')::double precision AS min_gain,
		   dbadvisor.threshold(r.name, 'max_source_share')::double precision AS max_source_share,
		   dbadvisor.threshold(r.name, 'max_written_share')::double precision AS max_written_share,
		   dbadvisor.threshold(r.name, 'max_width') AS max_width,
		   dbadvisor.threshold(r.name, 'min_saved_ms_per_day')::double precision AS min_saved,
		   pg_catalog.make_interval(hours => dbadvisor.threshold(r.name, 'window_hours')::integer) AS within
	  FROM (VALUES ('normalization.join_repeated')) r (name)
), joining AS MATERIALIZED (
	SELECT s.*,
		   dbadvisor.calls_per_day(s.weight) AS calls_per_day
	  FROM dbadvisor.weighed_statements('normalization.join_repeated') s
	 WHERE s.features ->> 'command' = 'select'
	   AND (s.features ->> 'tables')::integer >= 2
), joined AS MATERIALIZED (
	SELECT c.relid,
		   c.key,
		   c.source,
		   c.columns,
		   pg_catalog.array_agg(j.queryid ORDER BY j.queryid) AS queryids,
		   pg_catalog.count(*) AS statements,
		   pg_catalog.sum(j.time_share) AS time_share,
		   pg_catalog.sum(j.calls_per_day) AS calls_per_day,
		   pg_catalog.sum(j.calls_per_day * j.mean_ms) AS ms_per_day,
		   pg_catalog.sum(j.calls_per_day * c.cost_before) AS cost_before,
		   pg_catalog.sum(j.calls_per_day * c.cost_after) AS cost_after,
		   pg_catalog.min(j.since) AS since,
		   pg_catalog.bool_and(j.ms_per_day IS NOT NULL) AS is_counted
	  FROM (SELECT COALESCE(pg_catalog.array_agg(j.queryid) FILTER (WHERE j.queryid IS NOT NULL), '{}') FROM joining j HAVING pg_catalog.count(*) > 0) w (queryids)
	 CROSS JOIN LATERAL dbadvisor.what_if_copied_columns(w.queryids) c
	  JOIN joining j
		ON j.query = c.query
	   AND j.queryid IS NOT DISTINCT FROM c.queryid
	 WHERE c.cost_before > 0
	 GROUP BY c.relid, c.key, c.source, c.columns
), kept AS (
	SELECT j.*,
		   g.cost_kept,
		   g.gained_ms_per_day,
		   t.full_name,
		   o.full_name AS source_name,
		   t.rows,
		   o.rows AS source_rows,
		   f.width,
		   w.rows_per_day AS source_written,
		   w.source AS written_from,
		   g.gained_ms_per_day
		   - j.ms_per_day / j.cost_before
			 * (w.rows_per_day * t.rows / GREATEST(o.rows, 1) * dbadvisor.row_update_cost(j.relid)
				+ x.rows_per_day * pg_catalog.current_setting('random_page_cost')::double precision) AS saved_ms_per_day
	  FROM joined j
	 CROSS JOIN threshold l
	  JOIN dbadvisor.user_table t ON t.relid = j.relid
	  JOIN dbadvisor.user_table o ON o.relid = j.source
	 CROSS JOIN LATERAL (
			SELECT pg_catalog.max(s.avg_width) AS widest,
				   pg_catalog.sum(s.avg_width) AS width,
				   pg_catalog.count(*) AS columns
			  FROM dbadvisor.user_column_statistics s
			 WHERE s.relid = j.source
			   AND s.attnum = ANY (j.columns)) f
	 -- the table grows by the copies, and scans of it with it
	 CROSS JOIN LATERAL (
			SELECT e.cost,
				   j.ms_per_day * (1 - e.cost / j.cost_before)
			  FROM (SELECT j.cost_after * (1 + t.rows * f.width / GREATEST(t.bytes, 1))) e (cost)) g (cost_kept, gained_ms_per_day)
	 CROSS JOIN LATERAL dbadvisor.tables_written(ARRAY[j.source], l.within) w
	 CROSS JOIN LATERAL dbadvisor.tables_written(ARRAY[j.relid], l.within) x
	 WHERE j.time_share >= l.min_join_share
	   AND g.cost_kept <= j.cost_before * (1 - l.min_gain)
	   AND o.rows <= t.rows * l.max_source_share
	   AND w.rows_per_day <= j.calls_per_day * l.max_written_share
	   AND f.columns = pg_catalog.cardinality(j.columns)
	   AND f.widest <= l.max_width
)
SELECT a.*
  FROM kept k
 CROSS JOIN threshold l
 CROSS JOIN LATERAL (
		SELECT dbadvisor.column_list(k.source, k.columns),
			   dbadvisor.column_list(k.relid, ARRAY[k.key])) c (columns, key)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.join_repeated',
		   relid => k.relid,
		   variant => pg_catalog.concat_ws(' ', k.source_name, c.columns, c.key),
		   title => pg_catalog.format('Look whether %s is to have a copy of %s of %s', k.full_name, c.columns, k.source_name),
		   detail => pg_catalog.format(
						 '%s that join %s along %s for nothing else take %s %% of the time of all recorded statements; the planner expects %s %% less cost without the join. What is joined has %s rows, and %s a day are written to it (%s).',
						 CASE WHEN k.statements = 1 THEN 'Calls of one statement' ELSE pg_catalog.format('%s statements', k.statements) END,
						 k.source_name,
						 c.key,
						 pg_catalog.round((k.time_share * 100)::numeric, 1),
						 pg_catalog.round((100 - 100 * k.cost_kept / k.cost_before)::numeric, 1),
						 k.source_rows,
						 pg_catalog.round(k.source_written::numeric, 1),
						 k.written_from),
		   evidence => pg_catalog.jsonb_build_object(
						   'key', c.key,
						   'source', k.source_name,
						   'columns', c.columns,
						   'time_share', k.time_share,
						   'calls_per_day', k.calls_per_day,
						   'ms_per_day', k.ms_per_day,
						   'cost_before', k.cost_before / k.calls_per_day,
						   'cost_after', k.cost_kept / k.calls_per_day,
						   'table_rows', k.rows,
						   'source_rows', k.source_rows,
						   'source_rows_written_per_day', k.source_written,
						   'written_from', k.written_from,
						   'gained_ms_per_day', k.gained_ms_per_day,
						   'saved_ms_per_day', k.saved_ms_per_day,
						   'confidence_reason', 'the planner priced the statements without the join; what triggers take is reckoned from pages and index entries'
												|| CASE WHEN k.is_counted THEN '' ELSE ', and the calls of a statement given by hand are taken for those of a day' END),
		   queryids => pg_catalog.array_remove(k.queryids, NULL),
		   benefit_ms_per_day => CASE WHEN k.is_counted THEN k.saved_ms_per_day END,
		   cost_bytes => (k.rows * k.width)::bigint,
		   confidence => CASE WHEN k.is_counted THEN 0.5 ELSE 0.4 END,
		   proof => 'planner',
		   evidence_since => k.since,
		   impact => 'Adding a column without a default is short; filling it writes every row once, in batches. From then on triggers carry changes over, and the application reads the copy.') a
 WHERE k.saved_ms_per_day >= l.min_saved
 UNION ALL
SELECT n.*
  FROM dbadvisor.tables_written_note('normalization.join_repeated') n;
COMMENT ON VIEW dbadvisor.rule_normalization_join_repeated IS
'Rule normalization.join_repeated: joins for columns that hardly change, where the planner has them cheaper without';

GRANT SELECT ON dbadvisor.rule_normalization_join_repeated TO dbadvisor_reader;
