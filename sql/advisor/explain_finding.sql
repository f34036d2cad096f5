-- explain_finding(): why a finding about an index says what it says.
--
-- Plans live, with the indexes that the finding builds upon; stores nothing.
-- A statement whose text the caller may not see gets a line that says so.

-- What else one could think of: fewer or other keys, another order, no INCLUDE.
CREATE OR REPLACE FUNCTION dbadvisor.index_alternatives(
	relid oid,
	shape jsonb,
	OUT label text,
	OUT definition text)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH part AS (
		SELECT ARRAY(SELECT pg_catalog.jsonb_array_elements_text(shape -> 'key_columns')) AS keys,
			   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(shape -> 'include_columns')) AS included
	), idea AS (
		SELECT 1 AS rank, p.keys[k:k] AS keys, '{}'::text[] AS included
		  FROM part p,
			   pg_catalog.generate_subscripts(p.keys, 1) k
		 UNION ALL
		SELECT 2, p.keys[1:n], '{}'
		  FROM part p,
			   pg_catalog.generate_series(2, pg_catalog.cardinality(p.keys) - 1) n
		 UNION ALL
		SELECT 3, p.keys, '{}'
		  FROM part p
		 UNION ALL
		SELECT 4, p.keys[2:2] || p.keys[1:1] || p.keys[3:], p.included
		  FROM part p
		 WHERE pg_catalog.cardinality(p.keys) > 1
	), different AS (
		SELECT DISTINCT ON (i.keys, i.included) i.*
		  FROM idea i,
			   part p
		 WHERE (i.keys, i.included) IS DISTINCT FROM (p.keys, p.included)
		 ORDER BY i.keys, i.included, i.rank
	)
	SELECT t.text,
		   pg_catalog.format('CREATE INDEX ON %I.%I USING %I %s%s', n.nspname, c.relname, shape ->> 'am', t.text,
							 ' WHERE ' || (shape ->> 'predicate'))
	  FROM different d
	  JOIN pg_catalog.pg_class c ON c.oid = relid
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.format('(%s)', pg_catalog.array_to_string(d.keys, ', '))
			|| CASE
			   WHEN d.included <> '{}'
			   THEN pg_catalog.format(' INCLUDE (%s)',
									  (SELECT pg_catalog.string_agg(u, ', ' ORDER BY o)
										 FROM pg_catalog.unnest(d.included) WITH ORDINALITY x (u, o)))
			   ELSE ''
			   END) t (text)
	 WHERE shape ->> 'am' = 'btree'
	 ORDER BY d.rank, d.keys;
$$;
COMMENT ON FUNCTION dbadvisor.index_alternatives(oid, jsonb) IS
'The obvious alternatives to an index of this shape, as CREATE INDEX statements';

-- The existing index that shares most leading keys, or else most keys.
CREATE OR REPLACE FUNCTION dbadvisor.index_nearest(
	relid oid,
	shape jsonb,
	OUT index_name text,
	OUT shape_text text,
	OUT leading_keys bigint)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT i.indexrelid::pg_catalog.regclass::text,
		   pg_catalog.regexp_replace(dbadvisor.index_shape_text(x.shape), '^USING btree ', ''),
		   s.leading
	  FROM pg_catalog.pg_index i
	 CROSS JOIN LATERAL dbadvisor.index_shape(i.indexrelid) x (shape)
	 CROSS JOIN LATERAL (
		SELECT COALESCE(pg_catalog.min(a.o) FILTER (WHERE b.k IS DISTINCT FROM a.k) - 1,
						pg_catalog.count(*)) AS leading,
			   pg_catalog.count(*) FILTER (WHERE (x.shape -> 'key_columns') @> pg_catalog.to_jsonb(a.k)) AS shared
		  FROM pg_catalog.jsonb_array_elements_text(index_nearest.shape -> 'key_columns') WITH ORDINALITY a (k, o)
		  LEFT JOIN pg_catalog.jsonb_array_elements_text(x.shape -> 'key_columns') WITH ORDINALITY b (k, o)
			ON b.o = a.o) s
	 WHERE i.indrelid = index_nearest.relid
	   AND i.indisvalid
	   AND s.shared > 0
	   AND x.shape IS DISTINCT FROM index_nearest.shape
	 ORDER BY s.leading DESC, s.shared DESC, i.indexrelid
	 LIMIT 1;
