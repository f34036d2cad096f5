-- Which indexes could be dropped, and the proof that nobody needs them.
--
-- The catalog and the counters make an index suspect; every gate must pass
-- before it is proposed.  All rules go through drop_suspects() and index_drops(),
-- so that what they propose is harmless together: the index that makes another
-- one needless is never proposed itself.

CREATE OR REPLACE FUNCTION dbadvisor.index_pairs(
	OUT indexrelid oid,
	OUT covered_by oid,
	OUT cover text)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_index_pairs';
COMMENT ON FUNCTION dbadvisor.index_pairs() IS
'Indexes that another one of their table can stand in for. What that one has more: nothing (same), nothing but the opposite order (reversed), included columns (include), key columns (prefix), rows (rows)';

CREATE OR REPLACE FUNCTION dbadvisor.index_covered_by(
	definition text,
	OUT indexrelid oid,
	OUT covered_by oid,
	OUT cover text)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_index_covered_by';
COMMENT ON FUNCTION dbadvisor.index_covered_by(text) IS
'Indexes that one to be created, as its CREATE INDEX statement says, could stand in for; none for one on expressions, or on a part of the rows other than by IS NULL or IS NOT NULL';

CREATE OR REPLACE FUNCTION dbadvisor.predicted_index_size(index regclass)
RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_predicted_index_size';
COMMENT ON FUNCTION dbadvisor.predicted_index_size(regclass) IS
'Bytes that an index would take if it were built anew, from the statistics of its table; null for access methods that cannot be predicted, or when the table is locked';

CREATE OR REPLACE FUNCTION dbadvisor.index_size(index regclass)
RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_index_size';
COMMENT ON FUNCTION dbadvisor.index_size(regclass) IS
'Bytes that an index takes; null, without waiting, when its table is locked';

CREATE OR REPLACE FUNCTION dbadvisor.names_reaching(
	relids oid[],
	OUT relid oid,
	OUT name text)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH RECURSIVE reach AS (
		SELECT DISTINCT u.oid AS relid,
			   u.oid AS oid
		  FROM pg_catalog.unnest(names_reaching.relids) u (oid)
		 UNION
		SELECT r.relid,
			   n.oid
		  FROM reach r
		 CROSS JOIN LATERAL (
			SELECT i.inhparent
			  FROM pg_catalog.pg_inherits i
			 WHERE i.inhrelid = r.oid
			 UNION ALL
			SELECT i.inhrelid
			  FROM pg_catalog.pg_inherits i
			 WHERE i.inhparent = r.oid
			 UNION ALL
			SELECT w.ev_class
			  FROM pg_catalog.pg_depend d
			  JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
			 WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
			   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
			   AND d.refobjid = r.oid) n (oid)
	)
	SELECT r.relid,
		   pg_catalog.replace(pg_catalog.lower(c.relname::text COLLATE pg_catalog."default"), '"', '""')
	  FROM reach r
	  JOIN pg_catalog.pg_class c ON c.oid = r.oid;
$$;
COMMENT ON FUNCTION dbadvisor.names_reaching(oid[]) IS
'Names by which a statement can touch a table: its own, and those of its parents, children, views and rules, in lower case by the rules of the database and with quotes doubled';

-- As ri_triggers.c looks for the children of a row that is deleted.
CREATE OR REPLACE FUNCTION dbadvisor.foreign_key_probes(
	relids oid[],
	OUT relid oid,
	OUT owner oid,
	OUT probe text,
	OUT note text,
	OUT oid oid)
RETURNS SETOF record
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT k.conrelid,
		   c.relowner,
		   pg_catalog.format('SELECT 1 FROM %s%I.%I x WHERE %s FOR KEY SHARE OF x',
							 CASE WHEN c.relkind <> 'p' THEN 'ONLY ' END,
							 n.nspname, c.relname, clause.text),
		   pg_catalog.format('foreign key %I (%s rows of %I.%I deleted or updated so far)',
							 k.conname,
							 COALESCE(pg_catalog.pg_stat_get_tuples_deleted(p.oid)
									  + pg_catalog.pg_stat_get_tuples_updated(p.oid), 0),
							 pn.nspname, p.relname),
		   k.oid
	  FROM pg_catalog.pg_constraint k
	  JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
	  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
	  JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
	  JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
	 CROSS JOIN LATERAL (
		SELECT pg_catalog.string_agg(
				   pg_catalog.format('$%s::%s OPERATOR(%I.%s) x.%I',
									 u.place,
									 pg_catalog.format_type(pa.atttypid, pa.atttypmod),
									 opn.nspname, o.oprname, ca.attname),
				   ' AND ' ORDER BY u.place)
		  FROM ROWS FROM (pg_catalog.unnest(k.conkey),
						  pg_catalog.unnest(k.confkey),
						  pg_catalog.unnest(k.conpfeqop))
			   WITH ORDINALITY u (child, parent, operator, place)
		  JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
		  JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
		  JOIN pg_catalog.pg_operator o ON o.oid = u.operator
		  JOIN pg_catalog.pg_namespace opn ON opn.oid = o.oprnamespace) clause (text)
	 WHERE k.contype = 'f'
	   AND k.conrelid = ANY (foreign_key_probes.relids);
