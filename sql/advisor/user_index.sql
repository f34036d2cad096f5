-- Indexes of the users' tables, and what uses them.
--
-- From the catalog and the counters alone: nothing here takes a lock on a
-- table, so sizes are those of the last VACUUM or ANALYZE.

CREATE OR REPLACE FUNCTION dbadvisor.index_leaves(indexrelid oid)
RETURNS SETOF oid
LANGUAGE sql STABLE ROWS 1
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE tree AS (
		SELECT index_leaves.indexrelid AS oid
		 UNION ALL
		SELECT i.inhrelid
		  FROM tree t
		  JOIN pg_catalog.pg_inherits i ON i.inhparent = t.oid
	)
	SELECT t.oid
	  FROM tree t
	  JOIN pg_catalog.pg_class c ON c.oid = t.oid
	 WHERE c.relkind = 'i';
$$;
COMMENT ON FUNCTION dbadvisor.index_leaves(oid) IS
'The indexes with storage behind an index: itself, or those of the partitions';

CREATE OR REPLACE FUNCTION dbadvisor.index_last_scan(index oid)
RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_index_last_scan';
COMMENT ON FUNCTION dbadvisor.index_last_scan(oid) IS
'When an index was last scanned, from PostgreSQL 16 on; null when it was not, or is not known';

-- The views on the counters would read the whole catalog for each index.
-- pg_constraint has no index on the index of a constraint, so the dependencies
-- tell: an index depends on the constraint that made it (i), a foreign key on the
-- index that it refers to (n).  Columns that are not asked for are not computed.
CREATE OR REPLACE VIEW dbadvisor.single_index WITH (security_invoker = true) AS
SELECT i.indexrelid,
	   i.indrelid AS relid,
	   n.nspname AS schema_name,
	   c.relname AS index_name,
	   pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name,
	   n.nspname AS table_schema,	-- an index lies in that of its table
	   t.relname AS table_name,
	   c.relkind,
	   m.amname AS am,
	   t.relowner AS owner,
	   i.indisunique AS is_unique,
	   i.indisexclusion AS is_exclusion,
	   i.indisclustered AS is_clustered,
	   i.indisreplident AND t.relreplident = 'i' AS is_replica_identity,
	   i.indisvalid AND i.indisready AND i.indislive AS is_usable,
	   c.relispartition AS is_attached,
	   i.indexprs IS NOT NULL AS has_expressions,
	   t.relpersistence = 't' AS is_temporary,
	   EXISTS (SELECT
				 FROM pg_catalog.pg_depend d
				WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
				  AND d.objid = i.indexrelid
				  AND d.objsubid = 0
				  AND d.refclassid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
				  AND d.deptype = 'i') AS backs_constraint,
	   EXISTS (SELECT
				 FROM pg_catalog.pg_depend d
				WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
				  AND d.refobjid = i.indexrelid
				  AND d.refobjsubid = 0
				  AND d.classid = 'pg_catalog.pg_constraint'::pg_catalog.regclass
				  AND d.deptype = 'n') AS is_foreign_key_target,
	   EXISTS (SELECT
				 FROM dbadvisor.extension_member e
				WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
				  AND e.object = i.indexrelid)
	   OR EXISTS (SELECT
					FROM dbadvisor.extension_member e
				   WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
					 AND e.object = i.indrelid) AS is_extension_member,
	   c.relpages AS pages,
	   pg_catalog.pg_stat_get_numscans(i.indexrelid) AS scans,
	   dbadvisor.index_last_scan(i.indexrelid) AS last_scan,
	   pg_catalog.pg_stat_get_numscans(i.indrelid)
	   + (SELECT pg_catalog.sum(pg_catalog.pg_stat_get_numscans(o.indexrelid))
			FROM pg_catalog.pg_index o
		   WHERE o.indrelid = i.indrelid)::bigint AS table_scans,
	   pg_catalog.pg_stat_get_tuples_inserted(i.indrelid)
	   + pg_catalog.pg_stat_get_tuples_updated(i.indrelid)
	   + pg_catalog.pg_stat_get_tuples_deleted(i.indrelid) AS table_writes,
	   pg_catalog.pg_stat_get_tuples_inserted(i.indrelid)
	   + pg_catalog.pg_stat_get_tuples_updated(i.indrelid)
	   - pg_catalog.pg_stat_get_tuples_hot_updated(i.indrelid) AS entries_written
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
  JOIN pg_catalog.pg_am m ON m.oid = c.relam
 WHERE i.indrelid >= 16384
   AND t.relkind IN ('r', 'm', 'p')
   AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast');
