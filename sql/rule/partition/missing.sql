-- partition.missing: a table that would gain by being partitioned
--
-- Fires where the planner, asked about the partitioned table, says that the
-- recorded statements of a large table take clearly less time, or where old rows
-- are deleted by a range of the key.  What loses is in the evidence and in the
-- detail.  Wrong when the recorded statements are not what the database usually
-- does.
SELECT dbadvisor.register_rule(
	rule => 'partition.missing',
	title => 'A table would gain by being partitioned',
	why => 'Statements read only the partitions that they ask for, and old rows go with their partition instead of being deleted and vacuumed one by one.',
	severity => 'medium',
	thresholds => '{"min_bytes": 10737418240, "min_expiring_bytes": 1073741824, "min_memory_share": 0.25, "min_saved_share": 0.2, "max_loss_of_gain": 0.5, "brin_share": 0.8, "max_partitions": 100, "max_partition_bytes": 107374182400}',
	doc => 'Looked at is a table of min_bytes with its indexes; from min_expiring_bytes on also one that has min_memory_share of the memory, or whose old rows are deleted by a range. min_saved_share is the share of the time of its statements that must be saved in the end, max_loss_of_gain what may be lost of the gain; no statement may fail. Where a BRIN index saves brin_share of that, partitions are not advised. Where a partition would have more than max_partition_bytes, a second level by hash is priced.',
	source => 'dbadvisor.rule_partition_missing(interval)',
	shipped => true);

-- Values of a list are data of the table: they are looked up when the call is made.
CREATE OR REPLACE FUNCTION dbadvisor.partition_script_call(
	relid oid,
	key text,
	strategy text,
	"interval" text,
	partitions integer)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.format(
			   'SELECT step, phase, title, sql, lock_level, undo_sql FROM dbadvisor.partition_script(%L, %L, %L, %s%s)',
			   r.name, partition_script_call.key, partition_script_call.strategy,
			   CASE partition_script_call.strategy
			   WHEN 'range' THEN pg_catalog.quote_literal(partition_script_call."interval")
			   WHEN 'hash' THEN pg_catalog.quote_literal(partition_script_call.partitions)
			   ELSE pg_catalog.format('dbadvisor.partition_bounds(%L, %L, %L, NULL, NULL)::text', r.name, partition_script_call.key, partition_script_call.strategy)
			   END,
			   ', extend_keys => '
			   || (SELECT pg_catalog.quote_literal(pg_catalog.array_agg(k.key_name ORDER BY k.key_name))
					 FROM pg_catalog.pg_attribute a
					CROSS JOIN LATERAL dbadvisor.partition_keys(a.attrelid, a.attnum) k
					WHERE a.attrelid = partition_script_call.relid
					  AND a.attname = partition_script_call.key
					  AND k.is_extended
				   HAVING pg_catalog.count(*) > 0))
	  FROM dbadvisor.relation_identity(partition_script_call.relid) r (name);
$$;
COMMENT ON FUNCTION dbadvisor.partition_script_call(oid, text, text, text, integer) IS
'The query that prints the statements of an online migration to a scheme of partitions; in it are named the unique keys that have to be extended';

CREATE OR REPLACE FUNCTION dbadvisor.rule_partition_missing(
	time_limit interval DEFAULT '30 s')
RETURNS SETOF dbadvisor.advice
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	WITH judged AS MATERIALIZED (
		SELECT r.*
		  FROM dbadvisor.recommend_partitioning(NULL, time_limit) r
	), shaped AS (
		SELECT j.*,
			   pg_catalog.concat_ws(' ', pg_catalog.upper(j.strategy), pg_catalog.format('(%I)', j.key), 'per ' || j."interval", CASE WHEN j.sub_key IS NOT NULL THEN pg_catalog.format('and HASH (%I) into %s', j.sub_key, j.sub_partitions) END) AS scheme,
			   CASE WHEN j.sub_key IS NULL THEN dbadvisor.partition_script_call(j.relid, j.key, j.strategy, j."interval", j.partitions) END AS script
		  FROM judged j
		 WHERE j.verdict = 'partition'
	)
	SELECT a.*
	  FROM shaped j
	 CROSS JOIN LATERAL dbadvisor.advice(
			   rule => 'partition.missing',
			   relid => j.relid,
			   variant => pg_catalog.format('%s (%s)', j.strategy, j.key),
			   title => pg_catalog.format('Partition %s by %s', j.table_name, j.scheme),
			   detail => pg_catalog.format(
				   'Looked at since %s. In some %s partitions its statements save %s %% of their time, and %s statements lose %s %% of it%s%s',
				   j.reasons[1], j.partitions,
				   pg_catalog.round((100 * j.gain_share)::numeric, 1),
				   pg_catalog.jsonb_array_length(j.losses),
				   pg_catalog.round((100 * j.loss_share)::numeric, 1),
				   CASE WHEN j.retention IS NOT NULL THEN '; old rows go by DROP instead of DELETE' ELSE '' END,
				   CASE WHEN j.notes = '{}' THEN '.' ELSE '. Before that: ' || pg_catalog.array_to_string(j.notes, '; ') || '.' END),
			   evidence => pg_catalog.jsonb_build_object(
				   'key', j.key, 'strategy', j.strategy, 'interval', j."interval", 'partitions', j.partitions, 'sub_key', j.sub_key, 'sub_partitions', j.sub_partitions,
				   'saved_share', j.gain_share - j.loss_share, 'gain_share', j.gain_share, 'loss_share', j.loss_share,
				   'gain_ms_per_day', j.gain_ms_per_day, 'loss_ms_per_day', j.loss_ms_per_day,
				   'gains', j.gains, 'losses', j.losses, 'retention', j.retention,
				   'reasons', j.reasons, 'notes', j.notes, 'use', j.use, 'script', j.script,
				   'confidence_reason', 'costs are those of the planner for empty partitions with the table''s statistics'),
			   queryids => j.queryids,
			   benefit_ms_per_day => j.gain_ms_per_day - j.loss_ms_per_day,
			   confidence => 0.8,
			   proof => j.proof,
			   safety => 'reversible_slow',
			   impact => CASE WHEN j.sub_key IS NULL
							  THEN 'The query "script" of the evidence prints the statements, step by step with their locks and the way back.'
							  ELSE 'The statements for two levels have to be written by hand: partition_script() makes one.'
						 END
						 || ' The rows move into new tables, online with a trigger or by attaching the table as the first partition; unique keys get the partition key as a further column, and foreign keys to the table a copy of it.') a
	 UNION ALL
	SELECT n.*
	  FROM (SELECT pg_catalog.count(*) AS count
			  FROM judged j
			 WHERE j.verdict = 'not priced') u
	 CROSS JOIN LATERAL dbadvisor.advice_note(
			   'partition.missing',
			   CASE WHEN u.count > 0 THEN 'degraded' ELSE 'ok' END,
			   CASE WHEN u.count > 0
					THEN pg_catalog.format('%s tables were not priced: nothing can be created here, or the time was over; dbadvisor.partition_candidates() shows them', u.count)
			   END) n;
$$;
COMMENT ON FUNCTION dbadvisor.rule_partition_missing(interval) IS
'Tables that would gain by being partitioned, and how';

REVOKE ALL ON FUNCTION dbadvisor.partition_script_call(oid, text, text, text, integer),
	dbadvisor.rule_partition_missing(interval)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.partition_script_call(oid, text, text, text, integer),
	dbadvisor.rule_partition_missing(interval)
	TO dbadvisor_admin;
