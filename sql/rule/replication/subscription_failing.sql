-- replication.subscription_failing: a subscription that gets no further
--
-- Fires for a subscription of this database that is enabled, has had errors and
-- whose worker is not there or younger than min_worker_seconds: it fails, starts anew
-- after some seconds, and fails again.  Also for one that is disabled: its slot keeps
-- WAL on the publisher.
SELECT dbadvisor.register_rule(
	rule => 'replication.subscription_failing',
	title => 'A subscription gets no further',
	why => 'The subscriber is further behind each minute, and the publisher keeps the WAL until its disk is full.',
	severity => 'critical',
	thresholds => '{"min_worker_seconds": 10}',
	doc => 'A worker that has failed is started anew after wal_retrieve_retry_interval, 5 s by default, so one that gets on is soon older than min_worker_seconds. High for one that its disable_on_error has disabled, medium for one that somebody has disabled. Causes are in the log of the subscriber: a row that is there already, a column or table that is not. ALTER SUBSCRIPTION ... SKIP (lsn) leaves out one transaction, with the position from the log.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_subscription_failing WITH (security_invoker = true) AS
WITH here AS MATERIALIZED (
	SELECT s.oid,
		   s.subname,
		   s.subenabled,
		   s.subdisableonerr,
		   s.subslotname,
		   c.apply_error_count + c.sync_error_count AS errors,
		   c.apply_error_count,
		   c.sync_error_count,
		   c.stats_reset,
		   EXISTS (SELECT
					 FROM pg_catalog.pg_stat_subscription w
					 LEFT JOIN pg_catalog.pg_stat_activity b ON b.pid = w.pid
					WHERE w.subid = s.oid
					  AND w.relid IS NULL
					  AND w.pid IS NOT NULL
					  AND COALESCE(b.backend_start, '-infinity')
						  <= pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => dbadvisor.threshold('replication.subscription_failing', 'min_worker_seconds')::double precision)) AS has_worker
	  FROM pg_catalog.pg_subscription s
	  JOIN pg_catalog.pg_stat_subscription_stats c ON c.subid = s.oid
	 WHERE s.subdbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
), found AS (
	SELECT h.*,
		   CASE
		   WHEN NOT h.subenabled THEN 'disabled'
		   WHEN h.errors > 0 AND NOT h.has_worker THEN 'failing'
		   END AS kind
	  FROM here h
)
SELECT a.*
  FROM found f
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.subscription_failing',
		   object_type => 'subscription',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_subscription', f.oid),
		   variant => f.kind,
		   severity => CASE WHEN f.kind = 'disabled' THEN CASE WHEN f.errors > 0 AND f.subdisableonerr THEN 'high' ELSE 'medium' END END,
		   title => CASE f.kind
					WHEN 'failing' THEN pg_catalog.format('Repair subscription %I: it fails again and again', f.subname)
					ELSE pg_catalog.format('Enable subscription %I, or drop it', f.subname)
					END,
		   detail => pg_catalog.format('%s It has had %s errors of applying and %s of copying tables%s. Its slot %s keeps WAL on the publisher.',
									   CASE f.kind WHEN 'failing' THEN 'It is enabled, and its worker does not stay.' ELSE 'It is disabled.' END,
									   f.apply_error_count, f.sync_error_count,
									   COALESCE(' since ' || pg_catalog.to_char(f.stats_reset, 'YYYY-MM-DD HH24:MI'), ''), COALESCE(f.subslotname, '(none)')),
		   evidence => pg_catalog.jsonb_build_object(
						   'is_enabled', f.subenabled,
						   'disable_on_error', f.subdisableonerr,
						   'apply_errors', f.apply_error_count,
						   'copy_errors', f.sync_error_count,
						   'slot_name', f.subslotname,
						   'confidence_reason', 'a worker that was started just now may get on',
						   'failure_prevented', 'a full disk of the publisher'),
		   proof => 'counters',
		   confidence => 0.9,
		   evidence_since => f.stats_reset,
		   apply_sql => CASE f.kind
						WHEN 'disabled' THEN pg_catalog.format('ALTER SUBSCRIPTION %I ENABLE', f.subname)
						WHEN 'failing' THEN CASE WHEN NOT f.subdisableonerr THEN pg_catalog.format('ALTER SUBSCRIPTION %I SET (disable_on_error = true)', f.subname) END
						END,
		   revert_sql => CASE f.kind
						 WHEN 'disabled' THEN pg_catalog.format('ALTER SUBSCRIPTION %I DISABLE', f.subname)
						 WHEN 'failing' THEN CASE WHEN NOT f.subdisableonerr THEN pg_catalog.format('ALTER SUBSCRIPTION %I SET (disable_on_error = false)', f.subname) END
						 END,
		   impact => CASE f.kind
					 WHEN 'disabled' THEN 'It goes on from where it was; what it could not apply before fails again unless it was repaired.'
					 ELSE 'The next error disables it, so that it stops to fail; mend the data, then enable it.'
					 END) a
 WHERE f.kind IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_replication_subscription_failing IS
'Subscriptions of this database that fail or are disabled';

GRANT SELECT ON dbadvisor.rule_replication_subscription_failing TO dbadvisor_reader;