$$;
COMMENT ON FUNCTION dbadvisor.foreign_key_probes(oid[]) IS
'For each foreign key of the tables: the query with which the server looks for children of a parent, and the traffic of the parent';

CREATE OR REPLACE FUNCTION dbadvisor.prove_drops(
	indexes oid[],
	definitions text[],
	tolerances float8[],
	twins boolean[],
	time_limit interval,
	OUT ordinal integer,
	OUT indexrelid oid,
	OUT passed boolean,
	OUT gates jsonb)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'dbadvisor_prove_drops';
COMMENT ON FUNCTION dbadvisor.prove_drops(oid[], text[], float8[], boolean[], interval) IS
'For each index in the order given (ordinal): plan the recorded statements and the probes of foreign keys without each of the indexes and those before it that passed: the cost of none may rise by more than the index''s tolerance. definitions are CREATE INDEX statements of what replaces an index, or null; twins are indexes of which an identical one remains';

-- An index that has lately taken over the work of one that was dropped had no
-- chance to be scanned: its window begins then.
--
-- The stronger of two indexes with the same columns stays: what other objects
-- rely upon, then what is unique, smaller, older.  Only what the places asked for need
-- is read: the rest of 50,000 indexes takes a second.
CREATE OR REPLACE FUNCTION dbadvisor.drop_suspects(
	last_place integer,
	OUT place integer,
	OUT rule text,
	OUT indexrelid oid,
	OUT covered_by oid,
	OUT cover text,
	OUT fingerprint text,
	OUT definition text)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH listed AS MATERIALIZED (
		SELECT p.*
		  FROM dbadvisor.index_pairs() p
	), known AS MATERIALIZED (
		SELECT u.indexrelid,
			   u.is_pinned,
			   u.is_unique,
			   ROW (u.is_pinned, u.is_unique, -u.bytes, -u.indexrelid::bigint) AS strength
		  FROM dbadvisor.user_index u
		 WHERE u.is_usable
		   AND NOT u.is_temporary
		   AND u.indexrelid IN (SELECT l.indexrelid
								  FROM listed l
								 UNION
								SELECT l.covered_by
								  FROM listed l)
	), pair AS MATERIALIZED (
		SELECT l.indexrelid,
			   l.covered_by,
			   l.cover,
			   k.is_pinned,
			   k.is_unique,
			   k.strength,
			   o.strength AS other_strength
		  FROM listed l
		  JOIN known k ON k.indexrelid = l.indexrelid
		  JOIN known o ON o.indexrelid = l.covered_by
	), twin AS MATERIALIZED (
		SELECT DISTINCT ON (p.indexrelid)
			   p.indexrelid,
			   p.covered_by,
			   p.cover
		  FROM pair p
		 WHERE p.cover IN ('same', 'reversed')
		   AND p.other_strength > p.strength
		   AND NOT p.is_pinned
		 ORDER BY p.indexrelid, p.other_strength DESC
	), narrower AS MATERIALIZED (
		SELECT p.*
		  FROM pair p
		 WHERE p.cover NOT IN ('same', 'reversed')
		   AND NOT p.is_pinned
		   AND NOT p.is_unique
		   AND NOT EXISTS (SELECT
							 FROM twin t
							WHERE t.indexrelid = p.indexrelid)
	), redundant AS MATERIALIZED (
		SELECT DISTINCT ON (n.indexrelid)
			   n.indexrelid,
			   n.covered_by,
			   n.cover
		  FROM narrower n
		 WHERE n.covered_by NOT IN (SELECT t.indexrelid FROM twin t)
		   AND n.covered_by NOT IN (SELECT m.indexrelid FROM narrower m)
		 ORDER BY n.indexrelid, n.other_strength DESC
	), paired AS MATERIALIZED (
		SELECT p.indexrelid
		  FROM pair p
		 UNION
		SELECT p.covered_by
		  FROM pair p
	), superseded AS MATERIALIZED (
		SELECT DISTINCT ON (k.indexrelid)
			   k.indexrelid,
			   c.cover,
			   f.fingerprint,
			   f.apply_sql
		  FROM dbadvisor.finding f
		 CROSS JOIN LATERAL dbadvisor.index_covered_by(f.apply_sql) c
		  JOIN dbadvisor.user_index k ON k.indexrelid = c.indexrelid
		 WHERE drop_suspects.last_place >= 4
		   AND f.rule = 'index.missing'
		   AND f.status = 'open'
		   AND f.apply_sql IS NOT NULL
		   AND k.is_usable
		   AND NOT k.is_temporary
		   AND NOT k.is_pinned
		   AND NOT k.is_unique
		   AND NOT EXISTS (SELECT
							 FROM pair p
							WHERE p.indexrelid = k.indexrelid)
		 ORDER BY k.indexrelid, f.finding_id
	), unused AS MATERIALIZED (
		SELECT k.indexrelid
		  FROM dbadvisor.user_index k
		 CROSS JOIN LATERAL (
			SELECT dbadvisor.threshold('index.unused', 'min_window_days', k.full_name)::double precision AS days,
				   dbadvisor.threshold('index.unused', 'min_size_bytes', k.full_name) AS bytes,
				   dbadvisor.threshold('index.unused', 'min_table_activity', k.full_name) AS activity) t
		 WHERE (drop_suspects.last_place = 3
				OR EXISTS (SELECT FROM superseded))
		   AND k.is_usable
		   AND NOT k.is_temporary
		   AND NOT k.is_pinned
		   AND NOT k.is_unique
		   AND (k.scans = 0
				OR (t.days > 0
					AND k.last_scan < pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => 1) * t.days))
		   AND k.bytes >= t.bytes
		   AND k.table_scans + k.table_writes >= t.activity
		   AND k.indexrelid NOT IN (SELECT p.indexrelid FROM paired p)
		   AND NOT EXISTS (SELECT
							 FROM dbadvisor.index_leaves(k.indexrelid) l (oid)
							WHERE k.relkind = 'I'
							  AND l.oid IN (SELECT p.indexrelid FROM paired p))
		   AND NOT EXISTS (SELECT
							 FROM dbadvisor.finding f
							WHERE f.evidence ->> 'covered_by' = k.full_name
							  AND COALESCE(f.applied_at, f.resolved_at, f.last_seen)
								  > pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => 1) * t.days)
	)
	SELECT 1, 'index.duplicate', t.indexrelid, t.covered_by, t.cover, NULL, NULL
	  FROM twin t
	 UNION ALL
	SELECT 2, 'index.redundant', r.indexrelid, r.covered_by, r.cover, NULL, NULL
	  FROM redundant r
	 UNION ALL
	SELECT 3, 'index.unused', u.indexrelid, NULL, NULL, NULL, NULL
	  FROM unused u
	 UNION ALL
	SELECT 4, 'index.superseded', s.indexrelid, NULL, s.cover, s.fingerprint, s.apply_sql
	  FROM superseded s
	 ORDER BY 1, 3;
