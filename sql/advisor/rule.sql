-- Rules: registry, settings, thresholds.

-- The error that all functions raise for a rule that is not there.
CREATE OR REPLACE FUNCTION dbadvisor.require_rule(rule text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT FROM dbadvisor.rule r WHERE r.rule = require_rule.rule) THEN
		RAISE EXCEPTION 'rule "%" does not exist', require_rule.rule
			USING ERRCODE = 'undefined_object',
				  HINT = 'Table dbadvisor.rule lists the rules.';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.require_rule(text) IS
'Raise an error unless the rule is in the registry';

CREATE OR REPLACE FUNCTION dbadvisor.register_rule(
	rule text,
	title text,
	why text,
	severity text,
	thresholds jsonb DEFAULT '{}',
	min_version integer DEFAULT NULL,
	doc text DEFAULT NULL,
	source text DEFAULT 'view',
	enabled boolean DEFAULT true,
	shipped boolean DEFAULT false)
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	INSERT INTO dbadvisor.rule AS r (rule, title, why, severity, thresholds,
									 min_version, doc, source, enabled, shipped)
	VALUES (rule, title, why, severity, thresholds, min_version, doc, source,
			enabled, shipped)
		ON CONFLICT (rule) DO UPDATE
	   SET title = excluded.title,
		   why = excluded.why,
		   severity = excluded.severity,
		   thresholds = excluded.thresholds,
		   min_version = excluded.min_version,
		   doc = excluded.doc,
		   source = excluded.source,
		   enabled = excluded.enabled,
		   shipped = excluded.shipped;
$$;
COMMENT ON FUNCTION dbadvisor.register_rule(text, text, text, text, jsonb, integer, text, text, boolean, boolean) IS
'Put a rule into the registry, or replace its row';

-- NULL leaves enabled and severity as they are; thresholds add to those set.
CREATE OR REPLACE FUNCTION dbadvisor.set_rule(
	rule text,
	enabled boolean DEFAULT NULL,
	severity text DEFAULT NULL,
	thresholds jsonb DEFAULT '{}',
	object_pattern text DEFAULT '*')
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM dbadvisor.require_rule(set_rule.rule);
	PERFORM dbadvisor.require_threshold(set_rule.rule, k)
	   FROM pg_catalog.jsonb_object_keys(set_rule.thresholds) k;

	INSERT INTO dbadvisor.rule_setting AS s
		   (rule, object_pattern, enabled, severity, thresholds)
	VALUES (set_rule.rule, set_rule.object_pattern, set_rule.enabled,
			set_rule.severity, set_rule.thresholds)
		ON CONFLICT (rule, object_pattern) DO UPDATE
	   SET enabled = COALESCE(excluded.enabled, s.enabled),
		   severity = COALESCE(excluded.severity, s.severity),
		   thresholds = s.thresholds || excluded.thresholds;
	PERFORM dbadvisor.refresh_suppression();
END;
$$;
COMMENT ON FUNCTION dbadvisor.set_rule(text, boolean, text, jsonb, text) IS
'Override enabled, severity or thresholds of a rule, for all objects or those that match a pattern; DELETE FROM dbadvisor.rule_setting takes it back';

CREATE OR REPLACE FUNCTION dbadvisor.rule_enabled(
	rule text,
	object_name text DEFAULT NULL)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE((SELECT s.enabled
					   FROM dbadvisor.settings_of(rule_enabled.rule, rule_enabled.object_name) s
					  WHERE s.enabled IS NOT NULL
					  LIMIT 1),
					(SELECT r.enabled
					   FROM dbadvisor.rule r
					  WHERE r.rule = rule_enabled.rule));
$$;
COMMENT ON FUNCTION dbadvisor.rule_enabled(text, text) IS
'Whether a rule is switched on, for an object or for objects in general; null for an unknown rule';

CREATE OR REPLACE FUNCTION dbadvisor.require_threshold(rule text, name text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	defaults jsonb;
BEGIN
	PERFORM dbadvisor.require_rule(require_threshold.rule);
	SELECT r.thresholds
	  INTO defaults
	  FROM dbadvisor.rule r
	 WHERE r.rule = require_threshold.rule;
	IF NOT defaults ? require_threshold.name THEN
		RAISE EXCEPTION 'rule "%" has no threshold "%"',
			require_threshold.rule, require_threshold.name
			USING ERRCODE = 'undefined_parameter',
				  HINT = pg_catalog.format('Its thresholds are: %s.',
										   COALESCE((SELECT pg_catalog.string_agg(k, ', ' ORDER BY k)
													   FROM pg_catalog.jsonb_object_keys(defaults) k),
													'none'));
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.require_threshold(text, text) IS
'Raise an error unless the rule is in the registry and has the threshold';

CREATE OR REPLACE FUNCTION dbadvisor.threshold_text(
	rule text,
	name text,
	object_name text DEFAULT NULL)
RETURNS text
LANGUAGE c STABLE COST 100
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_threshold_text';
COMMENT ON FUNCTION dbadvisor.threshold_text(text, text, text) IS
'A threshold of a rule as text, with dbadvisor.rule_setting taken into account';

CREATE OR REPLACE FUNCTION dbadvisor.threshold(
	rule text,
	name text,
	object_name text DEFAULT NULL)
RETURNS numeric
LANGUAGE c STABLE COST 100
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_threshold';
COMMENT ON FUNCTION dbadvisor.threshold(text, text, text) IS
'A threshold of a rule as a number, with dbadvisor.rule_setting taken into account';

REVOKE ALL ON FUNCTION dbadvisor.require_rule(text),
	dbadvisor.register_rule(text, text, text, text, jsonb, integer, text, text, boolean, boolean),
	dbadvisor.set_rule(text, boolean, text, jsonb, text),
	dbadvisor.rule_enabled(text, text),
	dbadvisor.require_threshold(text, text),
	dbadvisor.threshold_text(text, text, text),
	dbadvisor.threshold(text, text, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.require_rule(text),
	dbadvisor.rule_enabled(text, text),
	dbadvisor.require_threshold(text, text),
	dbadvisor.threshold_text(text, text, text),
	dbadvisor.threshold(text, text, text)
	TO dbadvisor_reader;
GRANT EXECUTE ON FUNCTION dbadvisor.set_rule(text, boolean, text, jsonb, text)
	TO dbadvisor_admin;
