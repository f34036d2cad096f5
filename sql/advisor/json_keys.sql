-- Keys of JSON documents: which there are in a sample, and which of them the schema
-- already speaks of.

-- Some blocks from all over the table; documents that are stored elsewhere stay there.
-- Policies could run functions of the table's owner: such a table is refused.
CREATE OR REPLACE FUNCTION dbadvisor.json_keys(
	relid oid,
	column_name text,
	sample_blocks integer DEFAULT 50,
	max_documents integer DEFAULT 2000)
RETURNS TABLE (
	key text,
	present bigint,
	main_type text,
	of_main_type bigint,
	documents bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
SET row_security = off
SET lock_timeout = '100ms'
AS $$
BEGIN
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	RETURN QUERY EXECUTE pg_catalog.format(
		'WITH document AS MATERIALIZED (
			SELECT t.%1$I AS body
			  FROM %2$s t TABLESAMPLE SYSTEM (%3$s) REPEATABLE (1)
			 WHERE pg_catalog.pg_column_size(t.%1$I) <= 8192
			   AND pg_catalog.jsonb_typeof(t.%1$I) = ''object''
			 LIMIT %4$s
		), pair AS (
			SELECT e.key, pg_catalog.jsonb_typeof(e.value) AS type, pg_catalog.count(*) AS n
			  FROM document d
			 CROSS JOIN LATERAL pg_catalog.jsonb_each(d.body) e
			 GROUP BY 1, 2
		)
		SELECT p.key, pg_catalog.sum(p.n)::bigint, (pg_catalog.array_agg(p.type ORDER BY p.n DESC))[1], pg_catalog.max(p.n),
			   (SELECT pg_catalog.count(*) FROM document)
		  FROM pair p
		 GROUP BY p.key',
		column_name, dbadvisor.relation_identity(relid),
		(SELECT LEAST(100, 100.0 * sample_blocks / GREATEST(pg_catalog.sum(c.relpages), 1))
		   FROM pg_catalog.pg_partition_tree(relid) p
		   JOIN pg_catalog.pg_class c ON c.oid = p.relid),
		max_documents);
EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table OR undefined_column THEN
	RETURN;
END;
$$;
COMMENT ON FUNCTION dbadvisor.json_keys(oid, text, integer, integer) IS
'Keys of the documents in a jsonb column in some blocks: how many of the documents have each, and how many with the type that most have';

-- Keys are data unless the schema names them.
CREATE OR REPLACE FUNCTION dbadvisor.json_keys_named(relid oid, attnum smallint, column_name text)
RETURNS TABLE (
	key text,
	named_by text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT DISTINCT ON (m.match[1])
		   pg_catalog.replace(m.match[1], '''''', ''''),
		   s.name
	  FROM (SELECT DISTINCT d.classid, d.objid
			  FROM pg_catalog.pg_depend d
			 WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refobjid = json_keys_named.relid
			   AND d.refobjsubid = json_keys_named.attnum) d
	 CROSS JOIN LATERAL (
			SELECT 'index ' || (pg_catalog.pg_identify_object(d.classid, d.objid, 0)).identity, pg_catalog.pg_get_indexdef(d.objid)
			  FROM pg_catalog.pg_index i
			 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND i.indexrelid = d.objid
			 UNION ALL
			SELECT 'view ' || (pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, w.ev_class, 0)).identity, pg_catalog.pg_get_viewdef(w.ev_class)
			  FROM pg_catalog.pg_rewrite w
			  JOIN pg_catalog.pg_class c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm')
			 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
			   AND w.oid = d.objid
			 UNION ALL
			SELECT pg_catalog.format('constraint %I', k.conname), pg_catalog.pg_get_constraintdef(k.oid)
			  FROM pg_catalog.pg_constraint k
			 WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
			   AND k.oid = d.objid) s (name, definition)
	 CROSS JOIN LATERAL pg_catalog.regexp_matches(
			s.definition,
			'\m' || pg_catalog.regexp_replace(pg_catalog.ltrim(pg_catalog.quote_ident(column_name), '"'), '([^[:alnum:]_])', '\\\1', 'g')
				 || ' ->>? ''((?:[^'']|'''')+)''::text', 'g') m (match)
	 ORDER BY m.match[1], s.name;
$$;
COMMENT ON FUNCTION dbadvisor.json_keys_named(oid, smallint, text) IS
'Keys of a jsonb column that indexes, views and constraints ask for, each with one of these';

REVOKE ALL ON FUNCTION dbadvisor.json_keys(oid, text, integer, integer),
	dbadvisor.json_keys_named(oid, smallint, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.json_keys(oid, text, integer, integer),
	dbadvisor.json_keys_named(oid, smallint, text)
	TO dbadvisor_reader;
