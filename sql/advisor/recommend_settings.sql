-- recommend_settings() and check_replication(): what the rules say at this moment.
--
-- Nothing is written, so both work on a standby, in a read-only transaction and for
-- members of pg_monitor.  A rule that does not see all is a row of its own.

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
		   a.title,
		   a.detail,
		   a.evidence ->> 'formula',
		   a.evidence ->> 'failure_prevented',
		   a.evidence ->> 'problem',
		   COALESCE(a.apply_sql, a.evidence ->> 'apply_command'),
		   COALESCE(a.revert_sql, a.evidence ->> 'revert_command'),
		   a.impact,
		   CASE WHEN a.object_type <> 'rule' THEN a.confidence END,
		   a.evidence
	  FROM dbadvisor.advice_now(dbadvisor.rules_of('{settings,replication}')) a
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
		   a.title,
		   a.detail,
		   a.evidence ->> 'failure_prevented',
		   COALESCE(a.apply_sql, a.evidence ->> 'apply_command'),
		   COALESCE(a.revert_sql, a.evidence ->> 'revert_command'),
		   a.impact,
		   CASE WHEN a.object_type <> 'rule' THEN a.confidence END,
		   a.evidence
	  FROM dbadvisor.advice_now(dbadvisor.rules_of('{replication}')) a
	 ORDER BY a.object_type = 'rule', dbadvisor.severity_rank(CASE WHEN a.object_type <> 'rule' THEN a.severity END) DESC, a.rule, a.object_name, a.variant;
$$;
COMMENT ON FUNCTION dbadvisor.check_replication() IS
'What is wrong with replication and archiving now, the most severe first, by the rules that concern this node: primary, standby, publisher or subscriber. Stores nothing and works on a standby; a rule that fails, needs more history or more privileges is a row without severity';

REVOKE ALL ON FUNCTION dbadvisor.recommend_settings(),
	dbadvisor.check_replication()
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.recommend_settings(),
	dbadvisor.check_replication()
	TO dbadvisor_reader;
