-- query.key_updated: a primary key is set
--
-- Fires for UPDATE that sets a column of the primary key.  Wrong for keys with a
-- meaning that really changes.
SELECT dbadvisor.register_rule(
	rule => 'query.key_updated',
	title => 'UPDATE sets a primary key',
	why => 'Each index gets a new entry, and every table that refers to the key is searched.',
	severity => 'low',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 0}',
	doc => 'Tools that write back all columns set the key to the value that it has, which changes nothing but is checked in each index. Keys that carry a state or a place are better columns of their own.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_key_updated WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.key_updated') s
 CROSS JOIN LATERAL (
	SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
	  FROM pg_catalog.pg_index i
	  JOIN pg_catalog.pg_attribute a
		ON a.attrelid = i.indrelid
	   AND a.attnum = ANY (i.indkey)
	 WHERE i.indrelid = s.relid
	   AND i.indisprimary
	   AND s.features -> 'changed_columns' ? a.attname::text) k
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.key_updated',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => pg_catalog.format('Do not set the primary key of %s', t.name),
		   detail => pg_catalog.format('sets %s, which is in the primary key. Leave it out of SET.', k.columns),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', k.columns,
						   'confidence_reason', 'seen in the tree of the statement; whether the value changes is not known'),
		   proof => 'catalog',
		   confidence => 0.5) a
 WHERE s.features ->> 'command' = 'update'
   AND k.columns IS NOT NULL;
COMMENT ON VIEW dbadvisor.rule_query_key_updated IS
'Statements that set a primary key';

GRANT SELECT ON dbadvisor.rule_query_key_updated TO dbadvisor_reader;
