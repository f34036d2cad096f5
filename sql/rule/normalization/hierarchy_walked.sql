-- normalization.hierarchy_walked: a tree that is walked row by row again and again
--
-- Fires for a table with a parent in the same table, by foreign key or name, that
-- recorded recursive statements join to themselves: where children cannot be found by
-- an index, and where they can but the walks take min_walk_ms each, come
-- min_calls_per_day times, and at most max_write_share as many rows are written.
-- Wrong where the walk is short and something else in the statement takes the time.
SELECT dbadvisor.register_rule(
	rule => 'normalization.hierarchy_walked',
	title => 'Recursive statements walk a tree level by level',
	why => 'Each level is a join of its own: without an index it reads the whole table, and with one each call finds again what seldom changes.',
	severity => 'low',
	thresholds => '{"min_share": 0.01, "min_mean_ms": 1, "min_rows": 1000, "min_walk_ms": 5, "min_calls_per_day": 100, "max_write_share": 0.1, "window_hours": 168}',
	doc => 'min_mean_ms is what a statement must take to be looked at, min_walk_ms from when on an indexed walk is worth replacing. A path of type ltree answers ancestors and descendants by one index, and moving a branch updates all rows below it; a closure table has a row for each pair of ancestor and descendant, which pays while trees are flat. Both are kept by a trigger on the table. An index is left to index.missing where it recommends one. Wrong where most of the time is not that of the walk.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_normalization_hierarchy_walked
WITH (security_invoker = true) AS
WITH recursion AS MATERIALIZED (
	SELECT s.queryid,
		   s.query,
		   s.calls,
		   s.total_ms,
		   s.time_share,
		   s.since,
		   s.ms_per_day,
		   s.relations,
		   s.features,
		   dbadvisor.calls_per_day(s.weight) AS calls_per_day
	  FROM dbadvisor.weighed_statements('normalization.hierarchy_walked') s
	 WHERE (s.features ->> 'recursive')::boolean
), tree AS MATERIALIZED (
	SELECT t.relid,
		   t.schema_name,
		   t.table_name,
		   t.full_name,
		   t.relkind,
		   t.rows,
		   t.bytes,
		   p.attname AS parent_name,
		   p.attnum AS parent,
		   k.attname AS key_name,
		   k.attnum AS key
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_index i
		ON i.indrelid = t.relid
	   AND i.indisunique
	   AND i.indisvalid
	   AND i.indpred IS NULL
	   AND i.indnkeyatts = 1
	  JOIN pg_catalog.pg_attribute k
		ON k.attrelid = t.relid
	   AND k.attnum = i.indkey[0]
	  JOIN pg_catalog.pg_attribute p
		ON p.attrelid = t.relid
	   AND p.attnum > 0
	   AND p.attnum <> k.attnum
	   AND NOT p.attisdropped
	   AND p.atttypid = k.atttypid
	 WHERE t.relid IN (SELECT pg_catalog.unnest(r.relations) FROM recursion r)
	   AND t.relkind IN ('r', 'p')
	   AND NOT t.is_partition
	   AND t.rows >= (SELECT dbadvisor.threshold('normalization.hierarchy_walked', 'min_rows'))
	   AND (EXISTS (SELECT
					  FROM pg_catalog.pg_constraint f
					 WHERE f.conrelid = t.relid
					   AND f.confrelid = t.relid
					   AND f.contype = 'f'
					   AND f.conkey = ARRAY[p.attnum]
					   AND f.confkey = ARRAY[k.attnum])
			OR i.indisprimary
			   AND dbadvisor.reference_name_score(t.table_name::text, p.attname::text, t.table_name::text, k.attname::text) > 0)
), walk AS (
	SELECT t.relid,
		   t.parent,
		   pg_catalog.bool_or(c.goes_down) AS goes_down,
		   pg_catalog.array_agg(DISTINCT r.queryid ORDER BY r.queryid) FILTER (WHERE r.queryid IS NOT NULL) AS queryids,
		   pg_catalog.count(*) AS statements,
		   pg_catalog.sum(r.calls_per_day) AS calls_per_day,
		   pg_catalog.sum(r.total_ms) / NULLIF(pg_catalog.sum(r.calls), 0) AS mean_ms,
		   pg_catalog.sum(r.time_share) AS time_share,
		   pg_catalog.sum(r.ms_per_day) AS ms_per_day,
		   pg_catalog.max(r.since) AS since
	  FROM recursion r
	  JOIN tree t ON t.relid = ANY (r.relations)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.bool_or((x.value ->> 'attnum')::smallint = t.parent)
		  FROM pg_catalog.jsonb_array_elements(r.features -> 'comparisons') x
		 WHERE (x.value ->> 'relid')::oid = t.relid
		   AND (x.value ->> 'attnum')::smallint IN (t.parent, t.key)
		   AND x.value ->> 'compared_with' = 'column'
		HAVING pg_catalog.count(*) > 0) c (goes_down)
	 GROUP BY t.relid, t.parent
), judged AS (
	SELECT t.*,
		   w.goes_down,
		   w.queryids,
		   w.statements,
		   w.calls_per_day,
		   w.mean_ms,
		   w.time_share,
		   w.ms_per_day,
		   w.since,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_index i
					WHERE i.indrelid = t.relid
					  AND i.indisvalid
					  AND (i.indpred IS NULL OR pg_catalog.pg_get_expr(i.indpred, i.indrelid) = pg_catalog.format('(%I IS NOT NULL)', t.parent_name))
					  AND i.indkey[0] = t.parent) AS is_indexed,
		   o.rows_per_day,
		   o.source,
		   dbadvisor.index_wanted(t.relid, ARRAY[t.parent]) AS index_wanted,
		   pg_catalog.quote_ident(pg_catalog.left(t.table_name::text, 30) || '_' || pg_catalog.left(t.parent_name::text, 25) || '_idx') AS index_name,
		   EXISTS (SELECT FROM pg_catalog.pg_available_extensions e WHERE e.name = 'ltree') AS has_ltree
	  FROM walk w
	  JOIN tree t USING (relid, parent)
	 CROSS JOIN LATERAL dbadvisor.tables_written(
			   ARRAY[t.relid],
			   pg_catalog.make_interval(hours => dbadvisor.threshold('normalization.hierarchy_walked', 'window_hours')::integer)) o
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL (SELECT j.goes_down AND NOT j.is_indexed) m (needs_index)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'normalization.hierarchy_walked',
		   relid => j.relid,
		   attnum => j.parent,
		   severity => dbadvisor.severity_at_share((SELECT r.severity FROM dbadvisor.rule r WHERE r.rule = 'normalization.hierarchy_walked'), j.time_share),
		   title => CASE
					WHEN m.needs_index THEN pg_catalog.format('Create an index on %s (%I) for the walk down the tree', j.full_name, j.parent_name)
					ELSE pg_catalog.format('Keep the ancestors of each row of %s instead of walking its tree', j.full_name)
					END,
		   detail => pg_catalog.format(
						 '%s walk from row to row by %I, %s times a day, %s ms each%s. %s',
						 CASE j.statements WHEN 1 THEN 'A recursive statement' ELSE pg_catalog.format('%s recursive statements', j.statements) END,
						 j.parent_name,
						 pg_catalog.round(j.calls_per_day),
						 pg_catalog.round(j.mean_ms::numeric, 1),
						 pg_catalog.format(', while %s rows a day are written to it (%s)', pg_catalog.round(j.rows_per_day::numeric, 1), j.source),
						 CASE
						 WHEN m.needs_index THEN 'No index finds the children, so each level reads the whole table.'
						 WHEN j.has_ltree THEN 'A path of type ltree with a GiST index, kept by a trigger, answers it without the walk; where rows have several parents or branches move often, a table of pairs of ancestor and descendant does.'
						 ELSE 'A table of pairs of ancestor and descendant, kept by a trigger, answers it without the walk.'
						 END),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'parent_column', j.parent_name,
						   'key_column', j.key_name,
						   'direction', CASE WHEN j.goes_down THEN 'down' ELSE 'up' END,
						   'is_indexed', j.is_indexed,
						   'index_wanted', CASE WHEN m.needs_index THEN j.index_wanted END,
						   'statements', j.statements,
						   'calls_per_day', j.calls_per_day,
						   'mean_ms', j.mean_ms,
						   'time_share', j.time_share,
						   'ms_per_day', j.ms_per_day,
						   'rows_written_per_day', j.rows_per_day,
						   'written_from', j.source,
						   'table_rows', j.rows,
						   'confidence_reason', 'the trees of recorded statements; how much of their time the walk takes is not known')),
		   queryids => j.queryids,
		   confidence => CASE WHEN m.needs_index THEN 0.7 ELSE 0.4 END,
		   proof => 'counters',
		   evidence_since => j.since,
		   apply_sql => CASE WHEN m.needs_index AND j.relkind = 'r' THEN pg_catalog.format('CREATE INDEX CONCURRENTLY %s ON %s (%I)', j.index_name, j.full_name, j.parent_name) END,
		   revert_sql => CASE WHEN m.needs_index AND j.relkind = 'r' THEN pg_catalog.format('DROP INDEX CONCURRENTLY IF EXISTS %I.%s', j.schema_name, j.index_name) END,
		   impact => CASE
					 WHEN m.needs_index THEN dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', j.rows * 16, j.bytes, 1)
					 ELSE 'Each row written then writes its path or pairs, too; moving a branch writes those of all rows below it.'
					 END) a
 WHERE m.needs_index
	OR (j.mean_ms >= dbadvisor.threshold('normalization.hierarchy_walked', 'min_walk_ms', j.full_name)
		AND j.calls_per_day >= dbadvisor.threshold('normalization.hierarchy_walked', 'min_calls_per_day', j.full_name)
		AND j.rows_per_day <= dbadvisor.threshold('normalization.hierarchy_walked', 'max_write_share', j.full_name)::double precision * j.calls_per_day);
COMMENT ON VIEW dbadvisor.rule_normalization_hierarchy_walked IS
'Rule normalization.hierarchy_walked: tables whose tree recorded recursive statements walk level by level';

GRANT SELECT ON dbadvisor.rule_normalization_hierarchy_walked TO dbadvisor_reader;
