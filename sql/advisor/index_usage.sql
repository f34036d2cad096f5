-- How far the counters of index usage can be trusted: since when they count,
-- how long an index has been there for them, and whether another server could
-- use it.

-- After a crash all counters start anew, but only those of the archiver and its
-- like say so.
CREATE OR REPLACE FUNCTION dbadvisor.usage_since()
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT GREATEST(d.stats_reset, a.stats_reset)
	  FROM pg_catalog.pg_stat_database d
	 CROSS JOIN pg_catalog.pg_stat_archiver a
	 WHERE d.datname = pg_catalog.current_database();
$$;
COMMENT ON FUNCTION dbadvisor.usage_since() IS
'Start of the counters of scans: the last reset, crash, or promotion of a copy';

-- The catalog has no time of creation.  But a run of analyze() that began in a
-- later transaction than the one that made the index proves that the index was
-- there.  A restored run proves nothing: its row is of another transaction than
-- it says.  Where commit timestamps are kept, they say it directly.
CREATE OR REPLACE FUNCTION dbadvisor.index_known_since(indexrelid oid)
RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT LEAST(
			   (SELECT pg_catalog.min(r.started_at)
				  FROM dbadvisor.run r
				 WHERE r.xact::xid = r.xmin
				   AND r.xact::text::numeric > x.xact
				   AND r.xact < pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())),
			   CASE
			   WHEN pg_catalog.current_setting('track_commit_timestamp')::boolean
			   THEN pg_catalog.pg_xact_commit_timestamp(x.xmin)
			   END)
	  FROM (SELECT i.xmin,
				   pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::numeric
				   - pg_catalog.age(i.xmin) AS xact
			  FROM pg_catalog.pg_index i
			 WHERE i.indexrelid = index_known_since.indexrelid
			   AND pg_catalog.age(i.xmin) BETWEEN 0 AND 2000000000) x;
$$;
COMMENT ON FUNCTION dbadvisor.index_known_since(oid) IS
'A time at which an index was there as it is now, the earliest that can be proven; null when none can';

CREATE OR REPLACE FUNCTION dbadvisor.gate(passed boolean, detail text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('detail', detail))
		|| pg_catalog.jsonb_build_object('passed', passed);
$$;
COMMENT ON FUNCTION dbadvisor.gate(boolean, text) IS
'Outcome of one check before an index is dropped: passed is null where it cannot be known';

-- Who may not see more than his own sessions takes every WAL sender for a
-- standby.
CREATE OR REPLACE FUNCTION dbadvisor.standby_gate()
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN pg_catalog.pg_is_in_recovery()
		   THEN dbadvisor.gate(NULL, 'this is a standby: usage on the primary is not known')
		   WHEN replica.count > 0
		   THEN dbadvisor.gate(NULL, pg_catalog.format('standby evidence is missing: %s replicas may use it', replica.count))
		   ELSE dbadvisor.gate(true, 'no standby is registered, attached or has a replication slot')
		   END
	  FROM (SELECT pg_catalog.count(*)
			  FROM (SELECT s.slot_name::text
					  FROM pg_catalog.pg_replication_slots s
					 WHERE s.slot_type = 'physical'
					 UNION ALL
					SELECT r.pid::text
					  FROM pg_catalog.pg_stat_replication r
					 WHERE r.state IS DISTINCT FROM 'backup'
					   AND NOT EXISTS (SELECT
										 FROM pg_catalog.pg_replication_slots s
										WHERE s.active_pid = r.pid)
					 UNION ALL
					SELECT n.node
					  FROM dbadvisor.node n
					 WHERE n.role = 'standby') all_replicas) replica;
$$;
COMMENT ON FUNCTION dbadvisor.standby_gate() IS
'Whether other servers with the same indexes are known not to use them; null where there may be some';

CREATE OR REPLACE FUNCTION dbadvisor.window_gate(
	indexrelid oid,
	rule text,
	since timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN wanted.days <= 0
		   THEN dbadvisor.gate(true, 'no window is asked for')
		   WHEN since > pg_catalog.clock_timestamp() - wanted.length
		   THEN dbadvisor.gate(false, pg_catalog.format('usage is counted since %s only, %s days are asked for', since, wanted.days))
		   WHEN known.since IS NULL OR known.since > pg_catalog.clock_timestamp() - wanted.length
		   THEN dbadvisor.gate(false, pg_catalog.format('it is known to be there since %s only, %s days are asked for',
														COALESCE(known.since::text, 'this analysis'), wanted.days))
		   ELSE dbadvisor.gate(true, pg_catalog.format('usage is counted since %s, the index was there on %s',
													   COALESCE(since::text, 'the database was created'), known.since))
		   END
	  FROM (SELECT d.days,
				   pg_catalog.make_interval(days => 1) * d.days AS length
			  FROM (SELECT dbadvisor.threshold(window_gate.rule, 'min_window_days', o.identity)::double precision
					  FROM pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, window_gate.indexrelid, 0) o) d (days)) wanted
	 CROSS JOIN dbadvisor.index_known_since(window_gate.indexrelid) known (since);
$$;
COMMENT ON FUNCTION dbadvisor.window_gate(oid, text, timestamptz) IS
'Whether usage is counted, and the index known to be there, for as many days as min_window_days of the rule asks';

REVOKE ALL ON FUNCTION dbadvisor.usage_since(),
	dbadvisor.index_known_since(oid),
	dbadvisor.gate(boolean, text),
	dbadvisor.standby_gate(),
	dbadvisor.window_gate(oid, text, timestamptz)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.usage_since(),
	dbadvisor.index_known_since(oid),
	dbadvisor.gate(boolean, text),
	dbadvisor.standby_gate(),
	dbadvisor.window_gate(oid, text, timestamptz)
	TO dbadvisor_reader;