$$;
COMMENT ON FUNCTION dbadvisor.index_nearest(oid, jsonb) IS
'The existing index that shares most leading keys, or else most keys, with a shape';

-- CREATE INDEX texts of the findings of the same run that come before this one.
CREATE OR REPLACE FUNCTION dbadvisor.finding_base_indexes(finding_id bigint)
RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT COALESCE(pg_catalog.array_agg(b.apply_sql ORDER BY (b.evidence ->> 'step')::integer), '{}')
	  FROM dbadvisor.finding f
	  JOIN dbadvisor.finding b
		ON b.run_id = f.run_id
	   AND b.rule = f.rule
	   AND b.stage = 'open'
	   AND (b.evidence ->> 'step')::integer < (f.evidence ->> 'step')::integer
	 WHERE f.finding_id = finding_base_indexes.finding_id
	   AND b.apply_sql LIKE 'CREATE %INDEX %';
$$;
COMMENT ON FUNCTION dbadvisor.finding_base_indexes(bigint) IS
'The indexes that an index finding builds upon: those that its run recommends to create before it and that are not there yet';

-- to_regclass() raises an error where the caller may not use the schema.
CREATE OR REPLACE FUNCTION dbadvisor.index_by_name(name text)
RETURNS regclass
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT c.oid::pg_catalog.regclass
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE c.relkind IN ('i', 'I')
	   AND pg_catalog.format('%I.%I', n.nspname, c.relname) = name;
$$;
COMMENT ON FUNCTION dbadvisor.index_by_name(text) IS
'An index by its qualified and quoted name; null where there is none';

CREATE OR REPLACE FUNCTION dbadvisor.saved_percent(before double precision, after double precision)
RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.to_char((100 * (before - after) / NULLIF(before, 0))::numeric, 'FM999990.0') || ' %';
$$;
COMMENT ON FUNCTION dbadvisor.saved_percent(double precision, double precision) IS
'What one figure is below another, in per cent';

CREATE OR REPLACE FUNCTION dbadvisor.explain_finding(
	finding_id bigint,
	time_limit interval DEFAULT '10 s',
	OUT section text,
	OUT queryid bigint,
	OUT line text,
	OUT figures jsonb)
RETURNS SETOF record
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
	f dbadvisor.finding;
	s record;
	shape jsonb;
	definition text[] := '{}';
	hidden regclass[] := '{}';
	labels text[];
	alternatives text[];
	wanted bigint[];
	seen bigint[] := '{}';
	before float8 := 0;
	after float8 := 0;
	totals float8[];
	used boolean[];
	weight float8;
	near record;
	existing regclass;
	planned integer := 0;
	users integer := 0;
