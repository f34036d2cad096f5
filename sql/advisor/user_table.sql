-- Tables, columns and constraints that rules look at.
--
-- Those of the users: not the system's, not an extension's, not temporary ones.
-- Partitions are there by themselves (is_partition) and rolled up into each
-- partitioned table above them, so a rule that speaks of a table once leaves the
-- partitions out.  From the catalog and the counters alone: nothing here takes a
-- lock, so sizes are those of the last VACUUM or ANALYZE.

-- In PL/pgSQL, which keeps the plan for the many rules that ask.
CREATE OR REPLACE FUNCTION dbadvisor.partition_totals(
	relid oid,
	OUT tables integer,
	OUT bytes bigint,
	OUT rows bigint,
	OUT analyzed_at timestamptz,
	OUT rows_changed_since_analyze bigint,
	OUT scans bigint,
	OUT rows_inserted bigint,
	OUT rows_updated bigint,
	OUT rows_deleted bigint)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	WITH RECURSIVE tree AS (
		SELECT c.oid,
			   c.relkind
		  FROM pg_catalog.pg_class c
		 WHERE c.oid = partition_totals.relid
		 UNION ALL
		SELECT c.oid,
			   c.relkind
		  FROM tree t
		  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
		  JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
		 WHERE t.relkind = 'p'
	)
	SELECT NULLIF(pg_catalog.count(*), 0),
		   pg_catalog.sum(c.relpages) * pg_catalog.current_setting('block_size')::bigint,
		   CASE
		   WHEN pg_catalog.bool_and(c.reltuples >= 0)
		   THEN pg_catalog.sum(c.reltuples)
		   END,
		   CASE
		   WHEN pg_catalog.bool_and(a.analyzed_at IS NOT NULL)
		   THEN pg_catalog.min(a.analyzed_at)
		   END,
		   pg_catalog.sum(pg_catalog.pg_stat_get_mod_since_analyze(c.oid)),
		   pg_catalog.sum(pg_catalog.pg_stat_get_numscans(c.oid)),
		   pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(c.oid)),
		   pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(c.oid)),
		   pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(c.oid))
	  INTO tables, bytes, rows, analyzed_at, rows_changed_since_analyze,
		   scans, rows_inserted, rows_updated, rows_deleted
	  FROM tree t
	  JOIN pg_catalog.pg_class c ON c.oid = t.oid
	 CROSS JOIN LATERAL (
		SELECT GREATEST(pg_catalog.pg_stat_get_last_analyze_time(c.oid),
						pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))) a (analyzed_at)
	 WHERE t.relkind <> 'p';
END;
$$;
COMMENT ON FUNCTION dbadvisor.partition_totals(oid) IS
'Sizes and counters of all partitions below a table, null where it has none; rows and analyzed_at are null until each of them was analyzed';

