-- schema.replica_identity_missing: a published table whose updates fail
--
-- Fires for a table, or a partition, of a publication that has updates or deletes
-- when it has no replica identity: each UPDATE and DELETE on it is an error.
-- Partitions are rolled up into their table.
SELECT dbadvisor.register_rule(
	rule => 'schema.replica_identity_missing',
	title => 'A published table has no replica identity',
	why => 'UPDATE and DELETE on it fail with an error as long as the publication sends them.',
	severity => 'high',
	doc => 'A unique index on columns that are NOT NULL is proposed where there is one. FULL sends the whole old row with each change, and the subscriber searches for it column by column.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_replica_identity_missing
WITH (security_invoker = true) AS
WITH published AS (
	SELECT DISTINCT leaf.relid
	  FROM pg_catalog.pg_publication p
	 CROSS JOIN LATERAL pg_catalog.pg_get_publication_tables(p.pubname) m
	 CROSS JOIN LATERAL (
		SELECT m.relid
		 UNION
		SELECT t.relid
		  FROM pg_catalog.pg_partition_tree(m.relid) t) leaf (relid)
	 WHERE p.pubupdate
		OR p.pubdelete
), bare AS (
	SELECT t.relid,
		   t.root,
		   t.full_name,
		   x.relname AS key_name,
		   t.replica_identity,
		   t.rows_updated + t.rows_deleted AS changes
	  FROM published p
	  JOIN dbadvisor.user_table t ON t.relid = p.relid
	  LEFT JOIN pg_catalog.pg_class x ON x.oid = dbadvisor.usable_key(t.relid)
	 WHERE t.relkind = 'r'
	   AND (t.replica_identity = 'n'
			OR (t.replica_identity = 'd' AND NOT t.has_primary_key)
			OR (t.replica_identity = 'i'
				AND NOT EXISTS (SELECT
								  FROM pg_catalog.pg_index i
								 WHERE i.indrelid = t.relid
								   AND i.indisreplident)))
), rolled AS (
	SELECT b.root,
		   pg_catalog.count(*)::integer AS count,
		   pg_catalog.sum(b.changes)::bigint AS changes,
		   pg_catalog.bool_and(b.key_name IS NOT NULL) AS has_key,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', b.full_name, COALESCE('USING INDEX ' || pg_catalog.quote_ident(b.key_name), 'FULL')),
								 E';\n' ORDER BY b.full_name) AS apply_sql,
		   pg_catalog.string_agg(pg_catalog.format('ALTER TABLE %s REPLICA IDENTITY %s', b.full_name, CASE b.replica_identity WHEN 'n' THEN 'NOTHING' ELSE 'DEFAULT' END),
								 E';\n' ORDER BY b.full_name) AS revert_sql
	  FROM bare b
	 GROUP BY b.root
)
SELECT a.*
  FROM rolled r
 CROSS JOIN LATERAL dbadvisor.relation_identity(r.root) t (name)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.replica_identity_missing',
		   relid => r.root,
		   title => pg_catalog.format('Give %s a replica identity', t.name),
		   detail => pg_catalog.format('It is published with updates or deletes, and nothing tells a subscriber which row is meant, so these statements fail. %s',
									   CASE WHEN r.has_key THEN 'A unique index can serve.' ELSE 'It has no key that could serve, so the whole old row must be sent.' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'tables', r.count,
						   'rows_updated_or_deleted', r.changes,
						   'confidence_reason', 'read from the catalog'),
		   affected_count => r.count,
		   apply_sql => r.apply_sql,
		   revert_sql => r.revert_sql,
		   impact => 'Takes an ACCESS EXCLUSIVE lock for a moment; no row is read. FULL makes each update and delete write more WAL.') a;
COMMENT ON VIEW dbadvisor.rule_schema_replica_identity_missing IS
'Rule schema.replica_identity_missing: published tables whose updates and deletes fail';

GRANT SELECT ON dbadvisor.rule_schema_replica_identity_missing TO dbadvisor_reader;
