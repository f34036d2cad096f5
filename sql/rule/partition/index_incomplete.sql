-- partition.index_incomplete: an index that some partitions do not have
--
-- Fires for an index of a partitioned table that waits for its partitions: it was made
-- with ON ONLY, and not each partition's index was attached since.  Wrong while that is
-- under way.
SELECT dbadvisor.register_rule(
	rule => 'partition.index_incomplete',
	title => 'An index lacks partitions',
	why => 'New partitions get it, but those that have none are read as a whole, a unique one is checked in some partitions only, and no foreign key can refer to it.',
	severity => 'medium',
	doc => 'The statements build what is missing beside reads and writes; for a constraint, or where partitions have partitions themselves, none are printed.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_index_incomplete WITH (security_invoker = true) AS
WITH missing AS MATERIALIZED (
	SELECT u.indexrelid,
		   u.full_name,
		   u.schema_name,
		   u.index_name,
		   u.relid,
		   u.backs_constraint,
		   h.inhrelid AS partition,
		   c.relkind,
		   c.relname,
		   n.nspname
	  FROM dbadvisor.single_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid AND NOT i.indisvalid
	  JOIN pg_catalog.pg_inherits h ON h.inhparent = u.relid
	  JOIN pg_catalog.pg_class c ON c.oid = h.inhrelid
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	 WHERE u.relkind = 'I'
	   AND NOT u.is_attached
	   AND NOT u.is_extension_member
	   AND NOT EXISTS (SELECT
						 FROM pg_catalog.pg_inherits x
						 JOIN pg_catalog.pg_index p ON p.indexrelid = x.inhrelid
						WHERE x.inhparent = u.indexrelid
						  AND p.indrelid = h.inhrelid)
), whole AS (
	SELECT m.indexrelid,
		   m.full_name,
		   m.relid,
		   pg_catalog.count(*)::integer AS count,
		   pg_catalog.string_agg(s.create_sql || E';\n' || s.attach_sql, E';\n' ORDER BY m.relname) AS apply_sql,
		   pg_catalog.bool_or(m.backs_constraint OR m.relkind <> 'r') AS is_hard
	  FROM missing m
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(dbadvisor.index_key_text(m.indexrelid, k), ', ' ORDER BY k) FILTER (WHERE k <= i.indnkeyatts),
			   pg_catalog.string_agg(pg_catalog.pg_get_indexdef(m.indexrelid, k, false), ', ' ORDER BY k) FILTER (WHERE k > i.indnkeyatts)
		  FROM pg_catalog.pg_index i
		 CROSS JOIN LATERAL pg_catalog.generate_series(1, i.indnatts) k
		 WHERE i.indexrelid = m.indexrelid) l (keys, included)
	 CROSS JOIN LATERAL (
		SELECT dbadvisor.suffixed_name(pg_catalog.left(m.relname, 30)::name, pg_catalog.left(m.index_name, 30))) n (name)
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.rtrim(dbadvisor.index_statement(m.indexrelid, 'CONCURRENTLY ' || n.name, pg_catalog.format('%I.%I', m.nspname, m.relname), l.keys, l.included), ';'),
			   pg_catalog.format('ALTER INDEX %s ATTACH PARTITION %I.%s', m.full_name, m.nspname, n.name)) s (create_sql, attach_sql)
	 GROUP BY m.indexrelid, m.full_name, m.relid
)
SELECT a.*
  FROM whole w
 CROSS JOIN LATERAL dbadvisor.relation_identity(w.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.index_incomplete',
		   relid => w.indexrelid,
		   title => pg_catalog.format('Complete the index %s of %s', w.full_name, t.name),
		   detail => pg_catalog.format('%s partitions have no index that is part of it.', w.count),
		   evidence => pg_catalog.jsonb_build_object('table', t.name, 'partitions_without_count', w.count),
		   affected_count => w.count,
		   apply_sql => CASE WHEN NOT w.is_hard THEN w.apply_sql END,
		   impact => 'Reads each of these partitions, beside reads and writes; attaching takes a lock on the index for a moment.') a;
COMMENT ON VIEW dbadvisor.rule_partition_index_incomplete IS
'Indexes of partitioned tables that some partitions do not have';

GRANT SELECT ON dbadvisor.rule_partition_index_incomplete TO dbadvisor_reader;