BEGIN
	SELECT x.* INTO f FROM dbadvisor.finding x WHERE x.finding_id = explain_finding.finding_id;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'finding % does not exist', finding_id USING ERRCODE = 'no_data_found',
			HINT = 'dbadvisor.recommendations lists the open ones.';
	END IF;
	section := 'finding';
	line := f.title;
	figures := pg_catalog.jsonb_build_object('rule', f.rule, 'status', f.status, 'last_seen', f.last_seen);
	RETURN NEXT;

	shape := f.evidence -> 'index';
	existing := dbadvisor.index_by_name(pg_catalog.substring(f.revert_sql, 'DROP INDEX (?:CONCURRENTLY )?(?:IF EXISTS )?([^;]+)$'));
	IF f.apply_sql LIKE 'CREATE %INDEX %' THEN
		definition := ARRAY[f.apply_sql];
		IF existing IS NOT NULL THEN
			hidden := ARRAY[existing];
			-- its name is taken
			definition[1] := pg_catalog.regexp_replace(f.apply_sql,
													   '^CREATE (UNIQUE )?INDEX (CONCURRENTLY )?("([^"]|"")*"|[^" ]+) ON ',
													   'CREATE \1INDEX ON ');
			section := 'note';
			line := pg_catalog.format('The index is there as %s; it is hidden to show the plans without it.', existing);
			figures := NULL;
			RETURN NEXT;
		END IF;
		SELECT pg_catalog.array_agg(a.label), pg_catalog.array_agg(a.definition)
		  INTO labels, alternatives
		  FROM dbadvisor.index_alternatives(f.relid, shape) a
		 WHERE NOT f.contains_values;
		SELECT pg_catalog.array_agg(DISTINCT (e ->> 'queryid')::bigint)
		  INTO wanted
		  FROM pg_catalog.jsonb_array_elements(f.evidence -> 'statements') e;
	ELSIF f.object_type = 'index' AND dbadvisor.index_by_name(f.object_name) IS NOT NULL THEN
		hidden := ARRAY[dbadvisor.index_by_name(f.object_name)];
		section := 'hidden';
		line := pg_catalog.format('%s is hidden from the planner, and every recorded statement is planned again.', hidden[1]);
		figures := NULL;
		RETURN NEXT;
	ELSE
		section := 'note';
		line := CASE
				WHEN f.contains_values AND f.apply_sql IS NULL
				THEN 'The index holds constants, which are hidden: turn on dbadvisor.include_values and run analyze() to see its plans.'
				ELSE 'Nothing of this finding can be planned; its figures are in the evidence.'
				END;
		figures := f.evidence;
		RETURN NEXT;
		RETURN;
	END IF;
	labels := COALESCE(labels, '{}');
	alternatives := COALESCE(alternatives, '{}');
	totals := pg_catalog.array_fill(0::float8, ARRAY[pg_catalog.cardinality(alternatives)]);
	used := pg_catalog.array_fill(false, ARRAY[pg_catalog.cardinality(alternatives)]);

	-- what the caller may not plan does not keep the rest from being told
	BEGIN
	FOR s IN
		SELECT e.*
		  FROM dbadvisor.explain_index(definition, hidden, dbadvisor.finding_base_indexes(finding_id),
									   alternatives, wanted, time_limit) e
	LOOP
		queryid := s.queryid;
		figures := NULL;
		seen := seen || COALESCE(s.queryid, 0);
		IF s.state = 'left_out' THEN
			section := 'note';
			line := 'Not all statements were planned: ' || s.reason || '.';
			RETURN NEXT;
			CONTINUE;
		ELSIF s.cost_after IS NULL THEN
			section := 'statement';
			line := pg_catalog.format('It cannot be planned now (%s)%s.', s.state, ': ' || s.reason);
			RETURN NEXT;
			CONTINUE;
		END IF;

		-- what it does to the statement
		IF s.cost_after > s.cost_before * 1.01 THEN
			section := 'slower';
			line := pg_catalog.format('Its plan gets dearer, from cost %s to %s.',
									  pg_catalog.round(s.cost_before::numeric, 1), pg_catalog.round(s.cost_after::numeric, 1));
			figures := pg_catalog.jsonb_build_object('cost_before', s.cost_before, 'cost_after', s.cost_after, 'calls', s.calls);
			RETURN NEXT;
		END IF;
		IF s.writes AND definition <> '{}' THEN
			section := 'slower';
			line := 'It writes the table, and so pays for entries in the index.';
			figures := pg_catalog.jsonb_build_object('calls', s.calls);
			RETURN NEXT;
		END IF;
		planned := planned + 1;
		CONTINUE WHEN NOT s.asked
			OR (definition <> '{}' AND s.clauses = '{}' AND queryid IS NULL)
			OR (definition = '{}' AND f.object_name <> ALL (s.indexes_used_before));
		users := users + 1;
		section := 'statement';
		line := pg_catalog.format('%s: its plan goes from cost %s to %s (%s saved).',
								  COALESCE('queryid ' || s.queryid, 'given by hand'),
								  pg_catalog.round(s.cost_before::numeric, 1), pg_catalog.round(s.cost_after::numeric, 1),
								  dbadvisor.saved_percent(s.cost_before, s.cost_after));
		figures := pg_catalog.jsonb_build_object('calls', s.calls, 'total_ms', s.total_ms,
												 'cost_before', s.cost_before, 'cost_after', s.cost_after,
												 'indexes_used_before', s.indexes_used_before);
		RETURN NEXT;
		section := 'query';
		line := s.query;
		figures := NULL;
		RETURN NEXT;
		section := 'clause';
		FOREACH line IN ARRAY COALESCE(s.clauses, '{}')
		LOOP
			RETURN NEXT;
		END LOOP;
		section := 'plan_before';
		line := s.plan_before;
		RETURN NEXT;
		section := 'plan_after';
		line := s.plan_after;
		RETURN NEXT;
		IF s.risk_level <> 'none' THEN
			section := 'risk';
			line := pg_catalog.format('%s: %s.', pg_catalog.replace(s.risk_level, '_', ' '), s.risk_reason);
			RETURN NEXT;
		END IF;
		weight := COALESCE(s.total_ms / NULLIF(s.cost_before, 0), s.calls, 1);
		before := before + weight * s.cost_before;
		after := after + weight * s.cost_after;
		FOR i IN 1 .. pg_catalog.cardinality(alternatives)
		LOOP
			totals[i] := totals[i] + weight * COALESCE(NULLIF(s.alternative_costs[i], 'NaN'), s.cost_before);
			used[i] := used[i] OR s.alternative_used[i];
		END LOOP;
	END LOOP;
	EXCEPTION WHEN insufficient_privilege THEN
		section := 'note';
		line := pg_catalog.format('You may not have this planned: %s.', SQLERRM);
		figures := NULL;
		RETURN NEXT;
	END;

	queryid := NULL;
	IF definition = '{}' THEN
		section := 'hidden';
		line := pg_catalog.format('%s statements were planned without it; %s of them use it.', planned, users);
		figures := pg_catalog.jsonb_build_object('planned', planned, 'used_by', users);
		RETURN NEXT;
	END IF;

	-- statements that were not to be seen
	figures := NULL;
	section := 'statement';
	FOREACH queryid IN ARRAY COALESCE(wanted, '{}')
	LOOP
		CONTINUE WHEN queryid = ANY (seen);
		IF queryid = 0 THEN
			queryid := NULL;
			line := 'The statements given by hand are no longer there.';
		ELSE
			line := 'You may not see this statement, or it is no longer recorded.';
		END IF;
		RETURN NEXT;
	END LOOP;
	queryid := NULL;

	-- why not something else
	section := 'alternative';
	FOR i IN 1 .. pg_catalog.cardinality(alternatives)
	LOOP
		EXIT WHEN before <= 0;
		line := CASE
				WHEN used[i]
				THEN pg_catalog.format('%s instead saves %s of these statements'' cost, against %s.',
									   labels[i], dbadvisor.saved_percent(before, totals[i]),
									   dbadvisor.saved_percent(before, after))
				ELSE pg_catalog.format('%s instead is not used by any plan.', labels[i])
				END;
		figures := pg_catalog.jsonb_build_object('keys', labels[i], 'used', used[i],
												 'saved_share', (before - totals[i]) / before,
												 'saved_share_recommended', (before - after) / before);
		RETURN NEXT;
	END LOOP;
	figures := NULL;
	IF definition <> '{}' AND NOT f.contains_values THEN
		SELECT n.* INTO near FROM dbadvisor.index_nearest(f.relid, shape) n;
		IF near.index_name IS NOT NULL THEN
			line := pg_catalog.format('The existing index %s %s %s; the costs before are those with it.',
									  near.index_name, near.shape_text,
									  CASE near.leading_keys
									  WHEN 0 THEN 'has other leading keys'
									  ELSE pg_catalog.format('shares %s leading keys', near.leading_keys)
									  END);
			RETURN NEXT;
		END IF;
	END IF;

	-- what it costs to keep, as the finding has it
	IF f.evidence -> 'writes' IS NOT NULL THEN
		section := 'writes';
		line := COALESCE(NULLIF(pg_catalog.btrim(dbadvisor.index_write_detail(f.evidence -> 'writes', f.evidence ->> 'cost_unit')), ''),
						 'The recorded workload writes nothing that the index would hold.');
		figures := f.evidence -> 'writes';
		RETURN NEXT;
	END IF;
	IF definition = '{}' THEN
		section := 'evidence';
		line := f.detail;
		figures := f.evidence;
		RETURN NEXT;
	END IF;
END;
$$;
COMMENT ON FUNCTION dbadvisor.explain_finding(bigint, interval) IS
'Why a finding about an index says what it says, planned now: each statement with the clauses that the index serves and its plans, which statements get slower, what it costs to keep, and why not the obvious alternative';

REVOKE ALL ON FUNCTION dbadvisor.index_alternatives(oid, jsonb),
	dbadvisor.index_nearest(oid, jsonb),
	dbadvisor.finding_base_indexes(bigint),
	dbadvisor.index_by_name(text),
	dbadvisor.saved_percent(double precision, double precision),
	dbadvisor.explain_finding(bigint, interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.index_alternatives(oid, jsonb),
	dbadvisor.index_nearest(oid, jsonb),
	dbadvisor.finding_base_indexes(bigint),
	dbadvisor.index_by_name(text),
	dbadvisor.saved_percent(double precision, double precision),
	dbadvisor.explain_finding(bigint, interval)
	TO dbadvisor_reader;
