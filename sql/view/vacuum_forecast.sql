-- When autovacuum will have to come to each table, and in which order.

-- Rates are those of history over the last week; forced freezing goes by the
-- transaction ids used since earlier analyses.
CREATE OR REPLACE VIEW dbadvisor.vacuum_forecast WITH (security_invoker = true) AS
WITH watched AS MATERIALIZED (
	SELECT w.since,
		   w.seconds
	  FROM dbadvisor.history_window(interval '7 days') w
), died AS (
	SELECT h.relid,
		   pg_catalog.sum(h.updates + h.deletes) / w.seconds * 86400 AS per_day,
		   pg_catalog.sum(h.inserts) / w.seconds * 86400 AS inserted_per_day
	  FROM watched w
	  JOIN dbadvisor.history_relation h ON h.since >= w.since AND NOT h.is_index
	 GROUP BY h.relid, w.seconds
), reckoned AS (
	SELECT v.relid,
		   v.full_name AS relation,
		   v.bytes AS size_bytes,
		   v.is_enabled AS autovacuum_enabled,
		   v.dead_rows,
		   v.vacuum_at AS dead_rows_limit,
		   d.per_day AS dead_rows_per_day,
		   CASE
		   WHEN v.dead_rows > v.vacuum_at OR v.rows_inserted_since_vacuum > v.insert_at THEN 0
		   ELSE LEAST((v.vacuum_at - v.dead_rows) / NULLIF(d.per_day, 0),
					  (v.insert_at - v.rows_inserted_since_vacuum) / NULLIF(d.inserted_per_day, 0))
		   END AS due_in_days,
		   GREATEST(COALESCE((v.options ->> 'autovacuum_freeze_max_age')::integer,
							 pg_catalog.current_setting('autovacuum_freeze_max_age')::integer) - v.xid_age, 0)
		   / NULLIF(x.xids_per_day, 0) AS forced_in_days
	  FROM dbadvisor.table_vacuum v
	 CROSS JOIN dbadvisor.xid_rate() x
	  LEFT JOIN died d ON d.relid = v.relid
)
SELECT r.relid,
	   r.relation,
	   r.size_bytes,
	   r.autovacuum_enabled,
	   r.dead_rows,
	   r.dead_rows_limit,
	   r.dead_rows_per_day,
	   CASE
	   WHEN r.due_in_days <= 36500
	   THEN pg_catalog.now() + pg_catalog.make_interval(secs => r.due_in_days * 86400)
	   END AS due_at,
	   CASE
	   WHEN r.forced_in_days <= 36500
	   THEN pg_catalog.now() + pg_catalog.make_interval(secs => r.forced_in_days * 86400)
	   END AS forced_freeze_at,
	   pg_catalog.row_number() OVER (ORDER BY LEAST(r.due_in_days, r.forced_in_days) NULLS LAST, r.dead_rows DESC, r.relation) AS place
  FROM reckoned r
 ORDER BY place;
COMMENT ON VIEW dbadvisor.vacuum_forecast IS
'When autovacuum will have to come to each table, by its own limits and the rates of the last week, and in which order';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.relid IS
'Table, or partition';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.relation IS
'Its name';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.size_bytes IS
'Size at the last VACUUM or ANALYZE';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.autovacuum_enabled IS
'Whether autovacuum comes for dead rows at all; it is forced to freeze all the same';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.dead_rows IS
'Dead rows now, as the server estimates them';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.dead_rows_limit IS
'Dead rows for which autovacuum comes';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.dead_rows_per_day IS
'Rows updated or deleted per day, by history; null without';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.due_at IS
'When the limit for dead or inserted rows will be reached; now where it has been; null where nothing is known, or not within a hundred years';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.forced_freeze_at IS
'When autovacuum will be forced to freeze it; null until the rate is known';
COMMENT ON COLUMN dbadvisor.vacuum_forecast.place IS
'Order in which they come due';

GRANT SELECT ON dbadvisor.vacuum_forecast TO dbadvisor_reader;
