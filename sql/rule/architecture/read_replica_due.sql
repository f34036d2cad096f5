-- architecture.read_replica_due: reads have outgrown the machine
--
-- Fires where, over min_hours of history, more sessions than cores are at work in 95
-- of 100 samples, more than min_read_share of the rows that this database touches are
-- read, and indexes that are advised already would save less than max_index_share of
-- the time.  Whether a read may be a moment old only the application knows.
SELECT dbadvisor.register_rule(
	rule => 'architecture.read_replica_due',
	title => 'Reads have outgrown the machine',
	why => 'With more work than cores each statement waits for the others; a standby answers reads without taking anything from writes.',
	severity => 'medium',
	thresholds => '{"window_hours": 336, "min_hours": 168, "min_read_share": 0.8, "max_index_share": 0.3}',
	doc => 'Silent while advised indexes would save more: apply these first, they are cheaper. Where a standby is connected already it says to send reads there. Reads that must see what was just written stay on the primary, or wait for the standby with synchronous_commit = remote_apply.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_architecture_read_replica_due WITH (security_invoker = true) AS
WITH load AS MATERIALIZED (
	SELECT d.*,
		   d.reads / NULLIF(d.reads + d.writes, 0) AS read_share,
		   (SELECT COALESCE(pg_catalog.sum(f.benefit_ms_per_day), 0)
			  FROM dbadvisor.finding f
			 WHERE f.rule = 'index.missing'
			   AND f.status = 'open') AS index_ms_per_day,
		   (SELECT pg_catalog.count(*) FROM dbadvisor.wal_sender w WHERE w.kind = 'standby') AS standbys
	  FROM dbadvisor.database_load('architecture.read_replica_due') d
)
SELECT a.*
  FROM load l
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'architecture.read_replica_due',
		   object_type => 'database',
		   object_name => pg_catalog.quote_ident(pg_catalog.current_database()),
		   title => CASE WHEN l.standbys > 0 THEN 'Send reads to a standby' ELSE 'Add a standby for reads' END,
		   detail => pg_catalog.format('%s sessions are at work at a time on %s cores, and %s %% of the rows are read. Advised indexes would save %s %% of the time.',
									   pg_catalog.ceil(l.active), l.cores, pg_catalog.round((l.read_share * 100)::numeric),
									   pg_catalog.round((l.index_ms_per_day / l.busy_ms_per_day * 100)::numeric)),
		   evidence => pg_catalog.jsonb_build_object(
						   'active_sessions', l.active,
						   'cores', l.cores,
						   'read_share', pg_catalog.round(l.read_share::numeric, 3),
						   'index_share', pg_catalog.round((l.index_ms_per_day / l.busy_ms_per_day)::numeric, 3),
						   'standbys', l.standbys,
						   'gates_passed', ARRAY['more sessions at work than cores', 'mostly reads', 'no cheaper way by indexes'],
						   'confidence_reason', 'whether reads may be a moment old is not known; sessions at work may wait for the disk',
						   'failure_prevented', 'statements that wait for a core'),
		   proof => 'counters',
		   confidence => 0.6,
		   evidence_since => l.since,
		   impact => 'The application sends some of its reads elsewhere, and they are a moment old.') a
 WHERE l.active > l.cores
   AND l.read_share > dbadvisor.threshold('architecture.read_replica_due', 'min_read_share')::double precision
   AND l.index_ms_per_day < l.busy_ms_per_day * dbadvisor.threshold('architecture.read_replica_due', 'max_index_share')::double precision
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('architecture.read_replica_due') n;
COMMENT ON VIEW dbadvisor.rule_architecture_read_replica_due IS
'This database, where its reads have outgrown the machine, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_architecture_read_replica_due TO dbadvisor_reader;
