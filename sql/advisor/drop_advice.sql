-- How the advice to drop an index is worded: what all rules of that kind share.

-- In PL/pgSQL, which keeps the plan: a function in SQL that others call is planned
-- anew for each of their calls.
CREATE OR REPLACE FUNCTION dbadvisor.relation_identity(relid oid)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN (
		SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
		  FROM pg_catalog.pg_class c
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.oid = relation_identity.relid);
END;
$$;
COMMENT ON FUNCTION dbadvisor.relation_identity(oid) IS
'Name of a relation with its schema, quoted';

-- The tablespace, which pg_get_indexdef() leaves out, comes before the predicate.
CREATE OR REPLACE FUNCTION dbadvisor.index_definition(indexrelid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE c.relkind
		   WHEN 'I' THEN pg_catalog.regexp_replace(d.definition, ' ON ONLY ', ' ON ')
		   ELSE pg_catalog.regexp_replace(d.definition, '^CREATE( UNIQUE)? INDEX', '\&' || ' CONCURRENTLY')
		   END
	  FROM pg_catalog.pg_class c
	  JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
	  LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.pg_get_indexdef(c.oid),
			   ' WHERE ' || pg_catalog.pg_get_expr(i.indpred, i.indrelid)) raw (definition, predicate)
	 CROSS JOIN LATERAL (
		SELECT CASE
			   WHEN s.spcname IS NULL THEN raw.definition
			   ELSE pg_catalog.left(raw.definition, -pg_catalog.length(COALESCE(raw.predicate, '')))
					|| pg_catalog.format(' TABLESPACE %I', s.spcname)
					|| COALESCE(raw.predicate, '')
			   END) d (definition)
	 WHERE c.oid = index_definition.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.index_definition(oid) IS
'The CREATE INDEX statement that makes an index again, without blocking writes where PostgreSQL can';

CREATE OR REPLACE FUNCTION dbadvisor.drop_impact(relkind "char", table_name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE relkind
		   WHEN 'I'
		   THEN pg_catalog.format('Takes an ACCESS EXCLUSIVE lock on %s and all its partitions for a moment: reads and writes wait meanwhile. Creating it again reads the whole table.', table_name)
		   ELSE pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock on %s: reads and writes go on. Waits for transactions that use the table, and cannot run inside a transaction block. Creating it again reads the whole table.', table_name)
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.drop_impact("char", text) IS
'What dropping an index does to others meanwhile';

-- Constants are data: without leave to show them, the statement that makes the
-- index again has to be read from the catalog before it is dropped.
CREATE OR REPLACE FUNCTION dbadvisor.drop_advice(
	rule text,
	indexrelid oid,
	title text,
	detail text,
	evidence jsonb DEFAULT '{}',
	proof text DEFAULT 'planner',
	confidence double precision DEFAULT 0.9,
	since timestamptz DEFAULT NULL,
	depends_on text[] DEFAULT NULL,
	covered_by oid DEFAULT NULL)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT a.*
	  FROM dbadvisor.user_index u
	 CROSS JOIN dbadvisor.relation_identity(u.indexrelid) i (name)
	 CROSS JOIN dbadvisor.relation_identity(u.relid) t (name)
	 CROSS JOIN dbadvisor.index_definition(u.indexrelid) d (definition)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.holds_constants(pg_catalog.regexp_replace(d.definition, '\) WITH \([^)]*\)', ')'))
			   AND (u.has_expressions OR d.definition ~ ' WHERE ')) c (has_constants)
	 CROSS JOIN LATERAL (
		SELECT c.has_constants AND NOT dbadvisor.include_values()) h (hidden)
	 CROSS JOIN dbadvisor.advice(
			   rule => drop_advice.rule,
			   relid => u.indexrelid,
			   title => drop_advice.title,
			   detail => drop_advice.detail
						 || CASE
							WHEN h.hidden
							THEN pg_catalog.format(' Its definition holds data values and is not shown: keep what pg_get_indexdef(%L) says before you drop it.', i.name)
							ELSE ''
							END,
			   evidence => pg_catalog.jsonb_build_object(
							   'drops', i.name,
							   'table_name', t.name,
							   'index', dbadvisor.index_shape(u.indexrelid),
							   'size_bytes', u.bytes,
							   'scans', u.scans,
							   'last_scan', u.last_scan,
							   'table_scans', u.table_scans,
							   'table_rows_written', u.table_writes)
						   || drop_advice.evidence,
			   benefit_bytes => u.bytes,
			   confidence => drop_advice.confidence,
			   proof => drop_advice.proof,
			   evidence_since => drop_advice.since,
			   safety => 'reversible_slow',
			   affected_count => u.leaf_count,
			   depends_on => drop_advice.depends_on,
			   conflicts_with => (SELECT pg_catalog.array_agg(dbadvisor.fingerprint(dbadvisor.advice(rule => r.rule, relid => drop_advice.covered_by)) ORDER BY r.rule)
									FROM pg_catalog.unnest(ARRAY['index.duplicate', 'index.redundant', 'index.superseded', 'index.unused']) r (rule)
								   WHERE drop_advice.covered_by IS NOT NULL),
			   contains_values => c.has_constants,
			   apply_sql => pg_catalog.format('DROP INDEX %s%s',
											  CASE WHEN u.relkind = 'i' THEN 'CONCURRENTLY ' END,
											  i.name),
			   revert_sql => CASE WHEN NOT h.hidden THEN d.definition END,
			   impact => dbadvisor.drop_impact(u.relkind, t.name)) a
	 WHERE u.indexrelid = drop_advice.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.drop_advice(text, oid, text, text, jsonb, text, double precision, timestamptz, text[], oid) IS
