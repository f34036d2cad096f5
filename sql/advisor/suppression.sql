-- Suppression: findings that somebody has decided not to hear of.
--
-- Four things hide a finding: a row of dbadvisor.suppression, a directive in
-- the comment of its relation, a rule that is switched off for it, and another
-- finding whose index does what it asks for.  They are laid over the findings by
-- refresh_suppression().

CREATE OR REPLACE FUNCTION dbadvisor.date_or_null(value text)
RETURNS date
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
BEGIN
	IF value ~ '^\d{4}-\d{2}-\d{2}$' THEN
		RETURN value::date;
	END IF;
	RETURN NULL;
EXCEPTION WHEN datetime_field_overflow OR invalid_datetime_format THEN
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.date_or_null(text) IS
'A date written YYYY-MM-DD; null for anything else';

-- A directive holds through the day it names.  One on a relation speaks of all
-- findings that belong to it, one on another object of that object alone.
CREATE OR REPLACE FUNCTION dbadvisor.comment_directives()
RETURNS TABLE (
	relid oid,
	object_type text,
	object_name text,
	rule_pattern text,
	until timestamptz,
	reason text,
	problem text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE
		   WHEN d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0
		   THEN d.objoid
		   END,
		   o.type,
		   o.identity,
		   COALESCE(m.part[1], '*'),
		   (dbadvisor.date_or_null(m.part[3]) + 1)::timestamptz,
		   m.part[4],
		   CASE
		   WHEN m.part IS NULL THEN 'should read "dbadvisor:ignore <rule> [until <date>]: <reason>"'
		   WHEN m.part[3] IS NOT NULL AND dbadvisor.date_or_null(m.part[3]) IS NULL
		   THEN pg_catalog.format('"%s" is not a date of the form YYYY-MM-DD', m.part[3])
		   END
	  FROM pg_catalog.pg_description d
	 CROSS JOIN LATERAL pg_catalog.regexp_split_to_table(d.description, '\n') AS line
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.regexp_match(
				   line,
				   'dbadvisor:ignore\s+([a-z0-9_.*?]+)(\s+until\s+([^\s:]+))?\s*:\s*(\S.*)$')) m (part)
	 CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) o
	 WHERE d.description LIKE '%dbadvisor:ignore%'
	   AND line LIKE '%dbadvisor:ignore%'
	   AND d.objoid >= 16384
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_depend e
						WHERE e.classid = d.classoid
						  AND e.objid = d.objoid
						  AND e.objsubid = 0
						  AND e.deptype = 'e');
$$;
COMMENT ON FUNCTION dbadvisor.comment_directives() IS
'The lines "dbadvisor:ignore <rule> [until <date>]: <reason>" in comments of objects; relid is set for relations, problem says why one does not count';

CREATE OR REPLACE FUNCTION dbadvisor.comment_notes(rule text)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.array_agg(n.note ORDER BY n.note), '{}')
	  FROM (SELECT pg_catalog.format('comment on %s: %s', d.object_name, d.problem)
			  FROM dbadvisor.comment_directives() d
			 WHERE d.problem IS NOT NULL
			   AND dbadvisor.name_matches(comment_notes.rule, d.rule_pattern)) n (note);
$$;
COMMENT ON FUNCTION dbadvisor.comment_notes(text) IS
'Directives in comments that concern a rule and cannot be obeyed, as notes for dbadvisor.rule_run';

-- What was decided on some figures is to be decided again on others.
CREATE OR REPLACE FUNCTION dbadvisor.advice_figures(
	evidence jsonb,
	benefit_ms_per_day double precision,
	benefit_bytes bigint,
	cost_bytes bigint)
RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE((SELECT pg_catalog.jsonb_object_agg(e.key, e.value)
					   FROM pg_catalog.jsonb_each(evidence) e
					  WHERE pg_catalog.jsonb_typeof(e.value) = 'number'), '{}')
		   || pg_catalog.jsonb_strip_nulls(
				  pg_catalog.jsonb_build_object('benefit_ms_per_day', benefit_ms_per_day,
												'benefit_bytes', benefit_bytes,
												'cost_bytes', cost_bytes));
$$;
COMMENT ON FUNCTION dbadvisor.advice_figures(jsonb, double precision, bigint, bigint) IS
'The numbers in the evidence of advice, and its benefit and cost, by name';

CREATE OR REPLACE FUNCTION dbadvisor.figures_differ(old jsonb, new jsonb, share double precision)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT EXISTS (
		SELECT
		  FROM pg_catalog.jsonb_each(old) o
		  JOIN pg_catalog.jsonb_each(new) n ON n.key = o.key
		 WHERE pg_catalog.abs(n.value::numeric - o.value::numeric) > share::numeric * pg_catalog.abs(o.value::numeric));
