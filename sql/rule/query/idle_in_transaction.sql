-- query.idle_in_transaction: transactions that are open and do nothing
--
-- Fires for a database whose sessions were idle within transactions for a good
-- part of the time that they had one open, over the windows of history.  Sessions
-- that are so now are named by maintenance.session_idle.
SELECT dbadvisor.register_rule(
	rule => 'query.idle_in_transaction',
	title => 'Sessions keep transactions open and do nothing',
	why => 'An open transaction holds its locks, keeps VACUUM from removing dead rows of all tables and occupies a connection.',
	severity => 'medium',
	thresholds => '{"window_hours": 24, "min_idle_s": 600, "min_idle_share": 0.5}',
	doc => 'min_idle_share is the part of the time in transactions that sessions were idle, min_idle_s how long that was in all.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_idle_in_transaction WITH (security_invoker = true) AS
WITH past AS (
	SELECT pg_catalog.sum((w.figures ->> 'idle_in_transaction_time')::double precision) / 1000 AS idle_s,
		   pg_catalog.sum((w.figures ->> 'active_time')::double precision) / 1000 AS active_s,
		   pg_catalog.min(w.since) AS since
	  FROM dbadvisor.query_windows('query.idle_in_transaction') w
), timeout AS (
	SELECT g.setting = '0' AS is_off
	  FROM pg_catalog.pg_settings g
	 WHERE g.name = 'idle_in_transaction_session_timeout'
), found AS (
	SELECT p.since,
		   pg_catalog.format('Close transactions sooner: sessions were idle in them %s %% of the time',
							 pg_catalog.round((p.idle_s / (p.idle_s + COALESCE(p.active_s, 0)) * 100)::numeric)) AS title,
		   pg_catalog.format('Sessions were idle in transactions for %s s and ran statements for %s s.',
							 pg_catalog.round(p.idle_s::numeric, 1), pg_catalog.round(COALESCE(p.active_s, 0)::numeric, 1)) AS detail,
		   pg_catalog.jsonb_build_object('idle_in_transaction_s', p.idle_s,
										 'active_s', p.active_s,
										 'window', 'history') AS evidence
	  FROM past p
	 WHERE p.idle_s >= dbadvisor.threshold('query.idle_in_transaction', 'min_idle_s')
	   AND p.idle_s >= (p.idle_s + COALESCE(p.active_s, 0))
					   * dbadvisor.threshold('query.idle_in_transaction', 'min_idle_share')::double precision
)
SELECT a.*
  FROM found f
 CROSS JOIN timeout t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'query.idle_in_transaction',
		   object_type => 'database',
		   object_name => pg_catalog.quote_ident(pg_catalog.current_database()),
		   variant => 'time',
		   title => f.title,
		   detail => f.detail || ' Commit before waiting for anything outside of the database.'
					 || CASE WHEN t.is_off
							 THEN ' No limit is set: idle_in_transaction_session_timeout, per role, ends such sessions.'
							 ELSE '' END,
		   evidence => f.evidence || pg_catalog.jsonb_build_object(
						   'timeout_is_off', t.is_off,
						   'confidence_reason', 'counted by the server'),
		   confidence => 0.9,
		   proof => 'counters',
		   evidence_since => f.since,
		   impact => 'The application changes; a timeout ends sessions with an error.') a
 UNION ALL
SELECT n.*
  FROM dbadvisor.query_window_note('query.idle_in_transaction') n;
COMMENT ON VIEW dbadvisor.rule_query_idle_in_transaction IS
'Transactions of this database that are open and do nothing, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_query_idle_in_transaction TO dbadvisor_reader;
