-- query.write_without_where: all rows are changed or deleted
--
-- Fires for UPDATE or DELETE without WHERE on a table of some size.  Wrong for
-- tables that are emptied or set anew on purpose.
SELECT dbadvisor.register_rule(
	rule => 'query.write_without_where',
	title => 'All rows are updated or deleted',
	why => 'Every row gets a new version or is left dead, and locks on all are held to the end.',
	severity => 'low',
	thresholds => '{"min_share": 0, "min_mean_ms": 0, "min_table_bytes": 1048576}',
	doc => 'min_table_bytes is the size of the table. A condition in ON of a FROM list counts as one. For emptying, TRUNCATE gives the space back at once, under an ACCESS EXCLUSIVE lock; for setting a column, do it in batches by key and leave out rows that have the value already.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_write_without_where WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.weighed_statements('query.write_without_where') s
 CROSS JOIN LATERAL dbadvisor.relation_identity(s.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.write_without_where',
		   queryid => s.queryid,
		   query => s.query,
		   relid => s.relid,
		   weight => s.weight,
		   since => s.since,
		   title => CASE s.features ->> 'command'
					WHEN 'delete' THEN pg_catalog.format('Empty %s with TRUNCATE', t.name)
					ELSE pg_catalog.format('Update %s in parts', t.name)
					END,
		   detail => CASE s.features ->> 'command'
					 WHEN 'delete' THEN 'deletes all rows and leaves them to VACUUM. TRUNCATE does it at once.'
					 ELSE 'gives every row a new version, also those that have the value already. Add a condition that leaves these out, and go by ranges of the key.'
					 END,
		   evidence => pg_catalog.jsonb_build_object(
						   'command', s.features ->> 'command',
						   'rows_per_call', s.rows_per_call,
						   'confidence_reason', 'seen in the tree of the statement; that it is meant is likely'),
		   proof => 'catalog',
		   confidence => 0.5) a
 WHERE s.features ->> 'command' IN ('update', 'delete')
   AND NOT (s.features ->> 'has_where')::boolean
   AND (s.features ->> 'tables')::integer <= 1
   AND (dbadvisor.table_estimate(s.relid)).bytes >= dbadvisor.threshold('query.write_without_where', 'min_table_bytes');
COMMENT ON VIEW dbadvisor.rule_query_write_without_where IS
'Statements that update or delete all rows';

GRANT SELECT ON dbadvisor.rule_query_write_without_where TO dbadvisor_reader;
