-- Rows that break a constraint.

CREATE OR REPLACE FUNCTION dbadvisor.foreign_key_match(constraint_oid oid, prefix text)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT pg_catalog.string_agg(pg_catalog.format('p.%I OPERATOR(%I.%s) %s%I', pa.attname, n.nspname, o.oprname, prefix, ca.attname), ' AND ' ORDER BY u.place)
	  FROM pg_catalog.pg_constraint k
	 CROSS JOIN LATERAL ROWS FROM (pg_catalog.unnest(k.conkey), pg_catalog.unnest(k.confkey), pg_catalog.unnest(k.conpfeqop)) WITH ORDINALITY u (child, parent, operator, place)
	  JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child
	  JOIN pg_catalog.pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = u.parent
	  JOIN pg_catalog.pg_operator o ON o.oid = u.operator
	  JOIN pg_catalog.pg_namespace n ON n.oid = o.oprnamespace
	 WHERE k.oid = constraint_oid;
$$;
COMMENT ON FUNCTION dbadvisor.foreign_key_match(oid, text) IS
'The condition that p is the row which a foreign key refers to; the prefix stands before columns of the key';

CREATE OR REPLACE FUNCTION dbadvisor.violation_sql(constraint_oid oid)
RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT CASE k.contype
		   WHEN 'f'
		   THEN (SELECT pg_catalog.format('SELECT 1 FROM %s%s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s) LIMIT 1',
										  CASE WHEN t.relkind = 'r' THEN 'ONLY ' END,
										  dbadvisor.relation_identity(k.conrelid),
										  pg_catalog.string_agg(pg_catalog.format('c.%I IS NOT NULL', ca.attname), ' AND ' ORDER BY u.place),
										  dbadvisor.relation_identity(k.confrelid),
										  dbadvisor.foreign_key_match(k.oid, 'c.'))
				   FROM pg_catalog.unnest(k.conkey) WITH ORDINALITY u (child, place)
				   JOIN pg_catalog.pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = u.child)
		   WHEN 'n'
		   THEN pg_catalog.format('SELECT 1 FROM %s WHERE %s IS NULL LIMIT 1',
								  dbadvisor.relation_identity(k.conrelid), dbadvisor.column_list(k.conrelid, k.conkey))
		   WHEN 'c'
		   THEN (SELECT pg_catalog.format('SELECT 1 FROM %s WHERE NOT (%s) LIMIT 1', dbadvisor.relation_identity(k.conrelid), e.text)
				   FROM pg_catalog.pg_get_expr(k.conbin, k.conrelid) e (text)
				  WHERE dbadvisor.include_values()
					 OR NOT dbadvisor.holds_constants(e.text))
		   END
	  FROM pg_catalog.pg_constraint k
	  JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
	 WHERE k.oid = violation_sql.constraint_oid;
$$;
COMMENT ON FUNCTION dbadvisor.violation_sql(oid) IS
'A query for a row that breaks a constraint; null where it would show data values';

REVOKE ALL ON FUNCTION dbadvisor.foreign_key_match(oid, text),
	dbadvisor.violation_sql(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.foreign_key_match(oid, text),
	dbadvisor.violation_sql(oid)
	TO dbadvisor_reader;
