-- Outcomes: recognise what was applied, and measure what it has brought.
--
-- Like is compared with like: the same statements, per call, or per row where
-- the rows per call are no longer the same.  The snapshot window in which the
-- change was made belongs to neither side.

CREATE OR REPLACE FUNCTION dbadvisor.recognise_applied()
RETURNS integer
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	WITH applied AS (
		UPDATE dbadvisor.finding f
		   SET stage = 'applied',
			   applied_at = CURRENT_TIMESTAMP
		 WHERE f.stage = 'open'
		   AND (dbadvisor.index_exists(f.relid, f.evidence -> 'index')
				OR dbadvisor.statistics_exist(f.relid, f.evidence -> 'statistics')
				OR dbadvisor.index_was_dropped(f.relid, f.evidence))
		RETURNING 1
	)
	SELECT pg_catalog.count(*)::integer
	  FROM applied;
$$;
COMMENT ON FUNCTION dbadvisor.recognise_applied() IS
'Take open findings for applied where the index or statistics they asked for are there, or the index to drop is gone; background workers do so before each snapshot';

-- A drop must not slow anything that its table's statements do, whether or not
-- they were ever planned with the index.  Looked up once: history does the rest.
CREATE OR REPLACE FUNCTION dbadvisor.name_table_statements()
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	this bigint;
	table_id oid;
	count integer := 0;
BEGIN
	FOR this, table_id IN
		SELECT f.finding_id, pg_catalog.to_regclass(f.evidence ->> 'table_name')
		  FROM dbadvisor.finding f
		 WHERE f.stage = 'applied'
		   AND f.evidence ? 'drops'
		   AND f.queryids IS NULL
	LOOP
		UPDATE dbadvisor.finding f
		   SET queryids = s.queryids,
			   evidence = f.evidence || pg_catalog.jsonb_build_object('writers', s.writers)
		  FROM (SELECT COALESCE(pg_catalog.array_agg(DISTINCT w.queryid), '{}'),
					   COALESCE(pg_catalog.array_agg(DISTINCT w.queryid) FILTER (WHERE w.features ->> 'command' <> 'select'), '{}')
				  FROM dbadvisor.workload_features() w
				 WHERE w.queryid IS NOT NULL
				   AND w.relations && ARRAY(SELECT t.relid::oid
											  FROM pg_catalog.pg_partition_ancestors(table_id) t
											 UNION
											SELECT t.relid::oid
											  FROM pg_catalog.pg_partition_tree(table_id) t
											 UNION
											SELECT table_id)) s (queryids, writers)
		 WHERE f.finding_id = this;
		count := count + 1;
	END LOOP;
	RETURN count;
END;
$$;
COMMENT ON FUNCTION dbadvisor.name_table_statements() IS
'Name, in findings that an index should be dropped and that were applied, the recorded statements of its table, and which of them write: those whose times tell the outcome. Returns in how many';

-- The figures of one statement on both sides.  "expected" is what the work done
-- after would have taken before.
CREATE OR REPLACE FUNCTION dbadvisor.outcome_statements(
	finding_id bigint,
	OUT queryid bigint,
	OUT calls_before double precision,
	OUT calls_after double precision,
	OUT ms_before double precision,
	OUT ms_after double precision,
	OUT rows_before double precision,
	OUT rows_after double precision,
	OUT promised double precision,
	OUT unit text,
	OUT expected_ms double precision)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH side AS (
		SELECT h.queryid,
			   h.since >= f.applied_at AS is_after,
			   pg_catalog.sum(h.calls) AS calls,
			   pg_catalog.sum(h.total_ms) AS ms,
			   pg_catalog.sum(h.rows) AS rows
		  FROM dbadvisor.finding f
		  JOIN dbadvisor.history_statement h
			ON h.queryid = ANY (f.queryids)
		   AND (h.since >= f.applied_at
				OR h.taken_at < f.applied_at)
		   AND h.since >= f.applied_at - interval '7 days'
		   AND h.taken_at <= f.applied_at + interval '7 days'
		 WHERE f.finding_id = outcome_statements.finding_id
		 GROUP BY 1, 2
	), promise AS (
		SELECT (e ->> 'queryid')::bigint AS queryid,
			   1 - pg_catalog.sum((e ->> 'cost_after')::double precision)
				   / NULLIF(pg_catalog.sum((e ->> 'cost_before')::double precision), 0) AS share
		  FROM dbadvisor.finding f
		 CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(f.evidence -> 'statements') e
		 WHERE f.finding_id = outcome_statements.finding_id
		   AND pg_catalog.jsonb_typeof(f.evidence -> 'statements') = 'array'
		 GROUP BY 1
	)
	SELECT q.queryid,
		   b.calls, a.calls, b.ms, a.ms, b.rows, a.rows,
		   p.share,
		   u.unit,
		   CASE u.unit
		   WHEN 'row' THEN b.ms / b.rows * a.rows
		   ELSE b.ms / b.calls * a.calls
		   END
	  FROM (SELECT DISTINCT s.queryid FROM side s) q
	  LEFT JOIN side b ON b.queryid = q.queryid AND NOT b.is_after
	  LEFT JOIN side a ON a.queryid = q.queryid AND a.is_after
	  LEFT JOIN promise p ON p.queryid = q.queryid
	 CROSS JOIN LATERAL (
		SELECT CASE
			   WHEN b.rows > 0 AND a.rows > 0
					AND (a.rows / a.calls) / (b.rows / b.calls) NOT BETWEEN 0.5 AND 2
			   THEN 'row'
			   ELSE 'call'
			   END) u (unit)
	 ORDER BY q.queryid;
