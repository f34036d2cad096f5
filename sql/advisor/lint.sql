-- lint(): the findings of one schema, without storing anything.
--
-- For those who test a schema before it goes live: the rules run as in
-- analyze(), each in a block of its own.  Nothing is written, so it works on a
-- standby and in a read-only transaction.

-- A rule that fails is a row of its own: nobody must take it for silence.
CREATE OR REPLACE FUNCTION dbadvisor.rule_advice_safely(rule text)
RETURNS dbadvisor.advice[]
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN dbadvisor.rule_advice(dbadvisor.rule_query(rule));
EXCEPTION WHEN OTHERS THEN
	RETURN ARRAY[dbadvisor.advice_note(rule, 'failed', pg_catalog.format('%s: %s', sqlstate, sqlerrm))];
END;
$$;
COMMENT ON FUNCTION dbadvisor.rule_advice_safely(text) IS
'The advice of a rule; an error is told in a row whose object is the rule';

-- All are gathered first: the advice of one rule may make that of another needless.
CREATE OR REPLACE FUNCTION dbadvisor.advice_now(rules text[])
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	found dbadvisor.advice[] := '{}';
	fingerprints text[];
BEGIN
	FOR i IN 1 .. pg_catalog.cardinality(rules) LOOP
		found := found || ARRAY(SELECT a
								  FROM pg_catalog.unnest(dbadvisor.rule_advice_safely(rules[i])) a
								 WHERE a.object_type <> 'rule'
									OR a.variant <> 'ok');
	END LOOP;
	fingerprints := ARRAY(SELECT dbadvisor.fingerprint(a)
							FROM pg_catalog.unnest(found) a);
	RETURN QUERY
	SELECT a.*
	  FROM pg_catalog.generate_subscripts(found, 1) p (place)
	 CROSS JOIN LATERAL (SELECT (found[p.place]).*) a
	 WHERE p.place NOT IN (SELECT s.place
							 FROM dbadvisor.suppressions_of(found, fingerprints) s);
END;
$$;
COMMENT ON FUNCTION dbadvisor.advice_now(text[]) IS
'What some rules say now, without what is suppressed; one that fails or does not see all is a row whose object_type is "rule"';

CREATE OR REPLACE FUNCTION dbadvisor.rules_of(categories text[])
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.array_agg(r.rule ORDER BY r.rule), '{}')
	  FROM dbadvisor.rule r
	 WHERE r.category = ANY (rules_of.categories)
	   AND dbadvisor.rule_skip_reason(r.rule) IS NULL;
$$;
COMMENT ON FUNCTION dbadvisor.rules_of(text[]) IS
'The rules of some categories that are switched on and that this server can run';

CREATE OR REPLACE FUNCTION dbadvisor.require_schema(schema_name text)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT EXISTS (SELECT
					 FROM pg_catalog.pg_namespace n
					WHERE n.nspname = require_schema.schema_name) THEN
		RAISE EXCEPTION 'schema "%" does not exist', schema_name
			USING ERRCODE = 'invalid_schema_name';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.require_schema(text) IS
'Raise an error unless there is a schema of this name';

-- Whatever is not a relation is told by its name, which begins with the schema's.
CREATE OR REPLACE FUNCTION dbadvisor.advice_is_in_schema(
	a dbadvisor.advice,
	schema_name text)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE
		   WHEN a.object_type = 'rule' THEN a.variant = 'failed'
		   WHEN a.relid IS NOT NULL
		   THEN (dbadvisor.relation_name(a.relid))[1] = schema_name
		   ELSE a.object_name = pg_catalog.quote_ident(schema_name)
				OR pg_catalog.starts_with(a.object_name, pg_catalog.quote_ident(schema_name) || '.')
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.advice_is_in_schema(dbadvisor.advice, text) IS
'Whether advice speaks of an object of a schema, or of a rule that has failed';

CREATE OR REPLACE FUNCTION dbadvisor.lint(
	schema_name text,
	categories text[] DEFAULT NULL)
RETURNS SETOF dbadvisor.advice
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	PERFORM dbadvisor.require_schema(schema_name);
	RETURN QUERY
	SELECT a.*
	  FROM dbadvisor.advice_now(dbadvisor.rules_of(dbadvisor.valid_categories(categories))) a
	 WHERE dbadvisor.advice_is_in_schema(a, schema_name);
END;
$$;
COMMENT ON FUNCTION dbadvisor.lint(text, text[]) IS
'Run the rules of some categories (null: all) and return what they say of a schema, without what is suppressed; stores nothing. A rule that fails is a row whose object_type is "rule"';

CREATE OR REPLACE FUNCTION dbadvisor.assert_clean(
	schema_name text,
	min_severity text DEFAULT 'medium',
	categories text[] DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	lines text[];
BEGIN
	IF dbadvisor.severity_rank(min_severity) IS NULL THEN
		RAISE EXCEPTION 'unknown severity: %', COALESCE(pg_catalog.quote_literal(min_severity), 'NULL')
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Severities are info, low, medium, high and critical.';
	END IF;
	lines := ARRAY(SELECT pg_catalog.format('%s: %s: %s', a.severity, a.rule,
											CASE a.object_type WHEN 'rule' THEN a.detail ELSE a.title END)
					 FROM dbadvisor.lint(schema_name, categories) a
					WHERE dbadvisor.severity_rank(a.severity) >= dbadvisor.severity_rank(min_severity)
					ORDER BY dbadvisor.severity_rank(a.severity) DESC, a.rule, a.object_name, a.variant);
	IF lines <> '{}' THEN
		RAISE EXCEPTION 'schema "%" has % % of severity % or above', schema_name,
			pg_catalog.cardinality(lines),
			CASE pg_catalog.cardinality(lines) WHEN 1 THEN 'finding' ELSE 'findings' END,
			min_severity
			USING ERRCODE = 'check_violation',
				  DETAIL = pg_catalog.array_to_string(lines, E'\n'),
				  HINT = 'Function dbadvisor.lint() tells why, and what to do.';
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.assert_clean(text, text, text[]) IS
'Raise an error when lint() finds something of this severity or above in a schema, with the list in its detail; a rule that fails counts with its severity';

REVOKE ALL ON FUNCTION dbadvisor.rule_advice_safely(text),
	dbadvisor.advice_now(text[]),
	dbadvisor.rules_of(text[]),
	dbadvisor.require_schema(text),
	dbadvisor.advice_is_in_schema(dbadvisor.advice, text),
	dbadvisor.lint(text, text[]),
	dbadvisor.assert_clean(text, text, text[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.rule_advice_safely(text),
	dbadvisor.advice_now(text[]),
	dbadvisor.rules_of(text[]),
	dbadvisor.require_schema(text),
	dbadvisor.advice_is_in_schema(dbadvisor.advice, text),
	dbadvisor.lint(text, text[]),
	dbadvisor.assert_clean(text, text, text[])
	TO dbadvisor_reader;
