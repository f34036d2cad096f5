-- replication.standby_lagging: a standby that is behind, and in which step
--
-- Fires for a standby with a gap between two steps (sent, written, flushed,
-- replayed) that is more than min_bytes and than is written in lag_seconds at the
-- measured rate, and for one that has not answered for silent_seconds: the server's
-- own lag columns stand still then.
SELECT dbadvisor.register_rule(
	rule => 'replication.standby_lagging',
	title => 'A standby is behind, or does not answer',
	why => 'A failover to it loses what it has not received, and takes as long as it has to replay; what is read there is old.',
	severity => 'medium',
	thresholds => '{"min_bytes": 16777216, "lag_seconds": 60, "high_factor": 10, "silent_seconds": 20}',
	doc => 'High from high_factor times the limit, and when a standby has been silent for more than half of wal_sender_timeout. Bytes are compared, not times: the time columns are null on an idle server and frozen on a dead link.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_replication_standby_lagging WITH (security_invoker = true) AS
WITH standby AS MATERIALIZED (
	SELECT w.*,
		   r.bytes_per_second,
		   r.basis,
		   r.since,
		   GREATEST(dbadvisor.threshold('replication.standby_lagging', 'min_bytes', w.application_name)::double precision,
					r.bytes_per_second * dbadvisor.threshold('replication.standby_lagging', 'lag_seconds', w.application_name)::double precision) AS bound,
		   (SELECT g.setting::double precision / 1000 FROM pg_catalog.pg_settings g WHERE g.name = 'wal_sender_timeout') AS timeout_seconds
	  FROM dbadvisor.wal_sender w
	 CROSS JOIN dbadvisor.wal_rate() r
	 WHERE w.kind = 'standby'
	   AND w.state IN ('streaming', 'catchup')
), gap AS (
	SELECT s.*,
		   g.step,
		   g.bytes,
		   g.advice
	  FROM standby s
	 CROSS JOIN LATERAL (
		SELECT v.*
		  FROM (VALUES ('send', s.unsent_bytes, 'This server does not send it: its network or processors are busy, or the standby is only catching up.'),
					   ('write', s.unwritten_bytes, 'It is on its way: look at the network between the two.'),
					   ('flush', s.unflushed_bytes, 'The standby does not get it onto its disk.'),
					   ('replay', s.unreplayed_bytes, 'The standby has it and does not replay it: queries there that conflict, recovery_min_apply_delay, a pause, or one process that is not fast enough.')) v (step, bytes, advice)
		 ORDER BY v.bytes DESC NULLS LAST
		 LIMIT 1) g
)
SELECT a.*
  FROM gap g
 CROSS JOIN LATERAL (VALUES
	('lag',
	 g.bytes > g.bound,
	 g.bytes > g.bound * dbadvisor.threshold('replication.standby_lagging', 'high_factor', g.application_name)::double precision,
	 pg_catalog.format('Find out why standby %s is %s behind', g.application_name, pg_catalog.pg_size_pretty(g.behind_bytes)),
	 pg_catalog.format('Most of it, %s, lies before the step "%s". %s', pg_catalog.pg_size_pretty(g.bytes), g.step, g.advice)),
	('silent',
	 g.silent_seconds > dbadvisor.threshold('replication.standby_lagging', 'silent_seconds', g.application_name)::double precision,
	 g.silent_seconds > g.timeout_seconds / 2,
	 pg_catalog.format('See whether standby %s is alive: it does not answer', g.application_name),
	 pg_catalog.format('Its last answer is %s s old; a standby answers each wal_receiver_status_interval, 10 s by default. The connection is given up after wal_sender_timeout, %s s.',
					   pg_catalog.round(g.silent_seconds::numeric, 1), pg_catalog.trim_scale(g.timeout_seconds::numeric)))) k (kind, fires, is_high, title, detail)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'replication.standby_lagging',
		   object_type => 'standby',
		   object_name => g.application_name,
		   variant => k.kind,
		   severity => CASE WHEN k.is_high THEN 'high' END,
		   title => k.title,
		   detail => k.detail,
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'state', g.state,
						   'behind_bytes', g.behind_bytes,
						   'unsent_bytes', g.unsent_bytes,
						   'unwritten_bytes', g.unwritten_bytes,
						   'unflushed_bytes', g.unflushed_bytes,
						   'unreplayed_bytes', g.unreplayed_bytes,
						   'silent_s', pg_catalog.round(g.silent_seconds::numeric, 1),
						   'bound_bytes', pg_catalog.round(g.bound::numeric),
						   'wal_bytes_per_second', pg_catalog.round(g.bytes_per_second::numeric),
						   'wal_rate_basis', g.basis,
						   'formula', 'largest gap > greatest(min_bytes, rate * lag_seconds); now - reply_time > silent_seconds',
						   'failure_prevented', 'transactions that a failover loses')),
		   proof => 'counters',
		   confidence => 0.9,
		   evidence_since => g.since) a
 WHERE k.fires
 UNION ALL
SELECT n.*
  FROM dbadvisor.monitor_note('replication.standby_lagging') n;
COMMENT ON VIEW dbadvisor.rule_replication_standby_lagging IS
'Standbys that are behind or do not answer, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_replication_standby_lagging TO dbadvisor_reader;
