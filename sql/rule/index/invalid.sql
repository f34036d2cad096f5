-- index.invalid: an index that was left half built
--
-- Fires for an index that CREATE INDEX CONCURRENTLY or REINDEX CONCURRENTLY has
-- left behind when it failed: no statement reads it, and writes may maintain
-- it.  Silent while any session could still be building it.  Wrong when the
-- build waits for somebody to begin it again.
SELECT dbadvisor.register_rule(
	rule => 'index.invalid',
	title => 'An index was left half built',
	why => 'No statement can use it, and it costs every write as if it were complete.',
	severity => 'medium',
	doc => 'What REINDEX CONCURRENTLY has left (names that end in _ccnew or _ccold), what was about to be dropped, and what a valid index covers is to be dropped; the rest to be built again. Indexes of partitioned tables that wait for a partition are not looked at.',
	shipped => true);

-- Both a build and VACUUM hold this lock; a session lock outlives transactions.
CREATE OR REPLACE FUNCTION dbadvisor.index_build_gate(indexrelid oid, relid oid)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN EXISTS (SELECT
						  FROM pg_catalog.pg_stat_progress_create_index p
						 WHERE p.datname = pg_catalog.current_database()
						   AND (p.relid IS NULL
								OR p.relid = index_build_gate.relid
								OR p.index_relid = index_build_gate.indexrelid))
		   THEN dbadvisor.gate(NULL, 'an index of the table is being built')
		   WHEN EXISTS (SELECT
						  FROM pg_catalog.pg_locks l
						 WHERE l.locktype = 'relation'
						   AND l.database = (SELECT d.oid
											   FROM pg_catalog.pg_database d
											  WHERE d.datname = pg_catalog.current_database())
						   AND l.relation IN (index_build_gate.relid, index_build_gate.indexrelid)
						   AND l.mode IN ('ShareUpdateExclusiveLock', 'ShareLock',
										  'ShareRowExclusiveLock', 'ExclusiveLock',
										  'AccessExclusiveLock'))
		   THEN dbadvisor.gate(NULL, 'the table is locked by what may be building it')
		   WHEN pg_catalog.pg_is_in_recovery()
		   THEN dbadvisor.gate(NULL, 'this is a standby: builds on the primary are not seen')
		   ELSE dbadvisor.gate(true, 'no session is building it')
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.index_build_gate(oid, oid) IS
'Whether no session can be building an index of the table';

-- Where the index has expressions or a predicate, the query would show data
-- values; then the build itself has to tell.
CREATE OR REPLACE FUNCTION dbadvisor.unique_precheck(indexrelid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format('SELECT %1$s, count(*) FROM %2$s%3$s GROUP BY %1$s HAVING count(*) > 1',
							 keys.list,
							 dbadvisor.relation_identity(i.indrelid),
							 CASE WHEN NOT i.indnullsnotdistinct THEN ' WHERE ' || keys.not_null END)
	  FROM pg_catalog.pg_index i
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY u.place),
			   pg_catalog.string_agg(pg_catalog.quote_ident(a.attname) || ' IS NOT NULL', ' AND ' ORDER BY u.place)
		  FROM pg_catalog.unnest(i.indkey::smallint[]) WITH ORDINALITY u (attnum, place)
		  JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum
		 WHERE u.place <= i.indnkeyatts) keys (list, not_null)
	 WHERE i.indexrelid = unique_precheck.indexrelid
	   AND i.indisunique
	   AND i.indexprs IS NULL
	   AND i.indpred IS NULL;
$$;
COMMENT ON FUNCTION dbadvisor.unique_precheck(oid) IS
'A query for the rows that stand in the way of a unique index; null for one on expressions or a part of the rows';

