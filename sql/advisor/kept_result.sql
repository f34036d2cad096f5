-- What keeping a result or a copy costs: how often its tables are written, and what
-- reading it takes.

-- History says it where it has a day, else the counters, which count as if they
-- covered a day at least.  A standby has no counters of writes.
CREATE OR REPLACE FUNCTION dbadvisor.tables_written(
	relations oid[],
	within interval,
	OUT rows_per_day double precision,
	OUT windows bigint,
	OUT written_windows bigint,
	OUT windows_per_day double precision,
	OUT since timestamptz,
	OUT source text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH part AS MATERIALIZED (
		SELECT COALESCE(l.relid::oid, r.oid) AS relid,
			   c.relkind IN ('r', 'p') AND NOT (c.relkind = 'r' AND c.relhassubclass)
			   AND r.oid IN (SELECT u.relid FROM dbadvisor.user_table u) AS is_counted
		  FROM pg_catalog.unnest(tables_written.relations) r (oid)
		  JOIN pg_catalog.pg_class c ON c.oid = r.oid
		  LEFT JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) l ON l.isleaf
		 WHERE c.relkind <> 'v'
	), history AS MATERIALIZED (
		SELECT w.seconds,
			   w.since
		  FROM dbadvisor.history_window(tables_written.within, false) w
		 WHERE w.seconds >= 86400
	), watched AS (
		SELECT pg_catalog.count(*) AS all,
			   pg_catalog.sum(s.seconds) AS seconds,
			   pg_catalog.count(*) FILTER (
				   WHERE EXISTS (SELECT
								   FROM part p
								   JOIN dbadvisor.history_relation h
									 ON h.relid = p.relid
									AND h.slot = s.slot
									AND h.taken_at = s.taken_at
								  WHERE h.inserts + h.updates + h.deletes > 0)) AS written
		  FROM dbadvisor.history_snapshot s
		 WHERE s.since >= pg_catalog.clock_timestamp() - tables_written.within
	), counted AS (
		SELECT pg_catalog.sum(r.inserts_per_day + r.updates_per_day + r.deletes_per_day) AS rows_per_day,
			   h.since,
			   'history' AS source
		  FROM history h
		  LEFT JOIN dbadvisor.relation_rates(tables_written.within) r ON r.relid IN (SELECT p.relid FROM part p)
		 GROUP BY h.since
		 UNION ALL
		SELECT pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(p.relid)
							  + pg_catalog.pg_stat_get_tuples_updated(p.relid)
							  + pg_catalog.pg_stat_get_tuples_deleted(p.relid))
			   / GREATEST(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - u.since)::double precision / 86400, 1),
			   u.since,
			   'counters'
		  FROM part p
		 CROSS JOIN dbadvisor.usage_since() u (since)
		 WHERE NOT EXISTS (SELECT FROM history)
		   AND NOT pg_catalog.pg_is_in_recovery()
		 GROUP BY u.since
	)
	SELECT COALESCE(c.rows_per_day, 0),
		   w.all,
		   w.written,
		   w.written / NULLIF(w.seconds, 0) * 86400,
		   c.since,
		   c.source
	  FROM counted c
	 CROSS JOIN watched w
	 WHERE (SELECT pg_catalog.bool_and(p.is_counted) FROM part p);
$$;
COMMENT ON FUNCTION dbadvisor.tables_written(oid[], interval) IS
'Rows written per day to all of these tables, with all their partitions, and in how many windows of history (windows_per_day: of a watched day) any of them was written; since when, and what says so: history or counters. Null where one of them is no table of the users whose writes are counted, or on a standby without history; views are left out, as what they read is among the tables of a statement';

-- Like counters of writes, those of calls cover a day at least.
CREATE OR REPLACE FUNCTION dbadvisor.calls_per_day(weight jsonb)
RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE((weight ->> 'ms_per_day')::double precision / NULLIF((weight ->> 'mean_ms')::double precision, 0)
					* LEAST((weight ->> 'window_days')::double precision, 1),
					(weight ->> 'calls')::double precision);
$$;
COMMENT ON FUNCTION dbadvisor.calls_per_day(jsonb) IS
'Calls of a statement per day, by its weight as dbadvisor.weighed_statements() shows it; those of one given by hand are taken for those of a day';

