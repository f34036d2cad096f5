-- maintenance.server_version_old: a major version without fixes
--
-- Fires from warn_days before the community ends its support of the server's
-- major version.  The dates are those of PostgreSQL's versioning policy: five
-- years after the first release.  Minor versions cannot be judged without asking
-- elsewhere.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.server_version_old',
	title => 'The server''s major version gets no more fixes',
	why => 'Holes and bugs that are found from then on stay.',
	severity => 'medium',
	thresholds => '{"warn_days": 180, "15": "2027-11-11", "16": "2028-11-09", "17": "2029-11-08", "18": "2030-11-14"}',
	doc => 'High once the date has passed. The thresholds hold the date for each major version, see https://www.postgresql.org/support/versioning/.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_server_version_old WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT pg_catalog.current_setting('server_version_num')::integer / 10000) v (major)
  JOIN dbadvisor.rule r
	ON r.rule = 'maintenance.server_version_old'
   AND r.thresholds ? v.major::text
 CROSS JOIN LATERAL (SELECT dbadvisor.threshold_text('maintenance.server_version_old', v.major::text)::date) e (end_of_life)
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.server_version_old',
		   object_type => 'server',
		   object_name => pg_catalog.format('PostgreSQL %s', v.major),
		   severity => CASE WHEN e.end_of_life <= CURRENT_DATE THEN 'high' END,
		   title => pg_catalog.format('Upgrade from PostgreSQL %s, whose support %s on %s', v.major,
									  CASE WHEN e.end_of_life <= CURRENT_DATE THEN 'ended' ELSE 'ends' END,
									  pg_catalog.to_char(e.end_of_life, 'YYYY-MM-DD')),
		   detail => 'pg_upgrade keeps the files, logical replication keeps the service: either wants to be tried before.',
		   evidence => pg_catalog.jsonb_build_object('server_version', pg_catalog.current_setting('server_version'), 'end_of_life', e.end_of_life)) a
 WHERE e.end_of_life < CURRENT_DATE + dbadvisor.threshold('maintenance.server_version_old', 'warn_days')::integer;
COMMENT ON VIEW dbadvisor.rule_maintenance_server_version_old IS
'The major version of the server, near or after the end of its support';

GRANT SELECT ON dbadvisor.rule_maintenance_server_version_old TO dbadvisor_reader;
