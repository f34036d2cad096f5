-- schema.unique_nullable: a unique key that NULL lets through
--
-- Fires for a unique key of several columns, some NOT NULL and some not, that
-- treats NULLs as different: (7, NULL) can be there any number of times.  Silent
-- for a single column, where "at most one if given" is what is usually meant.
SELECT dbadvisor.register_rule(
	rule => 'schema.unique_nullable',
	title => 'A unique key of several columns lets rows with NULL in twice',
	why => 'Rows that are equal in all columns pass as different because one of them is NULL.',
	severity => 'info',
	doc => 'Low where the statistics say that there are NULLs. Wrong where a NULL means "not decided", of which there may be many.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_unique_nullable
WITH (security_invoker = true) AS
WITH open_key AS (
	SELECT u.indexrelid,
		   u.relid,
		   u.bytes,
		   u.leaf_count,
		   u.index_name,
		   u.schema_name,
		   k.conname,
		   n.columns,
		   dbadvisor.relation_identity(u.relid) AS full_name,
		   dbadvisor.column_list(u.relid, (i.indkey::smallint[])[0:i.indnkeyatts - 1]) AS key_columns,
		   pg_catalog.quote_ident(pg_catalog.left(u.index_name::text, 58) || '_null') AS new_name,
		   (SELECT pg_catalog.max(s.null_frac)
			  FROM pg_catalog.pg_stats s
			  JOIN pg_catalog.pg_attribute a
				ON a.attrelid = u.relid
			   AND a.attname = s.attname
			   AND a.attnum = ANY (n.columns)
			 WHERE s.schemaname = u.table_schema
			   AND s.tablename = u.table_name) AS null_share
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  LEFT JOIN pg_catalog.pg_constraint k
		ON k.conindid = u.indexrelid
	   AND k.contype = 'u'
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.array_agg(a.attnum)
		  FROM pg_catalog.unnest((i.indkey::smallint[])[0:i.indnkeyatts - 1]) x (attnum)
		  JOIN pg_catalog.pg_attribute a
			ON a.attrelid = i.indrelid
		   AND a.attnum = x.attnum
		 WHERE NOT a.attnotnull) n (columns)
	 WHERE u.is_unique
	   AND u.is_usable
	   AND u.relkind = 'i'
	   AND NOT u.is_attached
	   AND NOT u.is_temporary
	   AND NOT u.is_extension_member
	   AND NOT u.is_foreign_key_target
	   AND NOT u.is_clustered
	   AND NOT u.has_expressions
	   AND i.indpred IS NULL
	   AND i.indimmediate
	   AND NOT i.indnullsnotdistinct
	   AND i.indnkeyatts > pg_catalog.cardinality(n.columns)
	   -- another key on a part of the columns keeps the rows apart
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_index o
						WHERE o.indrelid = i.indrelid
						  AND o.indexrelid <> i.indexrelid
						  AND o.indisunique
						  AND o.indpred IS NULL
						  AND o.indexprs IS NULL
						  AND (o.indkey::smallint[])[0:o.indnkeyatts - 1] <@ (i.indkey::smallint[])[0:i.indnkeyatts - 1])
), made AS (
	SELECT o.*,
		   dbadvisor.index_definition(o.indexrelid) AS definition
	  FROM open_key o
)
SELECT a.*
  FROM made m
 CROSS JOIN LATERAL (
	SELECT 'CREATE UNIQUE INDEX CONCURRENTLY ' || m.new_name
		   || pg_catalog.substr(m.definition, pg_catalog.strpos(m.definition, ' ON ' || m.full_name || ' USING '))) o (copy)
 CROSS JOIN LATERAL (
	SELECT pg_catalog.regexp_replace(o.copy, '(( INCLUDE \([^)]*\))?)(( WITH \(.*\))?( TABLESPACE .*)?)$', '\1 NULLS NOT DISTINCT\3')) r (replacement)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.unique_nullable',
		   relid => m.relid,
		   variant => m.index_name::text,
		   severity => CASE WHEN m.null_share > 0 THEN 'low' ELSE 'info' END,
		   title => pg_catalog.format('Let NULLs be equal in unique key %I of %s', m.index_name, m.full_name),
		   detail => pg_catalog.format('%s can be NULL, and NULLs count as different: rows that are equal in (%s) can be there more than once%s.',
									   dbadvisor.column_list(m.relid, m.columns), m.key_columns,
									   CASE WHEN m.null_share > 0 THEN pg_catalog.format('; the statistics say that %s %% are NULL', pg_catalog.round((m.null_share * 100)::numeric, 1)) ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'unique_index', m.index_name,
						   'nullable_columns', dbadvisor.column_list(m.relid, m.columns),
						   'null_share', m.null_share,
						   'size_bytes', m.bytes,
						   'confidence_reason', 'read from the catalog; what a NULL means is not known'),
		   confidence => 0.5,
		   safety => 'reversible_slow',
		   precheck_sql => pg_catalog.format('SELECT %1$s, count(*) FROM %2$s GROUP BY %1$s HAVING count(*) > 1', m.key_columns, m.full_name),
		   apply_sql => r.replacement || CASE
										 WHEN m.conname IS NULL THEN pg_catalog.format(E';\nDROP INDEX CONCURRENTLY %I.%I', m.schema_name, m.index_name)
										 ELSE pg_catalog.format(E';\nALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I UNIQUE USING INDEX %s', m.full_name, m.conname, m.conname, m.new_name)
										 END,
		   revert_sql => CASE
						 WHEN m.conname IS NULL THEN pg_catalog.format(E'%s;\nDROP INDEX CONCURRENTLY IF EXISTS %I.%s', m.definition, m.schema_name, m.new_name)
						 ELSE pg_catalog.format(E'%s;\nALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I UNIQUE USING INDEX %s', o.copy, m.full_name, m.conname, m.conname, m.new_name)
						 END,
		   impact => dbadvisor.create_index_impact('CREATE UNIQUE INDEX CONCURRENTLY ', m.bytes, (dbadvisor.table_estimate(m.relid)).bytes, 1)
					  || CASE WHEN m.conname IS NULL THEN '' ELSE ' The constraint is changed under an ACCESS EXCLUSIVE lock of a moment.' END) a;
COMMENT ON VIEW dbadvisor.rule_schema_unique_nullable IS
'Rule schema.unique_nullable: unique keys of several columns of which some can be NULL';

GRANT SELECT ON dbadvisor.rule_schema_unique_nullable TO dbadvisor_reader;
