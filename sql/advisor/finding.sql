-- Findings: what becomes of advice in the store.
--
-- A finding has a stage, which analyses move along, and on top of it perhaps a
-- suppression, which hides it without stopping its life.

-- Which stage may come after which; the columns of a row are the next stages.
--
--   open       applied, resolved
--   applied    verified, regressed; open when it is reported again
--   verified   regressed; open when it is reported again
--   regressed  verified; open when it is reported again
--   resolved   open when it is reported again
CREATE OR REPLACE FUNCTION dbadvisor.stage_follows(old_stage text, new_stage text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT old_stage = new_stage
		OR new_stage = ANY (CASE old_stage
							WHEN 'open' THEN ARRAY['applied', 'resolved']
							WHEN 'applied' THEN ARRAY['verified', 'regressed', 'open']
							WHEN 'verified' THEN ARRAY['regressed', 'open']
							WHEN 'regressed' THEN ARRAY['verified', 'open']
							WHEN 'resolved' THEN ARRAY['open']
							END);
$$;
COMMENT ON FUNCTION dbadvisor.stage_follows(text, text) IS
'Whether a finding may go from one stage to the other';

CREATE OR REPLACE FUNCTION dbadvisor.finding_check_stage()
RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT dbadvisor.stage_follows(old.stage, new.stage) THEN
		RAISE EXCEPTION 'finding % cannot go from % to %',
			old.finding_id, old.stage, new.stage
			USING ERRCODE = 'check_violation';
	END IF;
	RETURN new;
END;
$$;
COMMENT ON FUNCTION dbadvisor.finding_check_stage() IS
'Trigger that lets a finding take only the stages that follow its own';

CREATE OR REPLACE TRIGGER finding_check_stage
	BEFORE UPDATE OF stage ON dbadvisor.finding
	FOR EACH ROW
	EXECUTE FUNCTION dbadvisor.finding_check_stage();
COMMENT ON TRIGGER finding_check_stage ON dbadvisor.finding IS
'Keeps to dbadvisor.stage_follows()';

-- Two rows with one fingerprint say the same thing: the one that brings more
-- is kept.
CREATE OR REPLACE FUNCTION dbadvisor.store_advice(
	run_id bigint,
	rule text,
	advice dbadvisor.advice[])
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	stranger text := (SELECT a.rule
						FROM pg_catalog.unnest(store_advice.advice) a
					   WHERE a.rule IS DISTINCT FROM store_advice.rule
					   LIMIT 1);
BEGIN
	IF stranger IS NOT NULL THEN
		RAISE EXCEPTION 'rule "%" returned advice of rule "%"',
			store_advice.rule, stranger
			USING ERRCODE = 'data_exception';
	END IF;

	INSERT INTO dbadvisor.finding
		   (rule, object_type, object_name, relid, variant, severity, title,
			detail, evidence, queryids, benefit_ms_per_day, benefit_bytes,
			cost_bytes, confidence, proof, evidence_since, evidence_nodes,
			precheck_sql, safety, affected_count, depends_on, conflicts_with,
			contains_values, apply_sql, revert_sql, impact,
			fingerprint, run_id, relation_name)
	SELECT a.*,
		   d.fingerprint,
		   store_advice.run_id,
		   dbadvisor.relation_name(a.relid)
	  FROM (SELECT DISTINCT ON (f.fingerprint)
				   i,
				   f.fingerprint
			  FROM pg_catalog.generate_subscripts(store_advice.advice, 1) i
			 CROSS JOIN LATERAL dbadvisor.fingerprint(store_advice.advice[i]) f (fingerprint)
			 ORDER BY f.fingerprint,
				   (store_advice.advice[i]).benefit_ms_per_day DESC NULLS LAST,
				   i) d
	 CROSS JOIN LATERAL pg_catalog.unnest(store_advice.advice[d.i:d.i]) a
	 ORDER BY d.i
		ON CONFLICT (fingerprint) DO UPDATE
	   SET relid = excluded.relid,
		   severity = excluded.severity,
		   title = excluded.title,
		   detail = excluded.detail,
		   evidence = excluded.evidence,
		   queryids = excluded.queryids,
		   benefit_ms_per_day = excluded.benefit_ms_per_day,
		   benefit_bytes = excluded.benefit_bytes,
		   cost_bytes = excluded.cost_bytes,
		   confidence = excluded.confidence,
		   proof = excluded.proof,
		   evidence_since = excluded.evidence_since,
		   evidence_nodes = excluded.evidence_nodes,
		   precheck_sql = excluded.precheck_sql,
		   safety = excluded.safety,
		   affected_count = excluded.affected_count,
		   depends_on = excluded.depends_on,
		   conflicts_with = excluded.conflicts_with,
		   contains_values = excluded.contains_values,
		   apply_sql = excluded.apply_sql,
		   revert_sql = excluded.revert_sql,
		   impact = excluded.impact,
		   stage = 'open',
		   last_seen = excluded.last_seen,
		   run_id = excluded.run_id,
		   applied_at = NULL,
		   resolved_at = NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.store_advice(bigint, text, dbadvisor.advice[]) IS
'Put the advice of one rule into dbadvisor.finding: new findings open, known ones are brought up to date, those that had gone open again';

-- What is applied is seen in the catalog, even where the rule could not look
-- everywhere; that something has gone by itself is known only when it did.
CREATE OR REPLACE FUNCTION dbadvisor.close_findings(
	run_id bigint,
	rule text,
	rule_status text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF rule_status NOT IN ('ok', 'degraded') THEN
		RETURN;
	END IF;
	UPDATE dbadvisor.finding f
	   SET stage = 'applied',
		   applied_at = CURRENT_TIMESTAMP
	 WHERE f.rule = close_findings.rule
	   AND f.stage = 'open'
	   AND f.run_id <> close_findings.run_id
	   AND (dbadvisor.index_exists(f.relid, f.evidence -> 'index')
			OR dbadvisor.statistics_exist(f.relid, f.evidence -> 'statistics')
			OR dbadvisor.index_was_dropped(f.relid, f.evidence));
	IF rule_status = 'ok' THEN
		UPDATE dbadvisor.finding f
		   SET stage = 'resolved',
			   resolved_at = CURRENT_TIMESTAMP
		 WHERE f.rule = close_findings.rule
		   AND f.stage = 'open'
		   AND f.run_id <> close_findings.run_id;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.close_findings(bigint, text, text) IS
'Close the open findings that a run of their rule no longer reported: as applied where the index or statistics they asked for are there, or the index to drop is gone, else as resolved if the rule looked everywhere';

CREATE OR REPLACE FUNCTION dbadvisor.refresh_relids()
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE dbadvisor.finding f
	   SET relid = r.relid
	  FROM dbadvisor.finding g
	  LEFT JOIN (SELECT c.oid AS relid,
						n.nspname,
						c.relname
				   FROM pg_catalog.pg_class c
				   JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace) r
		ON r.nspname = g.relation_name[1]
	   AND r.relname = g.relation_name[2]
	 WHERE g.finding_id = f.finding_id
	   AND f.relation_name IS NOT NULL
	   AND f.relid IS DISTINCT FROM r.relid;
$$;
COMMENT ON FUNCTION dbadvisor.refresh_relids() IS
'Find the relations of all findings again by name, after a dump and restore or after they were made anew';

REVOKE ALL ON FUNCTION dbadvisor.stage_follows(text, text),
	dbadvisor.finding_check_stage(),
	dbadvisor.store_advice(bigint, text, dbadvisor.advice[]),
	dbadvisor.close_findings(bigint, text, text),
	dbadvisor.refresh_relids()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.stage_follows(text, text)
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.store_advice(bigint, text, dbadvisor.advice[]),
	dbadvisor.close_findings(bigint, text, text),
	dbadvisor.refresh_relids()
	TO dbadvisor_admin;
