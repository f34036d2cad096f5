-- partition.detached_leftover: a table that was a partition, or was to be one
--
-- Fires for a table by itself that has the columns of a partitioned table, and a check
-- on exactly its partition key that has the form of a bound: DETACH ... CONCURRENTLY
-- leaves such a check, and it is made before ATTACH.  Wrong where the table is kept on
-- purpose, or is about to be attached.
SELECT dbadvisor.register_rule(
	rule => 'partition.detached_leftover',
	title => 'A table is left of a partition',
	why => 'Its rows are in no answer that the partitioned table gives, while it takes space, is dumped and vacuumed.',
	severity => 'low',
	thresholds => '{"min_bytes": 0}',
	doc => 'Whether its rows are still wanted is not known here: attach it, archive it, or drop it once that was decided. What a plain DETACH leaves has no check and cannot be told. min_bytes is the size below which it is not reported.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_detached_leftover WITH (security_invoker = true) AS
WITH checked AS MATERIALIZED (
	SELECT t.relid,
		   t.full_name,
		   t.bytes,
		   t.rows,
		   k.constraint_name,
		   k.oid AS "constraint",
		   ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = k.relid AND a.attnum = ANY (k.columns) ORDER BY 1) AS key
	  FROM dbadvisor.user_table t
	  JOIN dbadvisor.user_constraint k ON k.relid = t.relid AND k.contype = 'c'
	 WHERE t.relkind = 'r'
	   AND NOT t.is_partition
	   AND NOT t.is_inheritor
), parted AS MATERIALIZED (
	SELECT t.relid,
		   t.full_name,
		   p.partstrat,
		   ARRAY(SELECT a.attname FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.relid AND a.attnum = ANY (p.partattrs::smallint[]) ORDER BY 1) AS key
	  FROM dbadvisor.user_table t
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = t.relid AND p.partexprs IS NULL
), shape AS MATERIALIZED (
	SELECT r.relid,
		   pg_catalog.string_agg(pg_catalog.format('%I %s %s', a.attname, a.atttypid, a.atttypmod), ',' ORDER BY a.attname) AS columns
	  FROM (SELECT c.relid FROM checked c UNION SELECT p.relid FROM parted p) r
	  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.relid AND a.attnum > 0 AND NOT a.attisdropped
	 GROUP BY r.relid
), leftover AS (
	SELECT c.relid,
		   c.full_name,
		   c.bytes,
		   c.rows,
		   pg_catalog.min(c.constraint_name::text) AS constraint_name,
		   pg_catalog.string_agg(DISTINCT p.full_name, ', ' ORDER BY p.full_name) AS parents
	  FROM checked c
	  JOIN shape s ON s.relid = c.relid
	  JOIN parted p ON p.key = c.key
	  JOIN shape h ON h.relid = p.relid AND h.columns = s.columns
	 CROSS JOIN LATERAL dbadvisor.definition_unless_locked(c."constraint") d (definition)
	 -- comparisons as PostgreSQL writes bounds: literals are taken out
	 CROSS JOIN LATERAL pg_catalog.regexp_replace(d.definition, '''([^'']|'''')*''', '?', 'g') x (form)
	 WHERE CASE p.partstrat
		   WHEN 'h' THEN d.definition LIKE pg_catalog.format('CHECK (satisfies\_hash\_partition(''%s''::oid,%%', p.relid)
		   WHEN 'l' THEN x.form ~ ' = (\?|\d|ANY \()' AND x.form !~ '[<>]'
		   ELSE x.form !~ '<=|<>|>= ANY|< ANY' AND x.form ~ '>= ' AND (x.form ~ '< ' OR x.form ~ 'IS NOT NULL')
				OR x.form ~ '^CHECK \(\(\(.* IS NOT NULL\) AND \([^<>]* < [^<>]*\)\)\)'
		   END
	 GROUP BY c.relid, c.full_name, c.bytes, c.rows
)
SELECT a.*
  FROM leftover l
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.detached_leftover',
		   relid => l.relid,
		   title => pg_catalog.format('Decide what becomes of %s, which is no partition of %s', l.full_name, l.parents),
		   detail => pg_catalog.format('It has the columns of %s, and its check %I has the form of a bound, as detaching concurrently or preparing to attach leaves it. It takes %s%s.',
									   l.parents, l.constraint_name, pg_catalog.pg_size_pretty(l.bytes), ', with about ' || l.rows || ' rows'),
		   evidence => pg_catalog.jsonb_build_object('table', l.parents, 'constraint', l.constraint_name, 'size_bytes', l.bytes, 'rows', l.rows,
													 'confidence_reason', 'that it was a partition is told by its columns and its check'),
		   proof => 'heuristic',
		   confidence => 0.7) a
 WHERE l.bytes >= dbadvisor.threshold('partition.detached_leftover', 'min_bytes', l.full_name);
COMMENT ON VIEW dbadvisor.rule_partition_detached_leftover IS
'Tables that have the columns of a partitioned table and a check like a bound, and are no partition';

GRANT SELECT ON dbadvisor.rule_partition_detached_leftover TO dbadvisor_reader;