$$;
COMMENT ON FUNCTION dbadvisor.outcome_statements(bigint) IS
'Statements of an applied finding before and after by history, with the time that the work done after would have taken before (expected_ms), by calls, or by rows where the rows per call have more than doubled or halved';

CREATE OR REPLACE FUNCTION dbadvisor.outcome_other_changes(
	finding_id bigint,
	before_since timestamptz,
	after_until timestamptz)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH this AS (
		SELECT f.applied_at,
			   f.evidence,
			   COALESCE(f.relid, pg_catalog.to_regclass(f.evidence ->> 'table_name')) AS relid
		  FROM dbadvisor.finding f
		 WHERE f.finding_id = outcome_other_changes.finding_id
	), event AS (
		SELECT e.event, e.object, e.detail, e.taken_at,
			   e.since <= t.applied_at AND e.taken_at >= t.applied_at
			   AND pg_catalog.to_regclass(e.object) IS NOT NULL
			   AND dbadvisor.index_shape(pg_catalog.to_regclass(e.object)) -> 'key_columns'
				   = t.evidence #> '{index,key_columns}'
			   OR e.event = 'index dropped' AND e.object = t.evidence ->> 'drops' AS is_this
		  FROM this t
		  JOIN dbadvisor.history_event e
			ON e.taken_at > outcome_other_changes.before_since
		   AND e.since < outcome_other_changes.after_until
		   AND (e.event <> 'index created'
				OR pg_catalog.to_regclass(e.detail) = t.relid)
	), grown AS (
		SELECT pg_catalog.min(h.live_rows) AS least,
			   pg_catalog.max(h.live_rows) AS most
		  FROM this t
		  JOIN dbadvisor.history_relation h
			ON h.relid = t.relid
		   AND h.taken_at > outcome_other_changes.before_since
		   AND h.since < outcome_other_changes.after_until
	)
	SELECT ARRAY(
		SELECT c.text
		  FROM (SELECT e.taken_at,
					   pg_catalog.concat_ws(' ', e.event || CASE WHEN e.object <> '' THEN ':' ELSE '' END,
											NULLIF(e.object, ''),
											CASE e.event WHEN 'index created' THEN 'on ' || e.detail ELSE e.detail END) AS text
				  FROM event e
				 WHERE NOT e.is_this
				 UNION ALL
				SELECT o.applied_at,
					   pg_catalog.format('finding %s was applied: %s', o.finding_id, o.title)
				  FROM dbadvisor.finding o
				 WHERE o.finding_id <> outcome_other_changes.finding_id
				   AND o.applied_at > outcome_other_changes.before_since
				   AND o.applied_at < outcome_other_changes.after_until
				 UNION ALL
				SELECT outcome_other_changes.after_until,
					   pg_catalog.format('the table had %s to %s rows', g.least, g.most)
				  FROM grown g
				 WHERE g.most > g.least * 1.2) c
		 ORDER BY c.taken_at, c.text
		 LIMIT 50);
$$;
COMMENT ON FUNCTION dbadvisor.outcome_other_changes(bigint, timestamptz, timestamptz) IS
'What else than an applied finding has changed between two times and may change its figures: indexes of its table, settings, restarts, resets, other findings, the size of its table';