CREATE OR REPLACE FUNCTION dbadvisor.tables_written_note(rule text)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM dbadvisor.history_window(statements => false) h
	 CROSS JOIN LATERAL (
			SELECT pg_catalog.pg_is_in_recovery() AND COALESCE(h.seconds, 0) < 86400) u (is_unknown)
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   tables_written_note.rule,
			   CASE WHEN u.is_unknown THEN 'degraded' ELSE 'ok' END,
			   CASE WHEN u.is_unknown THEN 'how often tables are written is not known on a standby before history has a day' END) n;
$$;
COMMENT ON FUNCTION dbadvisor.tables_written_note(text) IS
'What a rule that asks how often tables are written has to say of its own run';

-- As cost_seqscan() has it, with the header of a row and its line pointer.
CREATE OR REPLACE FUNCTION dbadvisor.rows_read_cost(rows double precision, width double precision)
RETURNS double precision
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.ceil(GREATEST(rows, 1) * (width + 28) / pg_catalog.current_setting('block_size')::double precision)
		   * pg_catalog.current_setting('seq_page_cost')::double precision
		   + GREATEST(rows, 1) * pg_catalog.current_setting('cpu_tuple_cost')::double precision;
$$;
COMMENT ON FUNCTION dbadvisor.rows_read_cost(double precision, double precision) IS
'Planner cost of reading a table of so many rows, of so many bytes each, from end to end';

-- PostgreSQL 15 names the table of each column in a view and not in a statement, so names
-- are compared without what qualifies them, and tables by what the view depends on.
CREATE OR REPLACE FUNCTION dbadvisor.has_materialized_view(query text, relations oid[])
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (SELECT
					 FROM pg_catalog.pg_class m
					 JOIN pg_catalog.pg_rewrite r ON r.ev_class = m.oid
					 JOIN pg_catalog.pg_depend d
					   ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
					  AND d.objid = r.oid
					  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
					  AND d.refobjid = ANY (has_materialized_view.relations)
					WHERE m.relkind = 'm'
					  AND pg_catalog.regexp_replace(pg_catalog.rtrim(pg_catalog.pg_get_viewdef(m.oid), ';'), q.qualifier, '', 'g')
						  = pg_catalog.regexp_replace(has_materialized_view.query, q.qualifier, '', 'g'))
	  FROM (VALUES ('("([^"]|"")+"|[a-z_][a-z0-9_$]*)[.]')) q (qualifier);
$$;
COMMENT ON FUNCTION dbadvisor.has_materialized_view(text, oid[]) IS
'Whether a materialized view over one of these tables is defined by this query, as workload_features() writes it';

-- As if no update were HOT, and each row were on a page of its own.  Of a partitioned table
-- one partition speaks for all.
CREATE OR REPLACE FUNCTION dbadvisor.row_update_cost(relid oid)
RETURNS double precision
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT 2 * pg_catalog.current_setting('random_page_cost')::double precision
		   + COALESCE((SELECT pg_catalog.sum(e.cost)
						 FROM pg_catalog.pg_index i
						CROSS JOIN LATERAL dbadvisor.index_entry_cost(i.indexrelid) e
						WHERE i.indrelid = COALESCE((SELECT pg_catalog.min(l.relid::oid)
													   FROM pg_catalog.pg_partition_tree(row_update_cost.relid) l
													  WHERE l.isleaf),
													row_update_cost.relid)
						  AND i.indisvalid), 0);
$$;
COMMENT ON FUNCTION dbadvisor.row_update_cost(oid) IS
'Planner cost units of changing one row of a table at most: its old and its new page, and an entry in each index';

REVOKE ALL ON FUNCTION dbadvisor.tables_written(oid[], interval),
	dbadvisor.calls_per_day(jsonb),
	dbadvisor.row_update_cost(oid),
	dbadvisor.tables_written_note(text),
	dbadvisor.rows_read_cost(double precision, double precision),
	dbadvisor.has_materialized_view(text, oid[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.tables_written(oid[], interval),
	dbadvisor.calls_per_day(jsonb),
	dbadvisor.row_update_cost(oid),
	dbadvisor.tables_written_note(text),
	dbadvisor.rows_read_cost(double precision, double precision),
	dbadvisor.has_materialized_view(text, oid[])
	TO dbadvisor_reader;
