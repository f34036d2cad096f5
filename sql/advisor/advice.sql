-- Advice: how to build a row, weigh it, and know it again.

-- One value in the order of importance.
CREATE OR REPLACE FUNCTION dbadvisor.severity_rank(severity text)
RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.array_position(
		ARRAY['info', 'low', 'medium', 'high', 'critical'], severity);
$$;
COMMENT ON FUNCTION dbadvisor.severity_rank(text) IS
'Severity as a number from 1 (info) to 5 (critical), to order by';

-- Patterns have the wildcards of a shell, since names are full of underscores,
-- which LIKE takes for a wildcard.
CREATE OR REPLACE FUNCTION dbadvisor.name_matches(name text, pattern text)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_name_matches';
COMMENT ON FUNCTION dbadvisor.name_matches(text, text) IS
'Whether a name matches a pattern, in which * stands for any characters and ? for one';

-- The setting that counts is that of the longest pattern that says something.
CREATE OR REPLACE FUNCTION dbadvisor.settings_of(
	rule text,
	object_name text DEFAULT NULL)
RETURNS SETOF dbadvisor.rule_setting
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT s.*
	  FROM dbadvisor.rule_setting s
	 WHERE s.rule = settings_of.rule
	   AND (s.object_pattern = '*'
			OR dbadvisor.name_matches(settings_of.object_name, s.object_pattern))
	 ORDER BY pg_catalog.length(s.object_pattern) DESC,
		   s.object_pattern;
$$;
COMMENT ON FUNCTION dbadvisor.settings_of(text, text) IS
'Settings of a rule that concern an object, the closest first; those for all objects only when none is given';

-- Names come out the same whatever quote_all_identifiers says, since they are
-- part of fingerprints.
CREATE OR REPLACE FUNCTION dbadvisor.advice(
	rule text,
	relid oid DEFAULT NULL,
	title text DEFAULT NULL,
	detail text DEFAULT NULL,
	evidence jsonb DEFAULT NULL,
	variant text DEFAULT NULL,
	severity text DEFAULT NULL,
	proof text DEFAULT 'catalog',
	attnum integer DEFAULT 0,
	object_type text DEFAULT NULL,
	object_name text DEFAULT NULL,
	queryids bigint[] DEFAULT NULL,
	benefit_ms_per_day double precision DEFAULT NULL,
	benefit_bytes bigint DEFAULT NULL,
	cost_bytes bigint DEFAULT NULL,
	confidence double precision DEFAULT 1,
	evidence_since timestamptz DEFAULT NULL,
	evidence_nodes text[] DEFAULT NULL,
	precheck_sql text DEFAULT NULL,
	safety text DEFAULT 'reversible',
	affected_count integer DEFAULT 1,
	depends_on text[] DEFAULT NULL,
	conflicts_with text[] DEFAULT NULL,
	contains_values boolean DEFAULT false,
	apply_sql text DEFAULT NULL,
	revert_sql text DEFAULT NULL,
	impact text DEFAULT NULL)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT advice.rule,
		   o.type,
		   o.name,
		   advice.relid,
		   advice.variant,
		   COALESCE((SELECT s.severity
					   FROM dbadvisor.settings_of(advice.rule, o.name) s
					  WHERE s.severity IS NOT NULL
					  LIMIT 1),
					advice.severity,
					(SELECT r.severity
					   FROM dbadvisor.rule r
					  WHERE r.rule = advice.rule)),
		   advice.title,
		   advice.detail,
		   advice.evidence,
		   advice.queryids,
		   advice.benefit_ms_per_day,
		   advice.benefit_bytes,
		   advice.cost_bytes,
		   advice.confidence,
		   advice.proof,
		   advice.evidence_since,
		   advice.evidence_nodes,
		   advice.precheck_sql,
		   advice.safety,
		   advice.affected_count,
		   advice.depends_on,
		   advice.conflicts_with,
		   advice.contains_values,
		   advice.apply_sql,
		   advice.revert_sql,
		   CASE
		   WHEN advice.apply_sql IS NOT NULL AND advice.impact ~ '\m(ACCESS EXCLUSIVE|SHARE ROW EXCLUSIVE|SHARE) lock\M'
		   THEN advice.impact || ' SET lock_timeout first: what waits for such a lock makes all others wait.'
		   ELSE advice.impact
		   END
	  FROM (SELECT COALESCE(advice.object_type, i.type),
				   COALESCE(advice.object_name, i.identity)
			  FROM pg_catalog.pg_identify_object(
					   'pg_catalog.pg_class'::pg_catalog.regclass,
					   COALESCE(advice.relid, 0),
					   advice.attnum) i) o (type, name);
