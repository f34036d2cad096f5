-- Tables to partition: open findings of rules about partitions.

CREATE OR REPLACE VIEW dbadvisor.partition_recommendations WITH (security_invoker = true) AS
SELECT r.finding_id,
	   r.rule,
	   r.severity,
	   r.object_name AS table_name,
	   r.evidence ->> 'strategy' AS strategy,
	   r.evidence ->> 'key' AS key,
	   r.evidence ->> 'interval' AS "interval",
	   (r.evidence ->> 'partitions')::integer AS partitions,
	   r.evidence ->> 'sub_key' AS sub_key,
	   (r.evidence ->> 'sub_partitions')::integer AS sub_partitions,
	   r.title,
	   r.detail,
	   (r.evidence ->> 'gain_ms_per_day')::double precision AS gain_ms_per_day,
	   (r.evidence ->> 'loss_ms_per_day')::double precision AS loss_ms_per_day,
	   (r.evidence ->> 'gain_share')::double precision AS gain_share,
	   (r.evidence ->> 'loss_share')::double precision AS loss_share,
	   r.evidence -> 'gains' AS gains,
	   r.evidence -> 'losses' AS losses,
	   r.evidence -> 'retention' AS retention,
	   ARRAY(SELECT pg_catalog.jsonb_array_elements_text(r.evidence -> 'notes')) AS notes,
	   r.queryids,
	   r.confidence,
	   r.impact
  FROM dbadvisor.recommendations r
 WHERE r.rule LIKE 'partition.%';
COMMENT ON VIEW dbadvisor.partition_recommendations IS
'Open findings about partitions: the scheme, what it brings and takes per day and statement by statement, and what must be changed before';

GRANT SELECT ON dbadvisor.partition_recommendations TO dbadvisor_reader;