CREATE OR REPLACE VIEW dbadvisor.rule_index_invalid WITH (security_invoker = true) AS
WITH pair AS MATERIALIZED (
	SELECT p.indexrelid,
		   pg_catalog.min(dbadvisor.relation_identity(p.covered_by)) AS other_name
	  FROM dbadvisor.index_pairs() p
	 WHERE p.cover = 'same'
	 GROUP BY p.indexrelid
), suspect AS MATERIALIZED (
	SELECT u.*,
		   i.indislive,
		   p.other_name,
		   l.is_leftover,
		   NOT u.backs_constraint
		   AND (NOT i.indislive
				OR p.other_name IS NOT NULL
				OR l.is_leftover) AS is_to_drop,
		   pg_catalog.jsonb_build_object(
			   'building', dbadvisor.index_build_gate(u.indexrelid, u.relid),
			   'partition', dbadvisor.gate(NOT u.is_attached, CASE WHEN u.is_attached THEN 'it is part of an index of a partitioned table' END),
			   'extension', dbadvisor.gate(NOT u.is_extension_member, CASE WHEN u.is_extension_member THEN 'it belongs to an extension' END),
			   'replica_identity', dbadvisor.gate(NOT u.is_replica_identity, CASE WHEN u.is_replica_identity THEN 'it is the replica identity' END),
			   'foreign_key_target', dbadvisor.gate(NOT u.is_foreign_key_target, CASE WHEN u.is_foreign_key_target THEN 'a foreign key refers to it' END),
			   'exclusion', dbadvisor.gate(NOT u.is_exclusion, CASE WHEN u.is_exclusion THEN 'an exclusion constraint cannot be built again concurrently' END)) AS gates
	  FROM dbadvisor.user_index u
	  JOIN pg_catalog.pg_index i ON i.indexrelid = u.indexrelid
	  LEFT JOIN pair p ON p.indexrelid = u.indexrelid
	 CROSS JOIN LATERAL (
		-- of a long name it keeps the beginning
		SELECT EXISTS (SELECT
						 FROM pg_catalog.pg_index o
						 JOIN pg_catalog.pg_class c ON c.oid = o.indexrelid
						WHERE o.indrelid = u.relid
						  AND o.indexrelid <> u.indexrelid
						  AND o.indisvalid
						  AND o.indkey::text = i.indkey::text
						  AND u.index_name ~ '_cc(new|old)[0-9]*$'
						  AND pg_catalog.starts_with(c.relname::text, pg_catalog.regexp_replace(u.index_name::text, '_cc(new|old)[0-9]*$', '')))) l (is_leftover)
	 WHERE NOT u.is_usable
	   AND NOT u.is_temporary
	   AND u.relkind = 'i'
)
SELECT d.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.drop_advice(
		   rule => 'index.invalid',
		   indexrelid => s.indexrelid,
		   title => pg_catalog.format('Drop index %s: it was left half built', s.full_name),
		   detail => pg_catalog.format(
						 'It is not valid, so no statement reads it, and no session is building it. %s',
						 CASE
						 WHEN NOT s.indislive THEN 'DROP INDEX CONCURRENTLY had begun to drop it.'
						 WHEN s.is_leftover THEN 'REINDEX CONCURRENTLY has left it behind; the index that it was to replace is still there.'
						 ELSE s.other_name || ' is the same and valid.'
						 END),
		   evidence => pg_catalog.jsonb_build_object('covered_by', s.other_name, 'gates', s.gates,
													 'confidence_reason', 'read from the catalog'),
		   proof => 'catalog',
		   confidence => 0.95) d
 WHERE s.is_to_drop
   AND dbadvisor.gates_passed(s.gates)
 UNION ALL
SELECT r.*
  FROM suspect s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'index.invalid',
		   relid => s.indexrelid,
		   title => pg_catalog.format('Build index %s again: it was left half built', s.full_name),
		   detail => pg_catalog.format(
						 'It is not valid, so no statement reads it, and no session is building it. Building it again makes it usable; dropping it is the other way out.%s',
						 CASE WHEN s.is_unique THEN ' It is unique: rows that are twice in the table make the build fail again.' ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object('gates', s.gates, 'size_bytes', s.bytes,
													 'confidence_reason', 'read from the catalog'),
		   proof => 'catalog',
		   confidence => 0.9,
		   precheck_sql => dbadvisor.unique_precheck(s.indexrelid),
		   apply_sql => 'REINDEX INDEX CONCURRENTLY ' || s.full_name,
		   impact => pg_catalog.format('Takes a SHARE UPDATE EXCLUSIVE lock on %s: reads and writes go on. Reads the table twice and waits for transactions that are older; cannot run inside a transaction block.',
									   dbadvisor.relation_identity(s.relid))) r
 WHERE NOT s.is_to_drop
   AND dbadvisor.gates_passed(s.gates)
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('index', s.full_name, 'gates', s.gates))
		  FROM suspect s
		 WHERE NOT COALESCE(dbadvisor.gates_passed(s.gates), false)) w (withheld)
 CROSS JOIN LATERAL dbadvisor.drop_note('index.invalid', w.withheld) n;
COMMENT ON VIEW dbadvisor.rule_index_invalid IS
'Indexes that were left half built, and what the rule has to say of its own run';

REVOKE ALL ON FUNCTION dbadvisor.index_build_gate(oid, oid),
	dbadvisor.unique_precheck(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.index_build_gate(oid, oid),
	dbadvisor.unique_precheck(oid)
	TO dbadvisor_reader;
GRANT SELECT ON dbadvisor.rule_index_invalid TO dbadvisor_reader;