$$;
COMMENT ON FUNCTION dbadvisor.figures_differ(jsonb, jsonb, double precision) IS
'Whether a figure that both have differs from the old one by more than a share of that';

CREATE OR REPLACE FUNCTION dbadvisor.suppressions_of(
	advice dbadvisor.advice[],
	fingerprints text[],
	OUT place bigint,
	OUT reason text,
	OUT until timestamptz)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH given AS MATERIALIZED (
		SELECT a.rule,
			   a.object_type,
			   a.object_name,
			   a.relid,
			   dbadvisor.advice_figures(a.evidence, a.benefit_ms_per_day, a.benefit_bytes, a.cost_bytes) AS figures,
			   a.evidence -> 'index' AS index,
			   a.evidence -> 'index_wanted' AS index_wanted,
			   suppressions_of.fingerprints[a.ordinality] AS fingerprint,
			   a.ordinality AS place
		  FROM pg_catalog.unnest(suppressions_of.advice) WITH ORDINALITY a
	), decided AS MATERIALIZED (
		SELECT g.place,
			   s.reason,
			   s.until
		  FROM given g
		  JOIN dbadvisor.suppression s
			ON s.fingerprint = g.fingerprint
			OR (dbadvisor.name_matches(g.rule, s.rule_pattern)
				AND dbadvisor.name_matches(g.object_name, s.object_pattern))
		 WHERE (s.until IS NULL
				OR s.until > CURRENT_TIMESTAMP)
		   AND (s.max_change IS NULL
				OR NOT dbadvisor.figures_differ(s.figures, g.figures, s.max_change))
		 UNION ALL
		SELECT g.place,
			   d.reason,
			   d.until
		  FROM dbadvisor.comment_directives() d
		  JOIN given g
			ON (d.relid = g.relid
				OR (d.object_type = g.object_type AND d.object_name = g.object_name))
		   AND dbadvisor.name_matches(g.rule, d.rule_pattern)
		 WHERE d.problem IS NULL
		   AND (d.until IS NULL
				OR d.until > CURRENT_TIMESTAMP)
		 UNION ALL
		SELECT g.place,
			   'rule is switched off',
			   NULL
		  FROM given g
		 WHERE g.rule IN (SELECT r.rule
							FROM dbadvisor.rule r
						   WHERE NOT r.enabled
						   UNION ALL
						  SELECT s.rule
							FROM dbadvisor.rule_setting s
						   WHERE s.enabled IS NOT NULL)
		   AND NOT dbadvisor.rule_enabled(g.rule, g.object_name)
	)
	SELECT d.place,
		   d.reason,
		   d.until
	  FROM decided d
	 UNION ALL
	SELECT w.place,
		   w.reason,
		   NULL
	  FROM (SELECT DISTINCT ON (g.place)
				   g.place,
				   pg_catalog.format('%s recommends an index that does this, too: %s', o.rule,
									 dbadvisor.index_shape_text(COALESCE(o.index, o.index_wanted))) AS reason
			  FROM given g
			  JOIN given o ON o.relid = g.relid
			 WHERE g.index_wanted IS NOT NULL
			   AND o.place NOT IN (SELECT d.place FROM decided d)
			   -- of two that only want one, one must stay
			   AND (dbadvisor.index_serves(o.index, g.index_wanted)
					OR (o.rule < g.rule AND dbadvisor.index_serves(o.index_wanted, g.index_wanted)))
			 ORDER BY g.place,
				   o.index IS NULL,
				   o.rule,
				   o.place) w;
$$;
COMMENT ON FUNCTION dbadvisor.suppressions_of(dbadvisor.advice[], text[]) IS
'Everything that hides advice now, by its place in the array';

