-- recommend_settings() and check_replication(): what the rules say at this moment.
--
-- Nothing is written, so both work on a standby, in a read-only transaction and for
-- members of pg_monitor.  A rule that does not see all is a row of its own.

CREATE OR REPLACE FUNCTION dbadvisor.advice_now(rules text[])
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found dbadvisor.advice[];
	fingerprints text[];
BEGIN
	FOR i IN 1 .. pg_catalog.cardinality(rules) LOOP
		found := ARRAY(SELECT a
						 FROM pg_catalog.unnest(dbadvisor.rule_advice_safely(rules[i])) a
						WHERE a.object_type <> 'rule'
						   OR a.variant <> 'ok');
		fingerprints := ARRAY(SELECT dbadvisor.fingerprint(a)
								FROM pg_catalog.unnest(found) a);
		RETURN QUERY
		SELECT a.*
		  FROM pg_catalog.generate_subscripts(found, 1) p (place)
		 CROSS JOIN LATERAL (SELECT (found[p.place]).*) a
		 WHERE p.place NOT IN (SELECT s.place
								 FROM dbadvisor.suppressions_of(found, fingerprints) s);
	END LOOP;
END;
$$;
COMMENT ON FUNCTION dbadvisor.advice_now(text[]) IS
'What some rules say now, without what is suppressed; one that fails or does not see all is a row whose object_type is "rule"';

CREATE OR REPLACE FUNCTION dbadvisor.rules_of(category text)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.array_agg(r.rule ORDER BY r.rule), '{}')
	  FROM dbadvisor.rule r
	 WHERE r.category = rules_of.category
	   AND dbadvisor.rule_skip_reason(r.rule) IS NULL;
$$;
COMMENT ON FUNCTION dbadvisor.rules_of(text) IS
'The rules of a category that are switched on and that this server can run';

-- Most severe first; what rules say of their own runs comes last.
CREATE OR REPLACE FUNCTION dbadvisor.recommend_settings(
	OUT rule text,
	OUT severity text,
	OUT setting text,
	OUT current_value text,
	OUT recommended_value text,
	OUT takes_effect text,
	OUT title text,
	OUT detail text,
	OUT formula text,
	OUT failure_prevented text,
	OUT problem text,
	OUT apply text,
	OUT revert text,
	OUT impact text,
	OUT confidence double precision,
	OUT evidence jsonb)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.rule,
		   CASE WHEN a.object_type <> 'rule' THEN a.severity END,
		   a.evidence ->> 'setting',
		   a.evidence ->> 'current_value',
		   a.evidence ->> 'recommended_value',
		   a.evidence ->> 'takes_effect',
		   CASE WHEN a.object_type = 'rule' THEN pg_catalog.format('Rule %s: %s', a.rule, a.variant) ELSE a.title END,
		   a.detail,
		   a.evidence ->> 'formula',
		   a.evidence ->> 'failure_prevented',
		   a.evidence ->> 'problem',
		   COALESCE(a.apply_sql, a.evidence ->> 'apply_command'),
		   COALESCE(a.revert_sql, a.evidence ->> 'revert_command'),
		   a.impact,
		   CASE WHEN a.object_type <> 'rule' THEN a.confidence END,
		   a.evidence
	  FROM dbadvisor.advice_now(dbadvisor.rules_of('settings') || dbadvisor.rules_of('replication')) a
	 WHERE a.rule LIKE 'settings.%'
		OR a.object_type = 'rule'
		OR a.evidence ? 'setting'
	 ORDER BY a.object_type = 'rule', dbadvisor.severity_rank(CASE WHEN a.object_type <> 'rule' THEN a.severity END) DESC, a.rule, a.object_name, a.variant;
$$;
COMMENT ON FUNCTION dbadvisor.recommend_settings() IS
'Settings to change, as the rules of settings and replication see them now: from what to what, why, by which formula, and how to apply it here. Stores nothing and works on a standby; a rule that fails, needs more history or more privileges is a row without severity';

CREATE OR REPLACE FUNCTION dbadvisor.check_replication(
	OUT rule text,
	OUT severity text,
	OUT object_type text,
	OUT object_name text,
	OUT title text,
	OUT detail text,
	OUT failure_prevented text,
	OUT apply text,
	OUT revert text,
	OUT impact text,
	OUT confidence double precision,
	OUT evidence jsonb)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT a.rule,
		   CASE WHEN a.object_type <> 'rule' THEN a.severity END,
		   a.object_type,
		   a.object_name,
		   CASE WHEN a.object_type = 'rule' THEN pg_catalog.format('Rule %s: %s', a.rule, a.variant) ELSE a.title END,
		   a.detail,
		   a.evidence ->> 'failure_prevented',
		   COALESCE(a.apply_sql, a.evidence ->> 'apply_command'),
		   COALESCE(a.revert_sql, a.evidence ->> 'revert_command'),
		   a.impact,
		   CASE WHEN a.object_type <> 'rule' THEN a.confidence END,
		   a.evidence
	  FROM dbadvisor.advice_now(dbadvisor.rules_of('replication')) a
	 ORDER BY a.object_type = 'rule', dbadvisor.severity_rank(CASE WHEN a.object_type <> 'rule' THEN a.severity END) DESC, a.rule, a.object_name, a.variant;
$$;
COMMENT ON FUNCTION dbadvisor.check_replication() IS
'What is wrong with replication and archiving now, the most severe first, by the rules that concern this node: primary, standby, publisher or subscriber. Stores nothing and works on a standby; a rule that fails, needs more history or more privileges is a row without severity';

REVOKE ALL ON FUNCTION dbadvisor.advice_now(text[]),
	dbadvisor.rules_of(text),
	dbadvisor.recommend_settings(),
	dbadvisor.check_replication()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.advice_now(text[]),
	dbadvisor.rules_of(text),
	dbadvisor.recommend_settings(),
	dbadvisor.check_replication()
	TO dbadvisor_reader;