-- Columns that a rule does not ask for are not computed.
CREATE OR REPLACE VIEW dbadvisor.user_table WITH (security_invoker = true) AS
SELECT c.oid AS relid,
	   n.nspname AS schema_name,
	   c.relname AS table_name,
	   pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name,
	   c.relkind,
	   c.relowner AS owner,
	   c.relispartition AS is_partition,
	   CASE
	   WHEN c.relispartition THEN pg_catalog.pg_partition_root(c.oid)::oid
	   ELSE c.oid
	   END AS root,
	   NOT c.relispartition
	   AND EXISTS (SELECT
					 FROM pg_catalog.pg_inherits i
					WHERE i.inhrelid = c.oid) AS is_inheritor,
	   c.relpersistence = 'u' AS is_unlogged,
	   c.relreplident AS replica_identity,
	   EXISTS (SELECT
				 FROM pg_catalog.pg_index i
				WHERE i.indrelid = c.oid
				  AND i.indisprimary) AS has_primary_key,
	   c.reloptions AS options,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).tables
	   ELSE 1
	   END AS leaf_count,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).bytes
	   ELSE c.relpages * pg_catalog.current_setting('block_size')::bigint
	   END AS bytes,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).rows
	   ELSE NULLIF(c.reltuples, -1)::bigint
	   END AS rows,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).analyzed_at
	   ELSE GREATEST(pg_catalog.pg_stat_get_last_analyze_time(c.oid), pg_catalog.pg_stat_get_last_autoanalyze_time(c.oid))
	   END AS analyzed_at,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).rows_changed_since_analyze
	   ELSE pg_catalog.pg_stat_get_mod_since_analyze(c.oid)
	   END AS rows_changed_since_analyze,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).scans
	   ELSE pg_catalog.pg_stat_get_numscans(c.oid)
	   END AS scans,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).rows_inserted
	   ELSE pg_catalog.pg_stat_get_tuples_inserted(c.oid)
	   END AS rows_inserted,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).rows_updated
	   ELSE pg_catalog.pg_stat_get_tuples_updated(c.oid)
	   END AS rows_updated,
	   CASE c.relkind
	   WHEN 'p' THEN (dbadvisor.partition_totals(c.oid)).rows_deleted
	   ELSE pg_catalog.pg_stat_get_tuples_deleted(c.oid)
	   END AS rows_deleted
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p', 'm', 'f')
   AND c.oid >= 16384
   AND c.relpersistence <> 't'
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
   AND c.oid NOT IN (SELECT e.object
					   FROM dbadvisor.extension_member e
					  WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass)
   AND n.oid NOT IN (SELECT e.object
					   FROM dbadvisor.extension_member e
					  WHERE e.classid = 'pg_catalog.pg_namespace'::pg_catalog.regclass);
COMMENT ON VIEW dbadvisor.user_table IS
'Tables (r), partitioned tables (p), materialized views (m) and foreign tables (f) that are not the system''s, an extension''s or temporary; sizes and counters include all partitions below. rows is null until each of them was analyzed';

-- A domain's column has its base type here, and the domain in "type".
CREATE OR REPLACE VIEW dbadvisor.user_column WITH (security_invoker = true) AS
WITH RECURSIVE domain AS MATERIALIZED (
	SELECT t.oid,
		   t.typbasetype AS base,
		   t.typtypmod AS typmod
	  FROM pg_catalog.pg_type t
	 WHERE t.typtype = 'd'
), chain AS (
	TABLE domain
	 UNION ALL
	SELECT c.oid,
		   d.base,
		   d.typmod
	  FROM chain c
	  JOIN domain d ON d.oid = c.base
), base AS (
	SELECT c.oid,
		   c.base,
		   c.typmod
	  FROM chain c
	 WHERE c.base NOT IN (SELECT d.oid FROM domain d)
)
SELECT t.relid,
	   a.attnum,
	   t.schema_name,
	   t.table_name,
	   a.attname AS column_name,
	   t.full_name,
	   t.relkind,
	   t.is_partition,
	   a.attinhcount > 0 AS is_inherited,
	   a.atttypid AS type,
	   COALESCE(b.base, a.atttypid) AS base_type,
	   COALESCE(b.typmod, a.atttypmod) AS typmod,
	   b.oid IS NOT NULL AS is_domain,
	   pg_catalog.format_type(a.atttypid, a.atttypmod) AS type_name,
	   a.attcollation AS collation,
	   a.attnotnull AS is_not_null,
	   a.attidentity <> '' AS is_identity,
	   a.attgenerated <> '' AS is_generated,
	   a.atthasdef AND a.attgenerated = '' AS has_default,
	   a.attstorage AS storage,
	   a.attcompression AS compression,
	   t.leaf_count,
	   t.bytes,
	   t.rows,
	   t.analyzed_at,
	   t.rows_changed_since_analyze,
	   t.rows_inserted,
	   t.rows_updated,
	   t.rows_deleted
  FROM dbadvisor.user_table t
  JOIN pg_catalog.pg_attribute a ON a.attrelid = t.relid
  LEFT JOIN base b ON b.oid = a.atttypid
 WHERE a.attnum > 0
   AND NOT a.attisdropped;
