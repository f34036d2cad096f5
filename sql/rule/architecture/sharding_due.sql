-- architecture.sharding_due: writes have outgrown one machine
--
-- Fires where, over min_hours of history, the database has at least min_bytes, more
-- sessions than cores are at work in 95 of 100 samples, at least min_write_share of
-- the rows that it touches are written, and one column, of which a value is shared by
-- many rows, is in the primary keys of tables with min_key_share of the bytes.  Without such a column the data has no
-- seam to part along, and nothing is said.
SELECT dbadvisor.register_rule(
	rule => 'architecture.sharding_due',
	title => 'Writes have outgrown one machine',
	why => 'A standby takes reads only; when writes alone fill the machine, they have to go to several.',
	severity => 'low',
	thresholds => '{"window_hours": 336, "min_hours": 168, "min_bytes": 1099511627776, "min_write_share": 0.5, "min_key_share": 0.8, "max_distinct_share": 0.1}',
	doc => 'The last resort, after indexes, poolers, partitions and a larger machine. Citus distributes tables of PostgreSQL by such a column; joins and foreign keys across its values become slow or impossible. A single tenant with a fifth of all rows needs a place of its own.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_architecture_sharding_due WITH (security_invoker = true) AS
WITH load AS MATERIALIZED (
	SELECT d.*,
		   d.writes / NULLIF(d.reads + d.writes, 0) AS write_share
	  FROM dbadvisor.database_load('architecture.sharding_due') d
	 WHERE dbadvisor.extension_schema('citus') IS NULL
), tables AS MATERIALIZED (
	SELECT t.relid,
		   t.schema_name,
		   t.table_name,
		   t.bytes,
		   t.rows,
		   pg_catalog.sum(t.bytes) OVER () AS all_bytes
	  FROM dbadvisor.user_table t
	 WHERE NOT t.is_partition
	   AND t.relkind IN ('r', 'p')
), seam AS (
	SELECT a.attname AS column_name,
		   pg_catalog.sum(t.bytes) / NULLIF(pg_catalog.max(t.all_bytes), 0) AS share,
		   pg_catalog.count(*) AS tables,
		   pg_catalog.max(t.all_bytes) AS bytes
	  FROM tables t
	  JOIN pg_catalog.pg_index i
		ON i.indrelid = t.relid
	   AND i.indisprimary
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = t.relid
	   AND a.attnum = ANY (i.indkey)
	 WHERE i.indnkeyatts > 1
	   AND EXISTS (SELECT
					 FROM pg_catalog.pg_stats s
					WHERE s.schemaname = t.schema_name
					  AND s.tablename = t.table_name
					  AND s.attname = a.attname
					  AND CASE WHEN s.n_distinct < 0 THEN -s.n_distinct ELSE s.n_distinct / NULLIF(t.rows, 0) END
						  <= dbadvisor.threshold('architecture.sharding_due', 'max_distinct_share')::double precision)
	 GROUP BY a.attname
	HAVING pg_catalog.count(*) > 1
	 ORDER BY share DESC, a.attname
	 LIMIT 1
)
SELECT a.*
  FROM load l
 CROSS JOIN seam s
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'architecture.sharding_due',
		   object_type => 'database',
		   object_name => pg_catalog.quote_ident(pg_catalog.current_database()),
		   title => pg_catalog.format('Consider to distribute the database by %I', s.column_name),
		   detail => pg_catalog.format('%s sessions are at work at a time on %s cores, %s %% of the rows are written, and the tables have %s. %I is in the primary keys of %s tables with %s %% of that.',
									   pg_catalog.ceil(l.active), l.cores, pg_catalog.round((l.write_share * 100)::numeric), pg_catalog.pg_size_pretty(s.bytes),
									   s.column_name, s.tables, pg_catalog.round(s.share * 100)),
		   evidence => pg_catalog.jsonb_build_object(
						   'active_sessions', l.active,
						   'cores', l.cores,
						   'write_share', pg_catalog.round(l.write_share::numeric, 3),
						   'bytes', s.bytes,
						   'column', s.column_name,
						   'column_share', pg_catalog.round(s.share, 3),
						   'column_tables', s.tables,
						   'gates_passed', ARRAY['large', 'more sessions at work than cores', 'mostly writes', 'a column to distribute by'],
						   'confidence_reason', 'whether a larger machine would do, and how statements join, is not looked at',
						   'failure_prevented', 'writes that wait for one machine'),
		   proof => 'counters',
		   confidence => 0.4,
		   evidence_since => l.since,
		   impact => 'A project of months: try cheaper ways first.') a
 WHERE s.bytes >= dbadvisor.threshold('architecture.sharding_due', 'min_bytes')
   AND l.active > l.cores
   AND l.write_share >= dbadvisor.threshold('architecture.sharding_due', 'min_write_share')::double precision
   AND s.share >= dbadvisor.threshold('architecture.sharding_due', 'min_key_share')
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('architecture.sharding_due') n;
COMMENT ON VIEW dbadvisor.rule_architecture_sharding_due IS
'This database, where its writes have outgrown one machine, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_architecture_sharding_due TO dbadvisor_reader;
