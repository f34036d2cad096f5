-- schema.plaintext_password: passwords that are too short for a hash
--
-- Fires for a text column named like a password whose values are shorter on average
-- than any usable hash.  No value is read or shown, only the average width that
-- ANALYZE has found.  Proof is the name and the width.
SELECT dbadvisor.register_rule(
	rule => 'schema.plaintext_password',
	title => 'Passwords seem to be stored as they are',
	why => 'Whoever reads the table, a dump or a standby has them.',
	severity => 'medium',
	thresholds => '{"max_width": 24}',
	doc => 'max_width is the mean width in bytes below which no usual hash fits (bcrypt takes 60, hexadecimal MD5 32). Wrong where the column holds something else, such as a date of the last change in text or a reference to a vault. A longer value may be plain as well: encoded passwords are not recognised. Without statistics of the column it is silent.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_plaintext_password
WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_column c
  JOIN dbadvisor.column_statistics s
	ON s.relid = c.relid
   AND s.attnum = c.attnum
   AND s.null_frac < 1
   AND s.avg_width <= dbadvisor.threshold('schema.plaintext_password', 'max_width')
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.plaintext_password',
		   relid => c.relid,
		   attnum => c.attnum,
		   title => pg_catalog.format('Store a hash in %I of %s', c.column_name, c.full_name),
		   detail => pg_catalog.format('Its values take %s bytes on average; a salted hash takes more than 40.', s.avg_width),
		   evidence => pg_catalog.jsonb_build_object(
						   'average_width_bytes', s.avg_width,
						   'confidence_reason', 'name of the column and width of its values'),
		   confidence => 0.6,
		   proof => 'heuristic') a
 WHERE c.base_type IN (25, 1042, 1043)
   AND c.relkind IN ('r', 'p')
   AND NOT c.is_inherited
   AND c.column_name ~* '^(user_?)?(password|passwd|passphrase|pwd)$';
COMMENT ON VIEW dbadvisor.rule_schema_plaintext_password IS
'Rule schema.plaintext_password: passwords that are too short for a hash';

GRANT SELECT ON dbadvisor.rule_schema_plaintext_password TO dbadvisor_reader;