$$;
COMMENT ON FUNCTION dbadvisor.advice(text, oid, text, text, jsonb, text, text, text, integer, text, text, bigint[], double precision, bigint, bigint, double precision, timestamptz, text[], text, text, integer, text[], text[], boolean, text, text, text) IS
'Build a row of advice: names the object after relid (and attnum) unless told otherwise, takes the severity from dbadvisor.rule_setting, the argument or the registry';

CREATE OR REPLACE FUNCTION dbadvisor.advice_note(
	rule text,
	status text,
	reason text DEFAULT NULL,
	evidence jsonb DEFAULT NULL)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT n.*
	  FROM dbadvisor.advice(
			   rule => advice_note.rule,
			   object_type => 'rule',
			   object_name => advice_note.rule,
			   variant => advice_note.status,
			   title => pg_catalog.format('Rule %s: %s', advice_note.rule, advice_note.status),
			   detail => advice_note.reason,
			   evidence => advice_note.evidence) n;
$$;
COMMENT ON FUNCTION dbadvisor.advice_note(text, text, text, jsonb) IS
'Build the row in which a rule speaks of its own run (status ok, skipped or degraded); analyze() puts it into dbadvisor.rule_run';

CREATE OR REPLACE FUNCTION dbadvisor.relation_name(relid oid)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT ARRAY[n.nspname, c.relname]::text[]
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE c.oid = relation_name.relid;
$$;
COMMENT ON FUNCTION dbadvisor.relation_name(oid) IS
'Schema and name of a relation as pg_identify_object_as_address gives them, unquoted';

-- The same in every encoding of the database; SQL_ASCII cannot be converted.
CREATE OR REPLACE FUNCTION dbadvisor.text_hash(value text)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.left(
			   pg_catalog.encode(
				   pg_catalog.sha256(
					   pg_catalog.convert_to(
						   value,
						   CASE pg_catalog.getdatabaseencoding()
						   WHEN 'SQL_ASCII' THEN 'SQL_ASCII'
						   ELSE 'UTF8'
						   END)),
				   'hex'),
			   32);
$$;
COMMENT ON FUNCTION dbadvisor.text_hash(text) IS
'First half of a SHA-256 in hexadecimal';

-- jsonb separates the parts beyond doubt.
CREATE OR REPLACE FUNCTION dbadvisor.fingerprint(a dbadvisor.advice)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.text_hash(
			   pg_catalog.jsonb_build_array(
				   a.rule,
				   dbadvisor.relation_name(a.relid),
				   a.object_type,
				   a.object_name,
				   a.variant)::text);
$$;
COMMENT ON FUNCTION dbadvisor.fingerprint(dbadvisor.advice) IS
'Hash of rule, object and variant, never of OIDs or figures: the same across runs, restarts, dump and restore';

REVOKE ALL ON FUNCTION dbadvisor.severity_rank(text),
	dbadvisor.name_matches(text, text),
	dbadvisor.settings_of(text, text),
	dbadvisor.advice(text, oid, text, text, jsonb, text, text, text, integer, text, text, bigint[], double precision, bigint, bigint, double precision, timestamptz, text[], text, text, integer, text[], text[], boolean, text, text, text),
	dbadvisor.advice_note(text, text, text, jsonb),
	dbadvisor.relation_name(oid),
	dbadvisor.text_hash(text),
	dbadvisor.fingerprint(dbadvisor.advice)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.severity_rank(text),
	dbadvisor.name_matches(text, text),
	dbadvisor.settings_of(text, text),
	dbadvisor.advice(text, oid, text, text, jsonb, text, text, text, integer, text, text, bigint[], double precision, bigint, bigint, double precision, timestamptz, text[], text, text, integer, text[], text[], boolean, text, text, text),
	dbadvisor.advice_note(text, text, text, jsonb),
	dbadvisor.relation_name(oid),
	dbadvisor.text_hash(text),
	dbadvisor.fingerprint(dbadvisor.advice)
	TO dbadvisor_reader;