CREATE OR REPLACE FUNCTION dbadvisor.outcome_of(finding_id bigint)
RETURNS dbadvisor.outcome
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH wanted AS (
		SELECT dbadvisor.setting('outcome_min_calls')::double precision AS calls
	), compared AS MATERIALIZED (
		SELECT s.*,
			   s.calls_before >= w.calls AND s.calls_after >= w.calls AS counts,
			   f.evidence -> 'writers' @> pg_catalog.to_jsonb(s.queryid) AS writes
		  FROM dbadvisor.outcome_statements(outcome_of.finding_id) s
		  JOIN dbadvisor.finding f ON f.finding_id = outcome_of.finding_id
		 CROSS JOIN wanted w
	), side AS (
		SELECT pg_catalog.min(h.since) FILTER (WHERE h.taken_at < f.applied_at) AS before_since,
			   pg_catalog.max(h.taken_at) FILTER (WHERE h.taken_at < f.applied_at) AS before_until,
			   pg_catalog.min(h.since) FILTER (WHERE h.since >= f.applied_at) AS after_since,
			   pg_catalog.max(h.taken_at) FILTER (WHERE h.since >= f.applied_at) AS after_until,
			   pg_catalog.sum(h.seconds) FILTER (WHERE h.since >= f.applied_at) AS after_seconds
		  FROM dbadvisor.finding f
		  JOIN dbadvisor.history_snapshot h
			ON h.since >= f.applied_at - interval '7 days'
		   AND h.taken_at <= f.applied_at + interval '7 days'
		 WHERE f.finding_id = outcome_of.finding_id
	), total AS (
		SELECT pg_catalog.count(*) AS statements,
			   pg_catalog.count(*) FILTER (WHERE c.counts) AS counted,
			   pg_catalog.sum(c.expected_ms) FILTER (WHERE c.counts) AS expected,
			   pg_catalog.sum(c.ms_after) FILTER (WHERE c.counts) AS measured,
			   pg_catalog.sum(c.expected_ms * c.promised) FILTER (WHERE c.counts) AS promised,
			   pg_catalog.count(*) FILTER (WHERE c.counts AND c.ms_after > c.expected_ms * 1.5) AS slower,
			   pg_catalog.sum(c.ms_after - c.expected_ms) FILTER (WHERE c.counts AND c.ms_after > c.expected_ms * 1.5) AS slower_ms,
			   1 - pg_catalog.sum(c.ms_after) FILTER (WHERE c.counts AND c.writes)
				   / NULLIF(pg_catalog.sum(c.expected_ms) FILTER (WHERE c.counts AND c.writes), 0) AS writes_saved,
			   COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
				   'queryid', c.queryid,
				   'compared', COALESCE(c.counts, false),
				   'compared_per', c.unit,
				   'calls_before', c.calls_before,
				   'calls_after', c.calls_after,
				   'ms_per_call_before', c.ms_before / c.calls_before,
				   'ms_per_call_after', c.ms_after / c.calls_after,
				   'rows_per_call_before', c.rows_before / c.calls_before,
				   'rows_per_call_after', c.rows_after / c.calls_after,
				   'promised_share', c.promised,
				   'measured_share', 1 - c.ms_after / NULLIF(c.expected_ms, 0)) ORDER BY c.queryid), '[]') AS figures
		  FROM compared c
	), share AS (
		SELECT 1 - t.measured / NULLIF(t.expected, 0) AS measured,
			   t.promised / NULLIF(t.expected, 0) AS promised
		  FROM total t
	), judged AS (
		SELECT CASE
			   WHEN s.measured IS NULL THEN 'undecided'
			   WHEN s.measured <= -0.1 THEN 'regressed'
			   WHEN f.evidence ? 'drops'
			   THEN CASE WHEN t.slower_ms >= t.expected * 0.05 THEN 'regressed' ELSE 'verified' END
			   WHEN s.measured > 0 AND s.measured >= COALESCE(s.promised, 0) / 2 THEN 'verified'
			   ELSE 'short'
			   END AS verdict
		  FROM share s
		 CROSS JOIN total t
		  JOIN dbadvisor.finding f ON f.finding_id = outcome_of.finding_id
	)
	SELECT f.finding_id,
		   f.applied_at,
		   pg_catalog.clock_timestamp(),
		   d.before_since, d.before_until, d.after_since, d.after_until,
		   j.verdict,
		   CASE
		   WHEN pg_catalog.cardinality(f.queryids) IS NULL
		   THEN 'the finding names no statements that could be compared'
		   WHEN j.verdict = 'undecided'
		   THEN pg_catalog.format('no statement has %s calls both before and after', w.calls)
		   WHEN f.evidence ? 'drops'
		   THEN pg_catalog.format('%s of %s statements of the table have %s calls both before and after, %s of them take half as long again; time of the same work %s %% of what it was, of writes %s',
								  t.counted, t.statements, w.calls, t.slower,
								  pg_catalog.round(((1 - s.measured) * 100)::numeric, 1),
								  COALESCE(pg_catalog.round(((1 - t.writes_saved) * 100)::numeric, 1) || ' %', 'nothing is known'))
		   ELSE pg_catalog.format('%s of %s statements have %s calls both before and after; time of the same work %s %% of what it was, %s %% promised',
								  t.counted, t.statements, w.calls,
								  pg_catalog.round(((1 - s.measured) * 100)::numeric, 1),
								  COALESCE(pg_catalog.round(((1 - s.promised) * 100)::numeric, 1)::text, 'nothing'))
		   END,
		   s.promised,
		   s.measured,
		   f.benefit_ms_per_day,
		   (t.expected - t.measured) / d.after_seconds * 86400,
		   t.figures,
		   COALESCE(dbadvisor.outcome_other_changes(f.finding_id, d.before_since, d.after_until), '{}')
	  FROM dbadvisor.finding f
	 CROSS JOIN wanted w
	 CROSS JOIN side d
	 CROSS JOIN total t
	 CROSS JOIN share s
	 CROSS JOIN judged j
	 WHERE f.finding_id = outcome_of.finding_id;
