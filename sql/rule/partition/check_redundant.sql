-- partition.check_redundant: a check that the bounds of its partition imply
--
-- Fires for check constraints of single partitions that hold for every row that
-- the bounds let in, as the planner proves: what was made for ATTACH without a scan,
-- or left by DETACH ... CONCURRENTLY.  Wrong where the partition is to be detached
-- and attached again soon.
SELECT dbadvisor.register_rule(
	rule => 'partition.check_redundant',
	title => 'A check says what the bounds of its partition say',
	why => 'Each inserted or updated row is tested once more, and the planner reads the check each time it plans a statement on the table.',
	severity => 'info',
	thresholds => '{"max_named": 5}',
	doc => 'Checks that the whole table has are no matter of its bounds. max_named is how many are named; the statements are for all.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_partition_check_redundant WITH (security_invoker = true) AS
WITH suspect AS MATERIALIZED (
	SELECT k.oid,
		   k.relid,
		   k.full_name,
		   k.constraint_name,
		   k.is_valid
	  FROM dbadvisor.user_constraint k
	  JOIN pg_catalog.pg_inherits i ON i.inhrelid = k.relid AND NOT i.inhdetachpending
	  JOIN pg_catalog.pg_partitioned_table p ON p.partrelid = i.inhparent AND p.partdefid <> i.inhrelid
	 WHERE k.contype = 'c'
	   AND k.relkind = 'r'
	   AND k.is_enforced
	   AND NOT k.is_inherited
), judged AS MATERIALIZED (
	SELECT s.*,
		   dbadvisor.bound_implies_check(s.oid) AS is_implied
	  FROM suspect s
), implied AS (
	SELECT pg_catalog.pg_partition_root(s.relid)::oid AS root,
		   pg_catalog.format('%I of %s', s.constraint_name, s.full_name) AS name,
		   pg_catalog.format('ALTER TABLE %s DROP CONSTRAINT %I', s.full_name, s.constraint_name) AS apply_sql,
		   pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I %s NOT VALID', s.full_name, s.constraint_name, dbadvisor.constraint_definition(s.oid))
		   || CASE WHEN s.is_valid THEN pg_catalog.format(E';\nALTER TABLE %s VALIDATE CONSTRAINT %I', s.full_name, s.constraint_name) ELSE '' END AS revert_sql
	  FROM judged s
	 WHERE s.is_implied
), placed AS (
	SELECT i.*,
		   pg_catalog.row_number() OVER (PARTITION BY i.root ORDER BY i.name) AS place
	  FROM implied i
), parted AS (
	SELECT t.relid,
		   t.full_name,
		   pg_catalog.count(*)::integer AS checks,
		   pg_catalog.string_agg(p.name, ', ' ORDER BY p.place)
		   FILTER (WHERE p.place <= dbadvisor.threshold('partition.check_redundant', 'max_named', t.full_name)::integer) AS names,
		   pg_catalog.string_agg(p.apply_sql, E';\n' ORDER BY p.place) AS apply_sql,
		   pg_catalog.string_agg(p.revert_sql, E';\n' ORDER BY p.place) AS revert_sql
	  FROM placed p
	  JOIN dbadvisor.user_table t ON t.relid = p.root
	 GROUP BY t.relid, t.full_name
)
SELECT a.*
  FROM parted p
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'partition.check_redundant',
		   relid => p.relid,
		   title => pg_catalog.format('Drop the checks that the bounds of the partitions of %s imply', p.full_name),
		   detail => pg_catalog.format('%s hold for each row that the bounds let in: %s.', p.checks, p.names),
		   evidence => pg_catalog.jsonb_build_object('checks_count', p.checks),
		   affected_count => p.checks,
		   apply_sql => p.apply_sql,
		   revert_sql => p.revert_sql,
		   impact => 'Takes an ACCESS EXCLUSIVE lock on each of these partitions for a moment; reads no row.') a
 UNION ALL
SELECT n.*
  FROM (SELECT pg_catalog.count(*) AS count
		  FROM judged j
		 WHERE j.is_implied IS NULL) u
 CROSS JOIN LATERAL dbadvisor.advice_note(
		   'partition.check_redundant',
		   'degraded',
		   pg_catalog.format('%s checks were not looked at: somebody has locked their partitions', u.count)) n
 WHERE u.count > 0;
COMMENT ON VIEW dbadvisor.rule_partition_check_redundant IS
'Check constraints of partitions that their bounds imply';

GRANT SELECT ON dbadvisor.rule_partition_check_redundant TO dbadvisor_reader;
