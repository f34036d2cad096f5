-- architecture.pooler_due: clients should share connections
--
-- Fires where, over min_hours of history, one of three gates is passed: sessions of
-- this database begin more often than max_sessions_per_second and live shorter than
-- max_session_seconds; more than min_sessions_per_core sessions for each core are
-- there of which more than max_idle_share are idle; or the largest number of sessions
-- that was seen is more than max_limit_share of those that may be.
SELECT dbadvisor.register_rule(
	rule => 'architecture.pooler_due',
	title => 'Clients should share connections through a pooler',
	why => 'Each session is a process: starting it costs more than a short statement, and an idle one still takes memory and a place.',
	severity => 'medium',
	thresholds => '{"window_hours": 336, "min_hours": 168, "max_sessions_per_second": 10, "max_session_seconds": 60, "min_sessions_per_core": 10, "max_idle_share": 0.8, "max_limit_share": 0.8}',
	doc => 'dbadvisor.pool_size() says how large a pool this database needs. Pooling by transaction does not carry over what belongs to a session: SET, LISTEN, advisory locks of the session, temporary tables, WITH HOLD cursors, and PREPARE in SQL. A pooler bounds the sessions; it makes no statement quicker.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_architecture_pooler_due WITH (security_invoker = true) AS
WITH churn AS MATERIALIZED (
	SELECT COALESCE((t.figures ->> 'sessions')::double precision, 0) / t.seconds AS per_second,
		   (t.figures ->> 'session_time')::double precision / 1000 / NULLIF((t.figures ->> 'sessions')::double precision, 0) AS session_s
	  FROM dbadvisor.server_totals('architecture.pooler_due', 'database') t
), present AS MATERIALIZED (
	SELECT s.high AS sessions,
		   s.peak,
		   i.median / NULLIF(s.median, 0) AS idle_share,
		   s.since,
		   h.cores,
		   pg_catalog.current_setting('max_connections')::integer
		   - pg_catalog.current_setting('superuser_reserved_connections')::integer
		   - COALESCE(pg_catalog.current_setting('reserved_connections', true), '0')::integer AS places
	  FROM dbadvisor.server_samples('architecture.pooler_due', 'sessions') s
	 CROSS JOIN dbadvisor.server_samples('architecture.pooler_due', 'idle_sessions') i
	 CROSS JOIN (SELECT dbadvisor.host_number('cores')) h (cores)
), gate AS (
	SELECT p.since,
		   pg_catalog.array_remove(ARRAY[
			   CASE WHEN c.per_second > dbadvisor.threshold('architecture.pooler_due', 'max_sessions_per_second')::double precision
						 AND c.session_s < dbadvisor.threshold('architecture.pooler_due', 'max_session_seconds')::double precision
					THEN pg_catalog.format('%s sessions begin each second and live %s s', pg_catalog.round(c.per_second::numeric, 1), pg_catalog.round(c.session_s::numeric, 1)) END,
			   CASE WHEN p.sessions > p.cores * dbadvisor.threshold('architecture.pooler_due', 'min_sessions_per_core')::double precision
						 AND p.idle_share > dbadvisor.threshold('architecture.pooler_due', 'max_idle_share')::double precision
					THEN pg_catalog.format('%s sessions on %s cores, %s %% of them idle', pg_catalog.ceil(p.sessions), p.cores, pg_catalog.round((p.idle_share * 100)::numeric)) END,
			   CASE WHEN p.peak > p.places * dbadvisor.threshold('architecture.pooler_due', 'max_limit_share')::double precision
					THEN pg_catalog.format('%s of %s connections were taken', p.peak, p.places) END], NULL) AS passed,
		   pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
			   'sessions_per_second', pg_catalog.round(c.per_second::numeric, 2),
			   'session_s', pg_catalog.round(c.session_s::numeric, 1),
			   'sessions', p.sessions,
			   'peak_sessions', p.peak,
			   'idle_share', pg_catalog.round(p.idle_share::numeric, 2),
			   'cores', p.cores,
			   'connection_places', p.places)) AS evidence
	  FROM present p
	  LEFT JOIN churn c ON true
)
SELECT a.*
  FROM gate g
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'architecture.pooler_due',
		   object_type => 'server',
		   object_name => COALESCE(NULLIF(pg_catalog.current_setting('cluster_name'), ''), 'this server'),
		   title => 'Put a pooler between the clients and the server',
		   detail => pg_catalog.format('Over at least a week: %s.', pg_catalog.array_to_string(g.passed, '; ')),
		   evidence => g.evidence || pg_catalog.jsonb_build_object(
						   'gates_passed', g.passed,
						   'confidence_reason', 'sessions are seen when a snapshot is taken, not between',
						   'failure_prevented', 'clients that are refused, and a server that is busy starting processes'),
		   proof => 'counters',
		   confidence => 0.8,
		   evidence_since => g.since,
		   impact => 'Clients connect to the pooler. Nothing in the database changes.') a
 WHERE g.passed <> '{}'
 UNION ALL
SELECT n.*
  FROM dbadvisor.server_note('architecture.pooler_due') n;
COMMENT ON VIEW dbadvisor.rule_architecture_pooler_due IS
'This server, where its clients should share connections, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_architecture_pooler_due TO dbadvisor_reader;