COMMENT ON VIEW dbadvisor.single_index IS
'Indexes of tables that are not the system''s, each by itself: dbadvisor.user_index has those of partitions in that of the whole table. Sizes as of the last VACUUM or ANALYZE';

-- What stands on the index of a partition stands on that of the whole table, which
-- cannot be dropped without it.
CREATE OR REPLACE VIEW dbadvisor.user_index WITH (security_invoker = true) AS
SELECT s.indexrelid,
	   s.relid,
	   s.schema_name,
	   s.index_name,
	   s.table_schema,
	   s.table_name,
	   s.relkind,
	   s.am,
	   s.owner,
	   s.is_unique,
	   s.is_exclusion,
	   s.is_clustered OR leaf.is_clustered AS is_clustered,
	   s.is_replica_identity OR leaf.is_replica_identity AS is_replica_identity,
	   s.is_usable,
	   s.is_attached,
	   s.has_expressions,
	   s.is_temporary,
	   s.backs_constraint OR leaf.backs_constraint AS backs_constraint,
	   s.is_foreign_key_target OR leaf.is_foreign_key_target AS is_foreign_key_target,
	   s.is_extension_member,
	   CASE s.relkind WHEN 'i' THEN 1 ELSE leaf.count END AS leaf_count,
	   CASE s.relkind WHEN 'i' THEN s.pages ELSE leaf.pages END
	   * pg_catalog.current_setting('block_size')::bigint AS bytes,
	   CASE s.relkind WHEN 'i' THEN s.scans ELSE leaf.scans END AS scans,
	   CASE s.relkind WHEN 'i' THEN s.last_scan ELSE leaf.last_scan END AS last_scan,
	   CASE s.relkind WHEN 'i' THEN s.table_scans ELSE leaf.table_scans END AS table_scans,
	   CASE s.relkind WHEN 'i' THEN s.table_writes ELSE leaf.table_writes END AS table_writes,
	   s.full_name,
	   CASE s.relkind WHEN 'i' THEN s.entries_written ELSE leaf.entries_written END AS entries_written,
	   s.backs_constraint OR leaf.backs_constraint
	   OR s.is_foreign_key_target OR leaf.is_foreign_key_target
	   OR s.is_replica_identity OR leaf.is_replica_identity
	   OR s.is_clustered OR leaf.is_clustered
	   OR s.is_attached OR s.is_extension_member OR s.is_exclusion AS is_pinned
  FROM dbadvisor.single_index s
 CROSS JOIN LATERAL (
	SELECT pg_catalog.count(*)::integer AS count,
		   pg_catalog.sum(l.pages)::bigint AS pages,
		   COALESCE(pg_catalog.bool_or(l.is_clustered), false) AS is_clustered,
		   COALESCE(pg_catalog.bool_or(l.is_replica_identity), false) AS is_replica_identity,
		   COALESCE(pg_catalog.bool_or(l.backs_constraint), false) AS backs_constraint,
		   COALESCE(pg_catalog.bool_or(l.is_foreign_key_target), false) AS is_foreign_key_target,
		   pg_catalog.sum(l.scans)::bigint AS scans,
		   pg_catalog.max(l.last_scan) AS last_scan,
		   pg_catalog.sum(l.table_scans)::bigint AS table_scans,
		   pg_catalog.sum(l.table_writes)::bigint AS table_writes,
		   pg_catalog.sum(l.entries_written)::bigint AS entries_written
	  FROM dbadvisor.index_leaves(s.indexrelid) t (oid)
	  JOIN dbadvisor.single_index l ON l.indexrelid = t.oid
	 WHERE s.relkind = 'I') leaf;
COMMENT ON VIEW dbadvisor.user_index IS
'Indexes of tables that are not the system''s, with what stands on them and what uses them; those of partitions also by themselves. Sizes as of the last VACUUM or ANALYZE';

GRANT SELECT ON dbadvisor.single_index, dbadvisor.user_index TO dbadvisor_reader;

REVOKE ALL ON FUNCTION dbadvisor.index_leaves(oid),
	dbadvisor.index_last_scan(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.index_leaves(oid),
	dbadvisor.index_last_scan(oid)
	TO dbadvisor_reader;