$$;
COMMENT ON FUNCTION dbadvisor.outcome_of(bigint) IS
'Measure one applied finding by history';

-- Seven days after it was applied a finding has its verdict for good.
CREATE OR REPLACE FUNCTION dbadvisor.measure_outcomes()
RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	measured dbadvisor.outcome;
	old_stage text;
	this bigint;
	count integer := 0;
BEGIN
	FOR this, old_stage IN
		SELECT f.finding_id, f.stage
		  FROM dbadvisor.finding f
		 WHERE f.stage IN ('applied', 'verified', 'regressed')
		   AND f.applied_at > pg_catalog.clock_timestamp() - interval '8 days'
		 ORDER BY f.finding_id
	LOOP
		measured := dbadvisor.outcome_of(this);
		DELETE FROM dbadvisor.outcome o WHERE o.finding_id = this;
		INSERT INTO dbadvisor.outcome SELECT measured.*;
		count := count + 1;
		CONTINUE WHEN measured.verdict NOT IN ('verified', 'regressed')
				   OR measured.verdict = old_stage;
		UPDATE dbadvisor.finding f
		   SET stage = measured.verdict
		 WHERE f.finding_id = this;
		PERFORM dbadvisor.notify_finding(f, 'outcome', verdict => measured.verdict)
		   FROM dbadvisor.finding f
		  WHERE f.finding_id = this
			AND f.suppressed_reason IS NULL;
	END LOOP;
	RETURN count;
END;
$$;
COMMENT ON FUNCTION dbadvisor.measure_outcomes() IS
'Measure the findings that were applied in the last days, and bring their stage up to date; returns how many';

CREATE OR REPLACE FUNCTION dbadvisor.follow_applied()
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	PERFORM dbadvisor.check_writable();
	PERFORM dbadvisor.lock_store();
	PERFORM dbadvisor.refresh_relids();
	PERFORM dbadvisor.recognise_applied();
	PERFORM dbadvisor.name_table_statements();
	PERFORM dbadvisor.measure_outcomes();
END;
$$;
COMMENT ON FUNCTION dbadvisor.follow_applied() IS
'Recognise what was applied and measure its outcome; background workers do so before each snapshot';

REVOKE ALL ON FUNCTION dbadvisor.recognise_applied(),
	dbadvisor.name_table_statements(),
	dbadvisor.outcome_statements(bigint),
	dbadvisor.outcome_other_changes(bigint, timestamptz, timestamptz),
	dbadvisor.outcome_of(bigint),
	dbadvisor.measure_outcomes(),
	dbadvisor.follow_applied()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.outcome_statements(bigint),
	dbadvisor.outcome_other_changes(bigint, timestamptz, timestamptz),
	dbadvisor.outcome_of(bigint)
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.recognise_applied(),
	dbadvisor.name_table_statements(),
	dbadvisor.measure_outcomes(),
	dbadvisor.follow_applied()
	TO dbadvisor_admin;
