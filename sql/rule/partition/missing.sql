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
	thresholds => '{"min_bytes": 10737418240, "min_expiring_bytes": 1073741824, "min_memory_share": 0.25, "min_saved_share": 0.2, "max_loss_of_gain": 0.5, "brin_share": 0.8, "max_partitions": 100}',
	doc => 'Looked at is a table of min_bytes with its indexes; from min_expiring_bytes on also one that has min_memory_share of the memory, or whose old rows are deleted by a range. min_saved_share is the share of the time of its statements that must be saved in the end, max_loss_of_gain what may be lost of the gain; no statement may fail. Where a BRIN index saves brin_share of that, partitions are not advised.',
	source => 'dbadvisor.rule_partition_missing(interval)',
	shipped => true);

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
			   pg_catalog.concat_ws(' ', pg_catalog.upper(j.strategy), pg_catalog.format('(%I)', j.key), 'per ' || j."interval") AS scheme
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
				   'key', j.key, 'strategy', j.strategy, 'interval', j."interval", 'partitions', j.partitions,
				   'saved_share', j.gain_share - j.loss_share, 'gain_share', j.gain_share, 'loss_share', j.loss_share,
				   'gain_ms_per_day', j.gain_ms_per_day, 'loss_ms_per_day', j.loss_ms_per_day,
				   'gains', j.gains, 'losses', j.losses, 'retention', j.retention,
				   'reasons', j.reasons, 'notes', j.notes, 'use', j.use,
				   'confidence_reason', 'costs are those of the planner for empty partitions with the table''s statistics'),
			   queryids => j.queryids,
			   benefit_ms_per_day => j.gain_ms_per_day - j.loss_ms_per_day,
			   confidence => 0.8,
			   proof => j.proof,
			   safety => 'reversible_slow',
			   impact => 'The rows move into new tables, online with a trigger or by attaching the table as the first partition; unique keys get the partition key as a further column.') a
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

REVOKE ALL ON FUNCTION dbadvisor.rule_partition_missing(interval) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.rule_partition_missing(interval) TO dbadvisor_admin;
