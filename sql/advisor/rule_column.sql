-- Fixes for columns: what rules about types share.  In PL/pgSQL are those that are
-- called for each finding from within another function, as it keeps their plan.

-- ALTER TYPE is refused for these, or drags others along: then no statement is
-- printed that would fail.
CREATE OR REPLACE FUNCTION dbadvisor.column_dependents(
	relid oid,
	columns smallint[],
	foreign_keys boolean DEFAULT true)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN (
		WITH RECURSIVE tree AS (
			SELECT column_dependents.relid
			 UNION ALL
			SELECT i.inhrelid
			  FROM tree t
			  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.relid
		), own AS (
			SELECT t.relid,
				   c.attnum
			  FROM tree t
			  JOIN pg_catalog.pg_attribute c ON c.attrelid = t.relid
			  JOIN pg_catalog.pg_attribute a ON a.attname = c.attname
			 WHERE a.attrelid = column_dependents.relid
			   AND a.attnum = ANY (column_dependents.columns)
		), dependent AS MATERIALIZED (
			SELECT o.relid,
				   o.attnum,
				   d.classid,
				   d.objid,
				   d.objsubid
			  FROM own o
			  JOIN pg_catalog.pg_depend d
				ON d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refobjid = o.relid
			   AND d.refobjsubid = o.attnum
		)
		SELECT pg_catalog.string_agg(DISTINCT x.name, ', ' ORDER BY x.name)
		  FROM (SELECT (pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, w.ev_class, 0)).identity
				  FROM dependent d
				  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
				 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
				 UNION ALL
				SELECT (pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid)).identity
				  FROM dependent d
				 WHERE d.classid IN ('pg_catalog.pg_policy'::pg_catalog.regclass,
									 'pg_catalog.pg_trigger'::pg_catalog.regclass,
									 'pg_catalog.pg_proc'::pg_catalog.regclass,
									 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass,
									 'pg_catalog.pg_publication_rel'::pg_catalog.regclass)
				   AND NOT EXISTS (SELECT
									 FROM pg_catalog.pg_trigger g
									WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
									  AND g.oid = d.objid
									  AND g.tgisinternal)
				 UNION ALL
				SELECT pg_catalog.format('generated column %I', a.attname)
				  FROM dependent d
				  JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
				  JOIN pg_catalog.pg_attribute a
					ON a.attrelid = f.adrelid
				   AND a.attnum = f.adnum
				   AND (f.adrelid, f.adnum) <> (d.relid, d.attnum)
				 WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
				 UNION ALL
				SELECT 'the partition key'
				  FROM own o
				  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = o.relid
				 WHERE o.attnum = ANY (p.partattrs::smallint[])
					OR p.partexprs IS NOT NULL
				 UNION ALL
				SELECT pg_catalog.format('foreign key %I', k.conname)
				  FROM dependent d
				  JOIN pg_catalog.pg_constraint k ON k.oid = d.objid
				 WHERE d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
				   AND k.contype = 'f'
				   AND k.conparentid = 0
				   AND column_dependents.foreign_keys) x (name));
END;
$$;
COMMENT ON FUNCTION dbadvisor.column_dependents(oid, smallint[], boolean) IS
'What stands in the way of changing the type of columns: views, policies, triggers, generated columns, statistics, the partition key, and foreign keys unless they are left out; null for nothing';

