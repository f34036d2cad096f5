-- index.foreign_key_missing: a foreign key whose children cannot be found quickly
--
-- Fires when the planner, asked as the server asks it for each parent that is
-- deleted or gets another key, would save min_gain of the cost with an index on
-- the columns of the foreign key.  No structure of indexes is prescribed: another
-- order of columns, a hash index, a partial one that leaves out NULL, or one
-- selective column are as good as the planner finds them.  Wrong when parents are
-- never deleted and nothing is joined by the key: then the severity is low.
SELECT dbadvisor.register_rule(
	rule => 'index.foreign_key_missing',
	title => 'A foreign key has no index that finds its rows',
	why => 'Each deleted parent, or one that changes its key, makes the server read the whole referencing table, under a lock on the parent''s row; joins from the parent do so, too.',
	severity => 'medium',
	thresholds => '{"min_gain": 0.5, "small_rows": 1000, "min_activity": 1000}',
	doc => 'min_gain is the share of the planner''s cost that an index must save. A referencing table known to have fewer than small_rows rows is info; one whose parent table was scanned or written min_activity times and never had a row deleted is low; one that is large and whose parents are deleted is high. Hidden where an open finding, as of index.missing, recommends an index that begins with the columns. Where an index on some of the columns is used and statistics are missing that would tell how selective it is, the severity is low. Small tables are planned as if they were large, so the rule can be used on an empty schema.',
	shipped => true);

CREATE OR REPLACE FUNCTION dbadvisor.probe_cost(
	relid oid,
	columns smallint[],
	probe text,
	OUT cost_now double precision,
	OUT uses_index boolean,
	OUT cost_indexed double precision,
	OUT definition text,
	OUT index_name text,
	OUT index_bytes bigint,
	OUT problem text)
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_probe_cost';
COMMENT ON FUNCTION dbadvisor.probe_cost(oid, smallint[], text) IS
'Plan the search for the children of a parent as it is and with an index on the columns, small tables as if they were large; problem says why that is not possible';