$$;
COMMENT ON FUNCTION dbadvisor.drop_suspects(integer) IS
'Indexes that the catalog or the counters make suspect, by rule up to a place in their order (duplicate, redundant, unused, superseded), with the index that covers them or the recommended one that would';

CREATE OR REPLACE FUNCTION dbadvisor.catalog_gates(
	indexrelid oid,
	covered_by oid,
	rule text)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.jsonb_build_object(
			   'constraint', dbadvisor.gate(NOT u.backs_constraint, CASE WHEN u.backs_constraint THEN 'a constraint stands on it' END),
			   'foreign_key_target', dbadvisor.gate(NOT u.is_foreign_key_target, CASE WHEN u.is_foreign_key_target THEN 'a foreign key refers to it' END),
			   'unique', dbadvisor.gate(NOT u.is_unique OR twin.is_unique, CASE WHEN u.is_unique AND NOT twin.is_unique THEN 'it keeps values unique' END),
			   'replica_identity', dbadvisor.gate(NOT u.is_replica_identity, CASE WHEN u.is_replica_identity THEN 'it is the replica identity' END),
			   'cluster', dbadvisor.gate(NOT u.is_clustered, CASE WHEN u.is_clustered THEN 'the table is clustered by it' END),
			   'partition', dbadvisor.gate(NOT u.is_attached, CASE WHEN u.is_attached THEN 'it is part of an index of a partitioned table' END),
			   'extension', dbadvisor.gate(NOT u.is_extension_member, CASE WHEN u.is_extension_member THEN 'it belongs to an extension' END),
			   'system_schema', dbadvisor.gate(NOT u.is_temporary, CASE WHEN u.is_temporary THEN 'its table is temporary' END),
			   'logical_replication', dbadvisor.gate(NOT last.found, CASE WHEN last.found THEN 'the table is replicated without a primary key and has no other index' END))
	  FROM dbadvisor.user_index u
	 CROSS JOIN LATERAL (
		SELECT COALESCE((SELECT i.indisunique
						   FROM pg_catalog.pg_index i
						  WHERE i.indexrelid = catalog_gates.covered_by), false)
			   AND catalog_gates.rule = 'index.duplicate') twin (is_unique)
	 CROSS JOIN LATERAL (
		-- a partitioned table is replicated as such, or each of its partitions
		WITH kin AS (
			SELECT u.relid
			 UNION
			SELECT a.relid
			  FROM pg_catalog.pg_partition_ancestors(u.relid) a (relid)
			 UNION
			SELECT t.relid
			  FROM pg_catalog.pg_partition_tree(u.relid) t
		)
		SELECT NOT EXISTS (SELECT
							 FROM pg_catalog.pg_index i
							WHERE i.indrelid = u.relid
							  AND i.indisvalid
							  AND (i.indisprimary
								   OR i.indisreplident
								   OR i.indexrelid = catalog_gates.covered_by))
			   AND (EXISTS (SELECT
							  FROM pg_catalog.pg_publication p
							 WHERE p.puballtables)
					OR EXISTS (SELECT
								 FROM pg_catalog.pg_publication_rel r
								WHERE r.prrelid IN (SELECT k.relid FROM kin k))
					OR EXISTS (SELECT
								 FROM pg_catalog.pg_publication_namespace s
								 JOIN pg_catalog.pg_class c ON c.relnamespace = s.pnnspid
								WHERE c.oid IN (SELECT k.relid FROM kin k))
					OR EXISTS (SELECT
								 FROM pg_catalog.pg_subscription_rel r
								WHERE r.srrelid IN (SELECT k.relid FROM kin k)))) last (found)
	 WHERE u.indexrelid = catalog_gates.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.catalog_gates(oid, oid, text) IS