CREATE OR REPLACE FUNCTION dbadvisor.alter_type_sql(
	relid oid,
	columns smallint[],
	new_type text,
	conversion text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN (
		SELECT pg_catalog.format('ALTER TABLE %s %s', dbadvisor.relation_identity(alter_type_sql.relid),
								 pg_catalog.string_agg(
									 pg_catalog.format('ALTER COLUMN %I TYPE %s%s', a.attname,
													   COALESCE(new_type, pg_catalog.format_type(a.atttypid, a.atttypmod)),
													   ' USING ' || pg_catalog.replace(conversion, '$', pg_catalog.quote_ident(a.attname))),
									 ', ' ORDER BY u.place))
		  FROM pg_catalog.unnest(alter_type_sql.columns) WITH ORDINALITY u (attnum, place)
		  JOIN pg_catalog.pg_attribute a
			ON a.attrelid = alter_type_sql.relid
		   AND a.attnum = u.attnum);
END;
$$;
COMMENT ON FUNCTION dbadvisor.alter_type_sql(oid, smallint[], text, text) IS
'ALTER TABLE that gives columns a type, or, for null, the one they have; in the conversion $ stands for the column';

-- As ATColumnChangeRequiresRewrite() decides, for the types that rules propose.
CREATE OR REPLACE FUNCTION dbadvisor.type_change_impact(
	relid oid,
	rewrites boolean,
	rebuilds boolean)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	RETURN (
		SELECT pg_catalog.format(
				   'Takes an ACCESS EXCLUSIVE lock on %s: reads and writes wait. %s',
				   dbadvisor.relation_identity(type_change_impact.relid),
				   CASE
				   WHEN rewrites
				   THEN pg_catalog.format('The table (%s) is rewritten and all its indexes are built again under it; where that is too long, add a column of the new type, fill it in batches, and swap the two.',
										  pg_catalog.pg_size_pretty((dbadvisor.table_estimate(type_change_impact.relid)).bytes))
				   WHEN rebuilds
				   THEN 'The table is not rewritten; indexes on the column are built again under the lock.'
				   ELSE 'Neither the table nor an index is rewritten, so it is short.'
				   END));
END;
$$;
COMMENT ON FUNCTION dbadvisor.type_change_impact(oid, boolean, boolean) IS
'What ALTER TYPE does to others meanwhile';

-- One row per table, since one ALTER TABLE changes all columns at once.
CREATE OR REPLACE FUNCTION dbadvisor.column_type_advice(
	rule text,
	relid oid,
	columns smallint[],
	new_type text,
	why text,
	severity text,
	rewrites boolean,
	rebuilds boolean DEFAULT true,
	conversion text DEFAULT NULL,
	revert_conversion text DEFAULT NULL,
	safety text DEFAULT 'reversible_slow',
	proof text DEFAULT 'catalog',
	confidence double precision DEFAULT 0.8,
	precheck_sql text DEFAULT NULL,
	variant text DEFAULT NULL,
	before_sql text DEFAULT NULL,
	evidence jsonb DEFAULT '{}',
	online_bytes numeric DEFAULT NULL)
RETURNS dbadvisor.advice
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT a.*
	  FROM dbadvisor.table_estimate(column_type_advice.relid) e
	 CROSS JOIN dbadvisor.relation_identity(column_type_advice.relid) t (name)
	 CROSS JOIN dbadvisor.column_list(column_type_advice.relid, column_type_advice.columns) c (names)
	 CROSS JOIN dbadvisor.column_dependents(column_type_advice.relid, column_type_advice.columns) d (names)
	 CROSS JOIN LATERAL dbadvisor.widen_column(
			   column_type_advice.relid,
			   column_type_advice.columns[1],
			   CASE WHEN column_type_advice.online_bytes IS NOT NULL THEN column_type_advice.new_type::regtype END,
			   column_type_advice.online_bytes) w
	 CROSS JOIN LATERAL dbadvisor.advice(
			   rule => column_type_advice.rule,
			   relid => column_type_advice.relid,
			   variant => column_type_advice.variant,
			   severity => dbadvisor.severity_at_size(column_type_advice.severity, e.bytes),
			   title => pg_catalog.format('Make %s of %s %s', c.names, t.name, column_type_advice.new_type),
			   detail => column_type_advice.why
						 || CASE
							WHEN d.names IS NULL THEN ''
							WHEN w.how = 'online' THEN pg_catalog.format(' These must change with it: %s.', d.names)
							ELSE pg_catalog.format(' What depends on it must be dropped and made again: %s.', d.names)
							END,
			   evidence => pg_catalog.jsonb_build_object(
							   'columns', c.names,
							   'new_type', column_type_advice.new_type,
							   'table_bytes', e.bytes,
							   'dependents', d.names,
							   'rewrites_table', column_type_advice.rewrites,
							   'confidence_reason', CASE column_type_advice.proof
													WHEN 'catalog' THEN 'read from the catalog; what the values mean is not known'
													WHEN 'sample' THEN 'all values that the statistics hold'
													ELSE 'the names of the columns'
													END)
						   || column_type_advice.evidence,
			   confidence => column_type_advice.confidence,
			   proof => column_type_advice.proof,
			   precheck_sql => column_type_advice.precheck_sql,
			   safety => column_type_advice.safety,
			   affected_count => e.partitions,
			   apply_sql => CASE
							WHEN column_type_advice.online_bytes IS NOT NULL THEN w.apply_sql
							WHEN d.names IS NOT NULL THEN NULL
							WHEN column_type_advice.before_sql IS NULL
							THEN dbadvisor.alter_type_sql(column_type_advice.relid, column_type_advice.columns, column_type_advice.new_type, column_type_advice.conversion)
							ELSE pg_catalog.format(E'BEGIN;\n%s;\n%s;\nCOMMIT', column_type_advice.before_sql,
												   dbadvisor.alter_type_sql(column_type_advice.relid, column_type_advice.columns, column_type_advice.new_type, column_type_advice.conversion))
							END,
			   revert_sql => CASE
							 WHEN column_type_advice.online_bytes IS NOT NULL THEN w.revert_sql
							 WHEN d.names IS NOT NULL THEN NULL
							 WHEN column_type_advice.before_sql IS NULL
							 THEN dbadvisor.alter_type_sql(column_type_advice.relid, column_type_advice.columns, NULL, column_type_advice.revert_conversion)
							 ELSE pg_catalog.format(E'BEGIN;\n%s;\n%s;\nCOMMIT', column_type_advice.before_sql,
													dbadvisor.alter_type_sql(column_type_advice.relid, column_type_advice.columns, NULL, column_type_advice.revert_conversion))
							 END,
			   impact => COALESCE(w.impact, dbadvisor.type_change_impact(column_type_advice.relid, column_type_advice.rewrites, column_type_advice.rebuilds))) a;
$$;
COMMENT ON FUNCTION dbadvisor.column_type_advice(text, oid, smallint[], text, text, text, boolean, boolean, text, text, text, text, double precision, text, text, text, jsonb, numeric) IS
'Build the advice to change the type of columns; without statements where a view or the like depends on them. With online_bytes: to give one column a wider integer type, see widen_column()';

REVOKE ALL ON FUNCTION dbadvisor.column_dependents(oid, smallint[], boolean),
	dbadvisor.alter_type_sql(oid, smallint[], text, text),
	dbadvisor.type_change_impact(oid, boolean, boolean),
	dbadvisor.column_type_advice(text, oid, smallint[], text, text, text, boolean, boolean, text, text, text, text, double precision, text, text, text, jsonb, numeric)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.column_dependents(oid, smallint[], boolean),
	dbadvisor.alter_type_sql(oid, smallint[], text, text),
	dbadvisor.type_change_impact(oid, boolean, boolean),
	dbadvisor.column_type_advice(text, oid, smallint[], text, text, text, boolean, boolean, text, text, text, text, double precision, text, text, text, jsonb, numeric)
	TO dbadvisor_reader;
