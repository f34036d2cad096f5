-- partition.manager_silent: pg_partman is to make the partitions of a table and does not run
--
-- Fires for a table of pg_partman whose maintenance last ran max_days ago, or longer ago
-- than half of the time for which it makes partitions ahead; where no time is kept, as
-- before version 5.1, what is left of the partitions ahead tells.  Also for one that
-- is left out of maintenance, unless it ran lately.  Wrong where rows of the table are
-- not expected.
SELECT dbadvisor.register_rule(
	rule => 'partition.manager_silent',
	title => 'pg_partman does not look after a table',
	why => 'No new partitions are made and no old ones go: when the last one is full rows are refused, or pile up in the default partition.',
	severity => 'medium',
	thresholds => '{"max_days": 7}',
	doc => 'Its background worker (pg_partman_bgw in shared_preload_libraries, with this database in pg_partman_bgw.dbname) or a job calls run_maintenance_proc(). Low for a table that is left out and still has its partitions ahead: that takes a job which names it. maintenance.partition_future_missing tells when the last partition ends, whoever makes them.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.partman_readable()
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.bool_or(pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_table_privilege(c.oid, 'SELECT'))
	  FROM pg_catalog.pg_namespace n
	  JOIN pg_catalog.pg_class c
		ON c.relnamespace = n.oid
	   AND c.relname = 'part_config'
	   AND c.relkind = 'r'
	 WHERE n.nspname = dbadvisor.extension_schema('pg_partman');
$$;
COMMENT ON FUNCTION dbadvisor.partman_readable() IS
'Whether the tables of pg_partman can be told; null where it is not installed in this database';

-- Not every version has every column.
CREATE OR REPLACE FUNCTION dbadvisor.partman_tables(
	OUT relid oid,
	OUT width text,
	OUT premake integer,
	OUT is_automatic boolean,
	OUT is_endless boolean,
	OUT ran_at timestamptz)
RETURNS SETOF record
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF dbadvisor.partman_readable() THEN
		RETURN QUERY EXECUTE pg_catalog.format(
			'SELECT c.oid, p.partition_interval::text, p.premake, p.automatic_maintenance = ''on'', p.infinite_time_partitions,
					(pg_catalog.to_jsonb(p) ->> ''maintenance_last_run'')::timestamptz
			   FROM %I.part_config p
			   JOIN pg_catalog.pg_class c ON c.relkind = ''p''
			   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname || ''.'' || c.relname = p.parent_table
			  WHERE NOT p.undo_in_progress', dbadvisor.extension_schema('pg_partman'));
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.partman_tables() IS
'Tables that pg_partman looks after: width of a partition, how many are made ahead, whether maintenance of all includes it, whether partitions are made without rows too, and when maintenance last ran (null: never, or a version that does not say); no rows without it';

CREATE OR REPLACE VIEW dbadvisor.rule_partition_manager_silent WITH (security_invoker = true) AS
WITH managed AS MATERIALIZED (
	SELECT p.*
	  FROM dbadvisor.partman_tables() p
), ranged AS MATERIALIZED (
	SELECT p.relid,
		   pg_catalog.max(p.upper_bound) AS ends_at,
		   pg_catalog.bool_or(pg_catalog.pg_stat_get_tuples_inserted(p.default_partition) > 0
							  OR pg_catalog.now() BETWEEN p.lower_bound AND p.upper_bound AND pg_catalog.pg_stat_get_tuples_inserted(p.partition) > 0) AS is_written
	  FROM dbadvisor.time_partition p
	 WHERE EXISTS (SELECT FROM managed m WHERE m.relid = p.relid)
	 GROUP BY p.relid
), judged AS (
	SELECT m.*,
		   t.full_name,
		   t.leaf_count,
		   r.ends_at,
		   LEAST(pg_catalog.make_interval(secs => dbadvisor.threshold('partition.manager_silent', 'max_days', t.full_name)::double precision * 86400), l.lead / 2) AS longest,
		   CASE
		   WHEN m.ran_at IS NOT NULL THEN pg_catalog.now() - m.ran_at
		   WHEN m.is_endless OR r.is_written THEN l.lead - (r.ends_at - pg_catalog.now())
		   END AS silent_for
	  FROM managed m
	  JOIN dbadvisor.user_table t ON t.relid = m.relid
	  LEFT JOIN ranged r ON r.relid = m.relid
	 CROSS JOIN LATERAL (
		SELECT CASE WHEN r.relid IS NOT NULL THEN m.premake * m.width::interval END) l (lead)
)
SELECT a.*
  FROM judged j
 CROSS JOIN LATERAL (
	SELECT COALESCE(j.silent_for > j.longest, false)) s (is_late)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.manager_silent',
		   relid => j.relid,
		   severity => CASE WHEN NOT s.is_late THEN 'low' END,
		   title => CASE
					WHEN j.is_automatic THEN pg_catalog.format('Let pg_partman run its maintenance: %s waits for it', j.full_name)
					ELSE pg_catalog.format('Have pg_partman look after %s: it is left out of maintenance', j.full_name)
					END,
		   detail => pg_catalog.concat_ws(' ',
										  CASE
										  WHEN j.ran_at IS NOT NULL THEN pg_catalog.format('Maintenance last ran on %s.', pg_catalog.to_char(j.ran_at, 'YYYY-MM-DD HH24:MI'))
										  ELSE 'It is not recorded when maintenance last ran.'
										  END,
										  'The last partition ends on ' || pg_catalog.to_char(j.ends_at, 'YYYY-MM-DD') || pg_catalog.format('; %s of %s are to be ahead.', j.premake, j.width),
										  CASE WHEN NOT j.is_automatic THEN 'automatic_maintenance is off for it: only run_maintenance() with its name looks after it.' END),
		   evidence => pg_catalog.jsonb_build_object('last_run', j.ran_at, 'automatic_maintenance', j.is_automatic, 'ends_at', j.ends_at, 'premake', j.premake),
		   proof => CASE WHEN j.ran_at IS NULL AND s.is_late THEN 'heuristic' ELSE 'catalog' END,
		   confidence => CASE WHEN j.ran_at IS NOT NULL THEN 0.9 ELSE 0.6 END,
		   affected_count => j.leaf_count) a
 WHERE s.is_late
	OR (NOT j.is_automatic AND COALESCE(pg_catalog.now() - j.ran_at > j.longest, true))
 UNION ALL
SELECT n.*
  FROM (SELECT dbadvisor.partman_readable() IS NOT DISTINCT FROM false) r (is_hidden)
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'partition.manager_silent',
		   CASE WHEN r.is_hidden THEN 'skipped' ELSE 'ok' END,
		   CASE WHEN r.is_hidden THEN 'part_config of pg_partman may not be read by this role' END) n;
COMMENT ON VIEW dbadvisor.rule_partition_manager_silent IS
'Tables that pg_partman is to look after and does not, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.partman_readable(),
	dbadvisor.partman_tables()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partman_readable(),
	dbadvisor.partman_tables()
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_partition_manager_silent TO dbadvisor_reader;
