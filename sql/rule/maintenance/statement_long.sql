-- maintenance.statement_long: a statement that has run for long
--
-- Fires for each statement of a client in the database that has run for
-- max_seconds and does not wait for a lock.  What reports its progress, such as
-- VACUUM, CREATE INDEX and the COPY of a dump, is left alone.  Wrong for reports
-- that take their time: give their application or role a longer limit by an object
-- pattern.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.statement_long',
	title => 'A statement has run for long',
	why => 'Nobody may be waiting for its result any more; it takes its share of the server and keeps VACUUM from removing dead rows.',
	severity => 'low',
	thresholds => '{"max_seconds": 1800, "medium_factor": 4}',
	doc => 'Medium from medium_factor times max_seconds. The name of the object is that of the application and the role, as in "report by clerk". Statements that wait for a lock are in maintenance.session_blocks, what a long transaction does to VACUUM is in maintenance.horizon_held.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_statement_long WITH (security_invoker = true) AS
WITH active AS (
	SELECT s.*,
		   s.statement_seconds / dbadvisor.threshold('maintenance.statement_long', 'max_seconds', s.name)::double precision AS factor
	  FROM dbadvisor.user_session s
	 WHERE s.is_here
	   AND NOT s.is_self
	   AND s.backend_type = 'client backend'
	   AND s.state = 'active'
	   AND s.wait_event_type IS DISTINCT FROM 'Lock'
	   AND s.pid NOT IN (SELECT p.pid FROM pg_catalog.pg_stat_progress_vacuum p
						  UNION ALL
						 SELECT p.pid FROM pg_catalog.pg_stat_progress_analyze p
						  UNION ALL
						 SELECT p.pid FROM pg_catalog.pg_stat_progress_cluster p
						  UNION ALL
						 SELECT p.pid FROM pg_catalog.pg_stat_progress_create_index p
						  UNION ALL
						 SELECT p.pid FROM pg_catalog.pg_stat_progress_copy p)
)
SELECT a.*
  FROM active r
 CROSS JOIN (SELECT g.setting = '0' AS is_off
			   FROM pg_catalog.pg_settings g
			  WHERE g.name = 'statement_timeout') l
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.statement_long',
		   object_type => 'session',
		   object_name => r.name,
		   variant => r.pid::text,
		   severity => CASE WHEN r.factor >= dbadvisor.threshold('maintenance.statement_long', 'medium_factor', r.name)::double precision THEN 'medium' END,
		   title => pg_catalog.format('Look whether anybody waits for what %s has run for %s s', r.name, pg_catalog.round(r.statement_seconds::numeric)),
		   detail => pg_catalog.format('It %s%s. A limit for such a role is statement_timeout, set with ALTER ROLE.',
									   CASE
									   WHEN r.wait_event_type IS NULL THEN 'is computing'
									   ELSE pg_catalog.format('is at %s: %s', r.wait_event_type, r.wait_event)
									   END,
									   ' and keeps VACUUM from rows that are younger than ' || r.xids || ' transaction ids'),
		   evidence => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
						   'pid', r.pid,
						   'statement_seconds', pg_catalog.round(r.statement_seconds::numeric),
						   'transaction_seconds', pg_catalog.round(r.transaction_seconds::numeric),
						   'age_xids', r.xids,
						   'wait_event_type', r.wait_event_type,
						   'wait_event', r.wait_event,
						   'timeout_is_off', l.is_off,
						   'statement', r.statement)),
		   queryids => pg_catalog.array_remove(ARRAY[r.query_id], NULL),
		   proof => 'counters',
		   contains_values => r.statement IS NOT NULL,
		   apply_sql => r.release_sql,
		   impact => 'Cancels the statement; what its transaction did is rolled back.') a
 WHERE r.factor >= 1
 UNION ALL
SELECT n.*
  FROM dbadvisor.session_note('maintenance.statement_long') n;
COMMENT ON VIEW dbadvisor.rule_maintenance_statement_long IS
'Statements that have run for long, and what the rule has to say of its own run';

GRANT SELECT ON dbadvisor.rule_maintenance_statement_long TO dbadvisor_reader;
