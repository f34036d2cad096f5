-- security.sensitive_column_public: everybody may read what looks secret
--
-- Fires for a column whose name says password, secret, token and the like and
-- that PUBLIC may read, by a grant on the table or the column.  Wrong when the
-- name says more than the content.
SELECT dbadvisor.register_rule(
	rule => 'security.sensitive_column_public',
	title => 'Everybody may read a column that looks secret',
	why => 'Every role that can connect can copy it.',
	severity => 'medium',
	thresholds => '{"name_pattern": "(^|_)(password|passwd|passwort|pwd|secret|api_?key|private_?key|access_?token|refresh_?token|ssn|iban|card_?number|cvv|pin)(_|$)"}',
	doc => 'name_pattern is a regular expression on the name of the column in lower case.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_sensitive_column_public WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_table t
  JOIN dbadvisor.user_schema s ON s.schema_name = t.schema_name
  JOIN pg_catalog.pg_class c ON c.oid = t.relid
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.attname), ', ' ORDER BY k.attnum) AS names,
		   pg_catalog.bool_or(k.attacl IS NOT NULL) AS by_column
	  FROM pg_catalog.pg_attribute k
	 WHERE k.attrelid = t.relid
	   AND k.attnum > 0
	   AND NOT k.attisdropped
	   AND pg_catalog.has_column_privilege('public', t.relid, k.attnum, 'SELECT')
	   AND pg_catalog.lower(k.attname) ~ dbadvisor.threshold_text('security.sensitive_column_public', 'name_pattern')) k
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.sensitive_column_public',
		   relid => t.relid,
		   variant => k.names,
		   title => pg_catalog.format('Let not everybody read %s of %s', k.names, t.full_name),
		   detail => 'PUBLIC may read it: every role that can connect, now or ever.',
		   evidence => pg_catalog.jsonb_build_object('columns', k.names, 'confidence_reason', 'told by the name'),
		   confidence => 0.6,
		   proof => 'heuristic',
		   apply_sql => pg_catalog.format('REVOKE SELECT%s ON %s FROM PUBLIC', CASE WHEN k.by_column THEN pg_catalog.format(' (%s)', k.names) END, t.full_name),
		   revert_sql => pg_catalog.format('GRANT SELECT%s ON %s TO PUBLIC', CASE WHEN k.by_column THEN pg_catalog.format(' (%s)', k.names) END, t.full_name),
		   impact => 'Changes the catalog only. Roles that need the table must be granted SELECT by name, best before.') a
 WHERE s.is_open
   AND (c.relacl IS NOT NULL
		OR EXISTS (SELECT
					 FROM pg_catalog.pg_attribute g
					WHERE g.attrelid = t.relid
					  AND g.attacl IS NOT NULL))
   AND NOT t.is_partition
   AND k.names IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_security_sensitive_column_public IS
'Columns that look secret and that PUBLIC may read';

GRANT SELECT ON dbadvisor.rule_security_sensitive_column_public TO dbadvisor_reader;