CREATE OR REPLACE FUNCTION dbadvisor.active_suppressions()
RETURNS TABLE (finding_id bigint, reason text, until timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT f.ids[s.place],
		   s.reason,
		   s.until
	  FROM (SELECT pg_catalog.array_agg(f.finding_id ORDER BY f.finding_id) AS ids,
				   pg_catalog.array_agg(f.fingerprint ORDER BY f.finding_id) AS fingerprints,
				   pg_catalog.array_agg(
					   pg_catalog.jsonb_populate_record(
						   NULL::dbadvisor.advice,
						   pg_catalog.jsonb_build_object('rule', f.rule, 'relid', f.relid,
														 'object_type', f.object_type,
														 'object_name', f.object_name,
														 'evidence', CASE f.stage WHEN 'open' THEN f.evidence END,
														 'benefit_ms_per_day', f.benefit_ms_per_day,
														 'benefit_bytes', f.benefit_bytes,
														 'cost_bytes', f.cost_bytes))
					   ORDER BY f.finding_id) AS advice
			  FROM dbadvisor.finding f) f
	 CROSS JOIN LATERAL dbadvisor.suppressions_of(f.advice, f.fingerprints) s;
$$;
COMMENT ON FUNCTION dbadvisor.active_suppressions() IS
'Everything that hides a finding now';

-- Of several suppressions the one that lasts longest is shown.
CREATE OR REPLACE FUNCTION dbadvisor.refresh_suppression()
RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	UPDATE dbadvisor.finding f
	   SET suppressed_reason = s.reason,
		   suppressed_until = s.until
	  FROM dbadvisor.finding g
	  LEFT JOIN (SELECT DISTINCT ON (a.finding_id)
						a.finding_id,
						a.reason,
						a.until
				   FROM dbadvisor.active_suppressions() a
				  ORDER BY a.finding_id,
						a.until DESC NULLS FIRST,
						a.reason) s ON s.finding_id = g.finding_id
	 WHERE g.finding_id = f.finding_id
	   AND (f.suppressed_reason IS DISTINCT FROM s.reason
			OR f.suppressed_until IS DISTINCT FROM s.until);
$$;
COMMENT ON FUNCTION dbadvisor.refresh_suppression() IS
'Mark the findings that are suppressed now, and those no longer';

CREATE OR REPLACE FUNCTION dbadvisor.check_suppression(reason text, until timestamptz)
RETURNS void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF COALESCE(pg_catalog.btrim(reason), '') = '' THEN
		RAISE EXCEPTION 'a suppression needs a reason'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Say why, for those who read it later.';
	END IF;
	IF until <= CURRENT_TIMESTAMP THEN
		RAISE EXCEPTION 'the end of the suppression has passed'
			USING ERRCODE = 'invalid_parameter_value',
				  DETAIL = pg_catalog.format('It is %s.', until);
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.check_suppression(text, timestamptz) IS
'Raise an error for a suppression without reason or with an end in the past';

CREATE OR REPLACE FUNCTION dbadvisor.finding_fingerprint(finding_id bigint)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	fingerprint text := (SELECT f.fingerprint
						   FROM dbadvisor.finding f
						  WHERE f.finding_id = finding_fingerprint.finding_id);
BEGIN
	IF fingerprint IS NULL THEN
		RAISE EXCEPTION 'finding % does not exist', finding_id
			USING ERRCODE = 'undefined_object',
				  HINT = 'Table dbadvisor.finding lists all findings.';
	END IF;
	RETURN fingerprint;
END;
$$;
COMMENT ON FUNCTION dbadvisor.finding_fingerprint(bigint) IS
'Fingerprint of a finding; an error for an unknown number';

CREATE OR REPLACE FUNCTION dbadvisor.suppress(
	finding_id bigint,
	reason text,
	until timestamptz DEFAULT NULL,
	max_change double precision DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM dbadvisor.check_suppression(suppress.reason, suppress.until);
	IF suppress.max_change <= 0 THEN
		RAISE EXCEPTION 'the largest change of a suppression is not above 0'
			USING ERRCODE = 'invalid_parameter_value',
				  HINT = 'Use a share, such as 0.2 for a fifth, or null for any change.';
	END IF;
	INSERT INTO dbadvisor.suppression (fingerprint, reason, until, max_change, figures)
	VALUES (dbadvisor.finding_fingerprint(suppress.finding_id),
			suppress.reason, suppress.until, suppress.max_change,
			CASE WHEN suppress.max_change IS NOT NULL
				 THEN (SELECT dbadvisor.advice_figures(f.evidence, f.benefit_ms_per_day, f.benefit_bytes, f.cost_bytes)
						 FROM dbadvisor.finding f
						WHERE f.finding_id = suppress.finding_id) END)
		ON CONFLICT (fingerprint) DO UPDATE
	   SET reason = excluded.reason,
		   until = excluded.until,
		   max_change = excluded.max_change,
		   figures = excluded.figures,
		   created_at = excluded.created_at,
		   created_by = excluded.created_by;
	PERFORM dbadvisor.refresh_suppression();
END;
$$;
COMMENT ON FUNCTION dbadvisor.suppress(bigint, text, timestamptz, double precision) IS
'Hide one finding, for good or until a time; with max_change until a figure of its evidence, benefit or cost has changed by more than that share of what it is now';

CREATE OR REPLACE FUNCTION dbadvisor.suppress(
	rule_pattern text,
	object_pattern text,
	reason text,
	until timestamptz DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	PERFORM dbadvisor.check_suppression(suppress.reason, suppress.until);
	IF NOT EXISTS (SELECT
					 FROM dbadvisor.rule r
					WHERE dbadvisor.name_matches(r.rule, suppress.rule_pattern)) THEN
		RAISE EXCEPTION 'no rule matches "%"', suppress.rule_pattern
			USING ERRCODE = 'undefined_object',
				  HINT = 'Table dbadvisor.rule lists the rules; * and ? are wildcards.';
	END IF;
	INSERT INTO dbadvisor.suppression (rule_pattern, object_pattern, reason, until)
	VALUES (suppress.rule_pattern,
			COALESCE(suppress.object_pattern, '*'),
			suppress.reason, suppress.until)
		ON CONFLICT (rule_pattern, object_pattern) DO UPDATE
	   SET reason = excluded.reason,
		   until = excluded.until,
		   created_at = excluded.created_at,
		   created_by = excluded.created_by;
	PERFORM dbadvisor.refresh_suppression();
	RETURN (SELECT pg_catalog.count(*)
			  FROM dbadvisor.finding f
			 WHERE dbadvisor.name_matches(f.rule, suppress.rule_pattern)
			   AND dbadvisor.name_matches(f.object_name, COALESCE(suppress.object_pattern, '*')));
END;
$$;
COMMENT ON FUNCTION dbadvisor.suppress(text, text, text, timestamptz) IS
'Hide all findings, now and later, whose rule and object match the patterns; returns how many there are now';

CREATE OR REPLACE FUNCTION dbadvisor.unsuppress(finding_id bigint)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	reason_left text;
BEGIN
	DELETE FROM dbadvisor.suppression s
	 WHERE s.fingerprint = dbadvisor.finding_fingerprint(unsuppress.finding_id);
	IF NOT FOUND THEN
		RAISE EXCEPTION 'finding % is not suppressed by its number', finding_id
			USING ERRCODE = 'object_not_in_prerequisite_state',
				  HINT = 'Patterns are in dbadvisor.suppression; comments and switched off rules suppress, too.';
	END IF;
	PERFORM dbadvisor.refresh_suppression();
	SELECT f.suppressed_reason
	  INTO reason_left
	  FROM dbadvisor.finding f
	 WHERE f.finding_id = unsuppress.finding_id;
	IF reason_left IS NOT NULL THEN
		RAISE NOTICE 'finding % is still suppressed', finding_id
			USING DETAIL = reason_left;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.unsuppress(bigint) IS
'Take back suppress(finding_id)';

CREATE OR REPLACE FUNCTION dbadvisor.unsuppress(rule_pattern text, object_pattern text)
RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	DELETE FROM dbadvisor.suppression s
	 WHERE s.rule_pattern = unsuppress.rule_pattern
	   AND s.object_pattern = COALESCE(unsuppress.object_pattern, '*');
	IF NOT FOUND THEN
		RAISE EXCEPTION 'there is no suppression of "%" on "%"', rule_pattern, object_pattern
			USING ERRCODE = 'undefined_object',
				  HINT = 'Table dbadvisor.suppression lists the patterns.';
	END IF;
	PERFORM dbadvisor.refresh_suppression();
END;
$$;
COMMENT ON FUNCTION dbadvisor.unsuppress(text, text) IS
'Take back suppress(rule_pattern, object_pattern)';

REVOKE ALL ON FUNCTION dbadvisor.date_or_null(text),
	dbadvisor.comment_directives(),
	dbadvisor.comment_notes(text),
	dbadvisor.advice_figures(jsonb, double precision, bigint, bigint),
	dbadvisor.figures_differ(jsonb, jsonb, double precision),
	dbadvisor.suppressions_of(dbadvisor.advice[], text[]),
	dbadvisor.active_suppressions(),
	dbadvisor.refresh_suppression(),
	dbadvisor.check_suppression(text, timestamptz),
	dbadvisor.finding_fingerprint(bigint),
	dbadvisor.suppress(bigint, text, timestamptz, double precision),
	dbadvisor.suppress(text, text, text, timestamptz),
	dbadvisor.unsuppress(bigint),
	dbadvisor.unsuppress(text, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.comment_notes(text),
	dbadvisor.active_suppressions(),
	dbadvisor.refresh_suppression(),
	dbadvisor.check_suppression(text, timestamptz),
	dbadvisor.finding_fingerprint(bigint),
	dbadvisor.suppress(bigint, text, timestamptz, double precision),
	dbadvisor.suppress(text, text, text, timestamptz),
	dbadvisor.unsuppress(bigint),
	dbadvisor.unsuppress(text, text)
	TO dbadvisor_admin;
GRANT EXECUTE ON FUNCTION dbadvisor.date_or_null(text),
	dbadvisor.comment_directives(),
	dbadvisor.advice_figures(jsonb, double precision, bigint, bigint),
	dbadvisor.figures_differ(jsonb, jsonb, double precision),
	dbadvisor.suppressions_of(dbadvisor.advice[], text[])
	TO dbadvisor_reader;