'Build the advice to drop an index: evidence, statements to drop it and to make it again, impact';

-- What was suspect and is not proposed, so that silence can be read.  A check
-- whose outcome is not known, or a window that is too short, leaves earlier
-- findings open.
CREATE OR REPLACE FUNCTION dbadvisor.drop_note(rule text, withheld jsonb)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH failed AS (
		SELECT w.ordinality AS place,
			   w.value ->> 'index' AS index_name,
			   g.key AS gate,
			   g.value -> 'passed' = 'null' OR g.key IN ('window', 'workload') AS is_open,
			   g.value ->> 'detail' AS detail
		  FROM pg_catalog.jsonb_array_elements(drop_note.withheld) WITH ORDINALITY w
		 CROSS JOIN LATERAL pg_catalog.jsonb_each(w.value -> 'gates') g
		 WHERE g.value -> 'passed' <> 'true'
	)
	SELECT n.*
	  FROM (SELECT pg_catalog.bool_or(f.is_open) AS is_open,
				   pg_catalog.string_agg(DISTINCT f.detail, '; ') FILTER (WHERE f.is_open) AS reasons,
				   pg_catalog.count(DISTINCT f.place) FILTER (WHERE f.is_open) AS count
			  FROM failed f) s
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   drop_note.rule,
			   CASE WHEN s.is_open THEN 'degraded' ELSE 'ok' END,
			   CASE
			   WHEN s.is_open
			   THEN pg_catalog.format('%s suspect %s not proposed: %s', s.count,
									  CASE s.count WHEN 1 THEN 'index is' ELSE 'indexes are' END,
									  s.reasons)
			   END,
			   pg_catalog.jsonb_build_object('withheld', COALESCE(drop_note.withheld, '[]'))) n;
$$;
COMMENT ON FUNCTION dbadvisor.drop_note(text, jsonb) IS
'What a rule says of the indexes that it suspects and does not propose to drop';

CREATE OR REPLACE FUNCTION dbadvisor.index_was_dropped(relid oid, evidence jsonb)
RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT relid IS NULL
		   AND evidence ? 'drops'
		   AND pg_catalog.to_regclass(evidence ->> 'drops') IS NULL
		   AND pg_catalog.to_regclass(evidence ->> 'table_name') IS NOT NULL;
$$;
COMMENT ON FUNCTION dbadvisor.index_was_dropped(oid, jsonb) IS
'Whether the index that a finding wanted to be dropped is gone, and its table is there';

REVOKE ALL ON FUNCTION dbadvisor.relation_identity(oid),
	dbadvisor.index_definition(oid),
	dbadvisor.drop_impact("char", text),
	dbadvisor.drop_advice(text, oid, text, text, jsonb, text, double precision, timestamptz, text[], oid),
	dbadvisor.drop_note(text, jsonb),
	dbadvisor.index_was_dropped(oid, jsonb)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.relation_identity(oid),
	dbadvisor.index_definition(oid),
	dbadvisor.drop_impact("char", text),
	dbadvisor.drop_advice(text, oid, text, text, jsonb, text, double precision, timestamptz, text[], oid),
	dbadvisor.drop_note(text, jsonb),
	dbadvisor.index_was_dropped(oid, jsonb)
	TO dbadvisor_reader;