'What stands upon an index by the catalog: each check with its outcome';

CREATE OR REPLACE FUNCTION dbadvisor.workload_gate(
	indexrelid oid,
	rule text,
	since timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE
		   WHEN wanted.days <= 0
		   THEN dbadvisor.gate(true, 'no window is asked for')
		   WHEN COALESCE(since > pg_catalog.clock_timestamp() - pg_catalog.make_interval(days => 1) * wanted.days, true)
		   THEN dbadvisor.gate(false, pg_catalog.format('statements are recorded since %s only, %s days are asked for',
														COALESCE(since::text, 'this analysis'), wanted.days))
		   ELSE dbadvisor.gate(true, pg_catalog.format('statements are recorded since %s', since))
		   END
	  FROM (SELECT dbadvisor.threshold(workload_gate.rule, 'min_workload_days', o.identity)::double precision
			  FROM pg_catalog.pg_identify_object('pg_catalog.pg_class'::pg_catalog.regclass, workload_gate.indexrelid, 0) o) wanted (days);
$$;
COMMENT ON FUNCTION dbadvisor.workload_gate(oid, text, timestamptz) IS
'Whether statements are recorded for as many days as min_workload_days of the rule asks';

CREATE OR REPLACE FUNCTION dbadvisor.gates_passed(gates jsonb)
RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT pg_catalog.bool_and((g.value ->> 'passed')::boolean)
		   AND pg_catalog.count(*) = pg_catalog.count((g.value ->> 'passed')::boolean)
	  FROM pg_catalog.jsonb_each(gates) g;
$$;
COMMENT ON FUNCTION dbadvisor.gates_passed(jsonb) IS
'Whether each of the checks is known to have passed';

-- The planner is asked only about indexes that nothing else speaks for, and
-- after all that rules before this one propose.
CREATE OR REPLACE FUNCTION dbadvisor.index_drops(
	rule text,
	OUT indexrelid oid,
	OUT covered_by oid,
	OUT cover text,
	OUT fingerprint text,
	OUT replacement text,
	OUT passed boolean,
	OUT since timestamptz,
	OUT gates jsonb)
RETURNS SETOF record
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
	WITH usage AS MATERIALIZED (
		SELECT dbadvisor.usage_since() AS since,
			   dbadvisor.standby_gate() AS standby
	), suspect AS MATERIALIZED (
		SELECT s.*,
			   dbadvisor.catalog_gates(s.indexrelid, s.covered_by, s.rule)
			   || pg_catalog.jsonb_build_object(
					  'window', dbadvisor.window_gate(s.indexrelid, s.rule, u.since),
					  'standby', dbadvisor.standby_gate(s.indexrelid, s.rule, s.cover, u.standby)) AS gates
		  FROM dbadvisor.drop_suspects(CASE index_drops.rule
									   WHEN 'index.duplicate' THEN 1
									   WHEN 'index.redundant' THEN 2
									   WHEN 'index.unused' THEN 3
									   ELSE 4
									   END) s
		 CROSS JOIN usage u
		 WHERE s.place < 3
			OR s.rule = index_drops.rule
			OR index_drops.rule = 'index.superseded'
	), chosen AS MATERIALIZED (
		SELECT pg_catalog.row_number() OVER (ORDER BY s.place, s.indexrelid) AS ordinal,
			   s.*
		  FROM suspect s
		 WHERE dbadvisor.gates_passed(s.gates)
	), question AS MATERIALIZED (
		SELECT pg_catalog.array_agg(c.indexrelid ORDER BY c.ordinal) AS indexes,
			   pg_catalog.array_agg(c.definition ORDER BY c.ordinal) AS definitions,
			   pg_catalog.array_agg(dbadvisor.threshold(c.rule, 'max_cost_increase')::double precision
									ORDER BY c.ordinal) AS tolerances,
			   pg_catalog.array_agg(COALESCE(c.place = 1 AND c.cover = 'same', false) ORDER BY c.ordinal) AS twins
		  FROM chosen c
	), proof AS MATERIALIZED (
		SELECT p.*
		  FROM question q
		 CROSS JOIN LATERAL dbadvisor.prove_drops(
				   q.indexes, q.definitions, q.tolerances, q.twins,
				   pg_catalog.make_interval(secs => dbadvisor.threshold(index_drops.rule, 'time_limit_s')::double precision)) p
		 WHERE q.indexes IS NOT NULL
	), judged AS (
		SELECT s.*,
			   c.indexrelid IS NOT NULL AS is_chosen,
			   (p.gates #>> '{planner,since}')::timestamptz AS workload_since,
			   s.gates
			   || COALESCE(p.gates, '{}')
			   || CASE
				  WHEN p.gates IS NOT NULL
				  THEN pg_catalog.jsonb_build_object(
						   'workload', dbadvisor.workload_gate(s.indexrelid, s.rule, (p.gates #>> '{planner,since}')::timestamptz))
				  ELSE '{}'
				  END AS all_gates
		  FROM suspect s
		  LEFT JOIN chosen c ON c.indexrelid = s.indexrelid AND c.place = s.place
		  LEFT JOIN proof p ON p.ordinal = c.ordinal
		 WHERE s.rule = index_drops.rule
	)
	SELECT j.indexrelid,
		   j.covered_by,
		   j.cover,
		   j.fingerprint,
		   j.definition,
		   j.is_chosen AND dbadvisor.gates_passed(j.all_gates),
		   CASE j.rule
		   WHEN 'index.unused' THEN u.since
		   ELSE j.workload_since
		   END,
		   j.all_gates
	  FROM judged j
	 CROSS JOIN usage u
	 ORDER BY j.indexrelid;
$$;
COMMENT ON FUNCTION dbadvisor.index_drops(text) IS
'Suspects of a rule with the outcome of all checks (gates); passed says that each of them has passed';

REVOKE ALL ON FUNCTION dbadvisor.index_pairs(),
	dbadvisor.index_covered_by(text),
	dbadvisor.predicted_index_size(regclass),
	dbadvisor.index_size(regclass),
	dbadvisor.names_reaching(oid[]),
	dbadvisor.foreign_key_probes(oid[]),
	dbadvisor.prove_drops(oid[], text[], float8[], boolean[], interval),
	dbadvisor.drop_suspects(integer),
	dbadvisor.catalog_gates(oid, oid, text),
	dbadvisor.workload_gate(oid, text, timestamptz),
	dbadvisor.gates_passed(jsonb),
	dbadvisor.index_drops(text)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.index_pairs(),
	dbadvisor.index_covered_by(text),
	dbadvisor.predicted_index_size(regclass),
	dbadvisor.index_size(regclass),
	dbadvisor.names_reaching(oid[]),
	dbadvisor.foreign_key_probes(oid[]),
	dbadvisor.prove_drops(oid[], text[], float8[], boolean[], interval),
	dbadvisor.drop_suspects(integer),
	dbadvisor.catalog_gates(oid, oid, text),
	dbadvisor.workload_gate(oid, text, timestamptz),
	dbadvisor.gates_passed(jsonb),
	dbadvisor.index_drops(text)
	TO dbadvisor_reader;
