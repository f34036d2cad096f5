-- maintenance.encoding_sql_ascii: a database that takes any bytes for text
--
-- Fires for the database when its encoding is SQL_ASCII and it has columns of
-- text.  Wrong only where it holds nothing but ASCII, for good.
SELECT dbadvisor.register_rule(
	rule => 'maintenance.encoding_sql_ascii',
	title => 'The database does not know the encoding of its texts',
	why => 'Clients store whatever encoding they use beside each other, and no one can tell later which it was.',
	severity => 'medium',
	doc => 'An encoding cannot be changed in place: dump, convert, restore.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_maintenance_encoding_sql_ascii WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_database d
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'maintenance.encoding_sql_ascii',
		   object_type => 'database',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_database', d.oid),
		   title => 'Move the database to encoding UTF8',
		   detail => 'Its encoding is SQL_ASCII: bytes above 127 are stored as they come, and nothing checks or converts them.',
		   evidence => pg_catalog.jsonb_build_object('encoding', pg_catalog.pg_encoding_to_char(d.encoding))) a
 WHERE d.datname = pg_catalog.current_database()
   AND pg_catalog.pg_encoding_to_char(d.encoding) = 'SQL_ASCII'
   AND EXISTS (SELECT
				 FROM dbadvisor.user_table t
				 JOIN pg_catalog.pg_attribute k ON k.attrelid = t.relid AND k.attnum > 0 AND NOT k.attisdropped
				 JOIN pg_catalog.pg_type y ON y.oid = k.atttypid AND y.typcategory = 'S'
				WHERE pg_catalog.pg_encoding_to_char(d.encoding) = 'SQL_ASCII');
COMMENT ON VIEW dbadvisor.rule_maintenance_encoding_sql_ascii IS
'The database, when its encoding is SQL_ASCII';

GRANT SELECT ON dbadvisor.rule_maintenance_encoding_sql_ascii TO dbadvisor_reader;
