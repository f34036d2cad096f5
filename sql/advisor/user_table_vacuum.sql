-- What autovacuum has to do with each table, by its own formula: the settings
-- of the server, those of the table, and the counters.

-- One row per table with storage; a partition is a table.
CREATE OR REPLACE VIEW dbadvisor.table_vacuum WITH (security_invoker = true) AS
SELECT t.relid,
	   t.root,
	   t.full_name,
	   t.owner,
	   c.relkind,
	   c.relpages * pg_catalog.current_setting('block_size')::bigint AS bytes,
	   GREATEST(c.reltuples, 0)::double precision AS rows,
	   c.relallvisible::double precision / NULLIF(c.relpages, 0) AS visible_share,
	   o.options,
	   COALESCE((o.options ->> 'autovacuum_enabled')::boolean, true) AS is_enabled,
	   LEAST(f.vacuum_base + f.vacuum_scale * GREATEST(c.reltuples, 0), f.vacuum_max) AS vacuum_at,
	   CASE
	   WHEN f.insert_base >= 0
	   THEN f.insert_base + f.insert_scale * GREATEST(c.reltuples, 0)
	   END AS insert_at,
	   f.analyze_base + f.analyze_scale * GREATEST(c.reltuples, 0) AS analyze_at,
	   f.vacuum_scale,
	   pg_catalog.pg_stat_get_dead_tuples(c.oid) AS dead_rows,
	   pg_catalog.pg_stat_get_live_tuples(c.oid) AS live_rows,
	   pg_catalog.pg_stat_get_ins_since_vacuum(c.oid) AS rows_inserted_since_vacuum,
	   pg_catalog.pg_stat_get_mod_since_analyze(c.oid) AS rows_changed_since_analyze,
	   GREATEST(pg_catalog.pg_stat_get_last_vacuum_time(c.oid),
				pg_catalog.pg_stat_get_last_autovacuum_time(c.oid)) AS vacuumed_at,
	   GREATEST(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
				pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid)) AS analyzed_at,
	   pg_catalog.pg_stat_get_tuples_inserted(c.oid) AS rows_inserted,
	   pg_catalog.pg_stat_get_tuples_updated(c.oid) AS rows_updated,
	   pg_catalog.pg_stat_get_tuples_hot_updated(c.oid) AS rows_updated_hot,
	   pg_catalog.pg_stat_get_tuples_deleted(c.oid) AS rows_deleted,
	   pg_catalog.age(c.relfrozenxid) AS xid_age,
	   pg_catalog.mxid_age(c.relminmxid) AS mxid_age
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_class c ON c.oid = t.relid
 CROSS JOIN LATERAL (
	SELECT COALESCE(pg_catalog.jsonb_object_agg(x.option_name, x.option_value), '{}')
	  FROM pg_catalog.pg_options_to_table(c.reloptions) x) o (options)
 CROSS JOIN LATERAL (
	SELECT COALESCE(o.options ->> 'autovacuum_vacuum_threshold', pg_catalog.current_setting('autovacuum_vacuum_threshold'))::double precision,
		   COALESCE(o.options ->> 'autovacuum_vacuum_scale_factor', pg_catalog.current_setting('autovacuum_vacuum_scale_factor'))::double precision,
		   NULLIF(COALESCE(o.options ->> 'autovacuum_vacuum_max_threshold',
						   pg_catalog.current_setting('autovacuum_vacuum_max_threshold', true)), '-1')::double precision,
		   COALESCE(o.options ->> 'autovacuum_vacuum_insert_threshold', pg_catalog.current_setting('autovacuum_vacuum_insert_threshold'))::double precision,
		   COALESCE(o.options ->> 'autovacuum_vacuum_insert_scale_factor', pg_catalog.current_setting('autovacuum_vacuum_insert_scale_factor'))::double precision,
		   COALESCE(o.options ->> 'autovacuum_analyze_threshold', pg_catalog.current_setting('autovacuum_analyze_threshold'))::double precision,
		   COALESCE(o.options ->> 'autovacuum_analyze_scale_factor', pg_catalog.current_setting('autovacuum_analyze_scale_factor'))::double precision
	) f (vacuum_base, vacuum_scale, vacuum_max, insert_base, insert_scale, analyze_base, analyze_scale)
 WHERE t.relkind IN ('r', 'm');
COMMENT ON VIEW dbadvisor.table_vacuum IS
'Tables with storage: when autovacuum would come for dead, inserted and changed rows (vacuum_at, insert_at, analyze_at, in rows; null for never), and what has come together since';

-- Transaction ids used per day, by the transactions of earlier analyses.  A
-- restored run tells nothing: its row is of another transaction than it says.
CREATE OR REPLACE FUNCTION dbadvisor.xid_rate(
	OUT xids_per_day double precision,
	OUT since timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT (pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric - r.xact::text::numeric)
		   / NULLIF(EXTRACT(epoch FROM pg_catalog.clock_timestamp() - r.started_at), 0) * 86400,
		   r.started_at
	  FROM dbadvisor.run r
	 WHERE r.xact::xid = r.xmin
	   AND r.started_at <= pg_catalog.clock_timestamp() - interval '1 day'
	 ORDER BY r.started_at
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.xid_rate() IS
'Transaction ids used per day since the first analysis that is a day old; null without one';

GRANT SELECT ON dbadvisor.table_vacuum TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.xid_rate() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.xid_rate() TO dbadvisor_reader;