COMMENT ON VIEW dbadvisor.user_column IS
'Columns of the relations of dbadvisor.user_table, with sizes and counters of the relation; is_inherited for those that a partition or a child table has from its parent';

CREATE OR REPLACE VIEW dbadvisor.user_constraint WITH (security_invoker = true) AS
SELECT k.oid,
	   k.conname AS constraint_name,
	   k.contype,
	   k.conrelid AS relid,
	   t.schema_name,
	   t.table_name,
	   t.full_name,
	   t.relkind,
	   t.is_partition,
	   k.conparentid <> 0 OR k.coninhcount > 0 AS is_inherited,
	   k.conkey AS columns,
	   k.conindid AS indexrelid,
	   k.confrelid AS referenced,
	   k.confkey AS referenced_columns,
	   k.conpfeqop AS operators,
	   k.confmatchtype AS match_type,
	   k.confdeltype AS delete_action,
	   k.confupdtype AS update_action,
	   k.convalidated AS is_valid,
	   COALESCE((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true) AS is_enforced,
	   k.condeferrable AS is_deferrable
  FROM pg_catalog.pg_constraint k
  JOIN dbadvisor.user_table t ON t.relid = k.conrelid;
COMMENT ON VIEW dbadvisor.user_constraint IS
'Constraints of the relations of dbadvisor.user_table; is_inherited for those that follow one of the parent';

CREATE OR REPLACE VIEW dbadvisor.user_name WITH (security_invoker = true) AS
SELECT t.schema_name,
	   t.full_name AS object,
	   t.table_name::text AS name
  FROM dbadvisor.user_table t
 WHERE NOT t.is_partition
 UNION ALL
SELECT c.schema_name,
	   pg_catalog.format('%s.%I', c.full_name, c.column_name),
	   c.column_name::text
  FROM dbadvisor.user_column c
 WHERE NOT c.is_partition
   AND NOT c.is_inherited;
COMMENT ON VIEW dbadvisor.user_name IS
'Names of the relations of dbadvisor.user_table and of their columns, without those that partitions and child tables have from their parent';

-- In PL/pgSQL, which keeps the plan for the functions that call it for each finding.
CREATE OR REPLACE FUNCTION dbadvisor.column_list(relid oid, columns smallint[])
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN (
		SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY u.place)
		  FROM pg_catalog.unnest(columns) WITH ORDINALITY u (attnum, place)
		  JOIN pg_catalog.pg_attribute a
			ON a.attrelid = column_list.relid
		   AND a.attnum = u.attnum);
END;
$$;
COMMENT ON FUNCTION dbadvisor.column_list(oid, smallint[]) IS
'Names of columns, quoted, in the order given and separated by commas';

CREATE OR REPLACE FUNCTION dbadvisor.constraint_definition(constraint_oid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.regexp_replace(pg_catalog.pg_get_constraintdef(constraint_oid), ' NOT VALID$', '');
$$;
COMMENT ON FUNCTION dbadvisor.constraint_definition(oid) IS
'Definition of a constraint with all names qualified, without NOT VALID';

-- The server opens the table for the names of its columns.
CREATE OR REPLACE FUNCTION dbadvisor.definition_unless_locked(constraint_oid oid)
RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
BEGIN
	RETURN pg_catalog.pg_get_constraintdef(constraint_oid);
EXCEPTION WHEN lock_not_available OR undefined_table THEN
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.definition_unless_locked(oid) IS
'Definition of a constraint; null where somebody keeps its table locked for longer than lock_timeout';

GRANT SELECT ON dbadvisor.user_table, dbadvisor.user_column, dbadvisor.user_constraint, dbadvisor.user_name
	TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.partition_totals(oid),
	dbadvisor.column_list(oid, smallint[]),
	dbadvisor.constraint_definition(oid),
	dbadvisor.definition_unless_locked(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_totals(oid),
	dbadvisor.column_list(oid, smallint[]),
	dbadvisor.constraint_definition(oid),
	dbadvisor.definition_unless_locked(oid)
	TO dbadvisor_reader;