-- The names of the partitions' indexes are told apart by a hash.
CREATE OR REPLACE FUNCTION dbadvisor.partitioned_index_sql(
	relid oid,
	columns text,
	index_name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH member AS (
		SELECT t.relid,
			   t.parentrelid,
			   t.level,
			   n.nspname,
			   pg_catalog.format('%I.%I', n.nspname, c.relname) AS full_name,
			   c.relkind,
			   CASE t.level
			   WHEN 0 THEN partitioned_index_sql.index_name
			   ELSE pg_catalog.quote_ident(
						pg_catalog.rtrim(pg_catalog.left(c.relname::text, 30), '_') || '_'
						|| pg_catalog.left(dbadvisor.text_hash(c.relname || ' ' || partitioned_index_sql.index_name), 8)
						|| '_idx')
			   END AS own_name,
			   (SELECT pg_catalog.quote_ident(x.relname)
				  FROM pg_catalog.pg_index i
				  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
				 WHERE i.indrelid = t.relid
				   AND t.level > 0
				   AND i.indisvalid
				   AND NOT x.relispartition
				   AND NOT EXISTS (SELECT
									 FROM pg_catalog.pg_constraint k
									WHERE k.conindid = i.indexrelid)
				   AND pg_catalog.split_part(pg_catalog.pg_get_indexdef(i.indexrelid), ' USING ', 2)
					   = pg_catalog.format('btree (%s)', partitioned_index_sql.columns)
				 ORDER BY i.indexrelid
				 LIMIT 1) AS present
		  FROM pg_catalog.pg_partition_tree(partitioned_index_sql.relid) t
		  JOIN pg_catalog.pg_class c ON c.oid = t.relid
		  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		 WHERE c.relkind IN ('r', 'p')
	), step AS (
		SELECT 0 AS stage,
			   m.level,
			   m.full_name,
			   pg_catalog.format('CREATE INDEX %s%s ON %s%s (%s)',
								 CASE m.relkind WHEN 'r' THEN 'CONCURRENTLY ' END,
								 m.own_name,
								 CASE m.relkind WHEN 'p' THEN 'ONLY ' END,
								 m.full_name, partitioned_index_sql.columns) AS command
		  FROM member m
		 WHERE m.present IS NULL
		 UNION ALL
		SELECT 1,
			   -m.level,
			   m.full_name,
			   pg_catalog.format('ALTER INDEX %I.%s ATTACH PARTITION %I.%s',
								 p.nspname, p.own_name, m.nspname, COALESCE(m.present, m.own_name))
		  FROM member m
		  JOIN member p ON p.relid = m.parentrelid
	)
	SELECT pg_catalog.string_agg(s.command, E';\n' ORDER BY s.stage, s.level, s.full_name)
	  FROM step s;
$$;
COMMENT ON FUNCTION dbadvisor.partitioned_index_sql(oid, text, text) IS
'Statements that make a B-tree index on a partitioned table without blocking writes: on the parent alone, on each partition, and attach these';

CREATE OR REPLACE FUNCTION dbadvisor.foreign_key_severity(
	child_rows bigint,
	child_bytes bigint,
	parent_activity bigint,
	parent_deletes bigint,
	uses_index boolean,
	full_name text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN dbadvisor.is_small_lookup(child_rows, dbadvisor.threshold('index.foreign_key_missing', 'small_rows', full_name))
		   THEN 'info'
		   WHEN parent_deletes = 0
				AND parent_activity >= dbadvisor.threshold('index.foreign_key_missing', 'min_activity', full_name)
		   THEN 'low'
		   WHEN uses_index AND child_rows IS NULL
		   THEN 'low'
		   WHEN parent_deletes > 0
				AND child_bytes >= 1073741824
		   THEN 'high'
		   ELSE 'medium'
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.foreign_key_severity(bigint, bigint, bigint, bigint, boolean, text) IS
'Severity of a foreign key without an index by the size of the referencing table and the traffic of the parent';

-- Where a B-tree has all columns in front, in any order, the check is quick, and the
-- planner need not be asked: its operator family must have the operators of the
-- check.
CREATE OR REPLACE VIEW dbadvisor.rule_index_foreign_key_missing
WITH (security_invoker = true) AS
WITH bare AS MATERIALIZED (
	SELECT k.oid,
		   k.relid,
		   k.constraint_name,
		   k.columns,
		   k.full_name,
		   k.relkind,
		   k.referenced,
		   k.delete_action
	  FROM dbadvisor.user_constraint k
	 WHERE k.contype = 'f'
	   AND NOT k.is_inherited
	   AND k.is_enforced
	   AND k.relkind IN ('r', 'p')
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_index i
						 JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
						 JOIN pg_catalog.pg_am m ON m.oid = x.relam
						WHERE i.indrelid = k.relid
						  AND m.amname = 'btree'
						  AND i.indisvalid
						  AND i.indisready
						  AND i.indpred IS NULL
						  AND i.indnkeyatts >= pg_catalog.cardinality(k.columns)
						  AND i.indkey[0] = ANY (k.columns)
						  AND (SELECT pg_catalog.bool_and(EXISTS (
										  SELECT
											FROM pg_catalog.generate_series(0, pg_catalog.cardinality(k.columns) - 1) j
											JOIN pg_catalog.pg_opclass c ON c.oid = i.indclass[j]
											JOIN pg_catalog.pg_amop o
											  ON o.amopfamily = c.opcfamily
											 AND o.amopopr = u.operator
											JOIN pg_catalog.pg_attribute a
											  ON a.attrelid = i.indrelid
											 AND a.attnum = u.attnum
										   WHERE i.indkey[j] = u.attnum
											 AND i.indcollation[j] = a.attcollation))
								 FROM ROWS FROM (pg_catalog.unnest(k.columns), pg_catalog.unnest(k.operators)) u (attnum, operator)))
), planned AS MATERIALIZED (
	SELECT b.*,
		   c.*
	  FROM bare b
	 CROSS JOIN LATERAL dbadvisor.foreign_key_probes(ARRAY[b.relid]) p
	 CROSS JOIN LATERAL dbadvisor.probe_cost(b.relid, b.columns, p.probe) c
	 WHERE p.oid = b.oid
), missing AS (
	SELECT DISTINCT ON (p.relid, p.columns)
		   p.*,
		   dbadvisor.column_list(p.relid, p.columns) AS column_names,
		   dbadvisor.index_wanted(p.relid, p.columns) AS index_wanted,
		   t.schema_name,
		   t.rows,
		   t.bytes,
		   t.leaf_count,
		   r.full_name AS parent_name,
		   COALESCE(r.rows_deleted, 0) AS parent_deletes,
		   COALESCE(r.scans + r.rows_inserted + r.rows_updated + r.rows_deleted, 0) AS parent_activity
	  FROM planned p
	  JOIN dbadvisor.user_table t ON t.relid = p.relid
	  LEFT JOIN dbadvisor.user_table r ON r.relid = p.referenced
	 WHERE p.cost_indexed <= (1 - dbadvisor.threshold('index.foreign_key_missing', 'min_gain', p.full_name)) * p.cost_now
	 ORDER BY p.relid, p.columns, parent_deletes DESC
)
SELECT a.*
  FROM missing m
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.foreign_key_missing',
		   relid => m.relid,
		   variant => m.column_names,
		   severity => dbadvisor.foreign_key_severity(m.rows, m.bytes, m.parent_activity::bigint, m.parent_deletes::bigint, m.uses_index, m.full_name),
		   title => pg_catalog.format('Create an index on %s (%s) for foreign key %I', m.full_name, m.column_names, m.constraint_name),
		   detail => pg_catalog.format(
						 'To find the rows that refer to one of %s the server reads %s: the planner puts the search at cost %s, with an index at %s%s. %s rows of %s were deleted since the counters began.',
						 COALESCE(m.parent_name, m.referenced::pg_catalog.regclass::text),
						 m.full_name,
						 pg_catalog.round(m.cost_now::numeric, 1),
						 pg_catalog.round(m.cost_indexed::numeric, 1),
						 CASE WHEN COALESCE(m.rows, 0) < 20000 THEN ', once the table has grown' ELSE '' END,
						 m.parent_deletes,
						 COALESCE(m.parent_name, 'the parent')),
		   evidence => pg_catalog.jsonb_build_object(
						   'foreign_key', m.constraint_name,
						   'columns', m.column_names,
						   'index_wanted', m.index_wanted,
						   'cost_before', m.cost_now,
						   'cost_after', m.cost_indexed,
						   'table_rows', m.rows,
						   'table_bytes', m.bytes,
						   'parent_rows_deleted', m.parent_deletes,
						   'parent_activity', m.parent_activity,
						   'confidence_reason', 'the check of the foreign key was planned with and without the index'),
		   cost_bytes => m.index_bytes,
		   confidence => 0.9,
		   proof => 'planner',
		   affected_count => m.leaf_count,
		   apply_sql => CASE m.relkind
						WHEN 'p' THEN dbadvisor.partitioned_index_sql(m.relid, m.column_names, m.index_name)
						ELSE m.definition
						END,
		   revert_sql => pg_catalog.format('DROP INDEX %sIF EXISTS %I.%s',
										   CASE WHEN m.relkind <> 'p' THEN 'CONCURRENTLY ' END,
										   m.schema_name, m.index_name),
		   impact => dbadvisor.create_index_impact('CREATE INDEX CONCURRENTLY ', m.index_bytes, m.bytes, m.leaf_count)
					 || CASE m.relkind
						WHEN 'p' THEN ' The index of the whole table takes a SHARE lock for a moment.'
						ELSE ''
						END) a
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.count(*) AS count,
			   pg_catalog.min(p.problem) AS problem
		  FROM planned p
		 WHERE p.problem IS NOT NULL) c
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'index.foreign_key_missing',
		   CASE WHEN c.count > 0 THEN 'degraded' ELSE 'ok' END,
		   CASE WHEN c.count > 0 THEN pg_catalog.format('%s foreign keys could not be planned: %s', c.count, c.problem) END) n;
COMMENT ON VIEW dbadvisor.rule_index_foreign_key_missing IS
'Foreign keys for which no index finds the referencing rows, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.probe_cost(oid, smallint[], text),
	dbadvisor.partitioned_index_sql(oid, text, text),
	dbadvisor.foreign_key_severity(bigint, bigint, bigint, bigint, boolean, text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.probe_cost(oid, smallint[], text),
	dbadvisor.partitioned_index_sql(oid, text, text),
	dbadvisor.foreign_key_severity(bigint, bigint, bigint, bigint, boolean, text)
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_index_foreign_key_missing TO dbadvisor_reader;
