-- schema.too_many_columns: a table of very many columns
--
-- Fires from min_columns on: each row is wide, most statements need a few of them.
-- Above max_updated_columns it fires where rows have been updated min_updates times,
-- since each update writes all of them anew.  Wrong for fact tables that are read as a
-- whole.
SELECT dbadvisor.register_rule(
	rule => 'schema.too_many_columns',
	title => 'A table has very many columns',
	why => 'Each row read or written carries all of them, and rows do not fit into pages well.',
	severity => 'info',
	thresholds => '{"min_columns": 200, "max_updated_columns": 60, "min_updates": 10000}',
	doc => 'min_columns is far above what design asks for, to be silent about wide reports; max_updated_columns is for tables whose rows are updated. Which columns belong together is not known from the catalog: see dbadvisor.normalize() for what depends on what, and the statements for what is read together before splitting a table.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_schema_too_many_columns
WITH (security_invoker = true) AS
SELECT a.*
  FROM (SELECT c.relid,
			   c.full_name,
			   pg_catalog.count(*) AS columns,
			   pg_catalog.pg_stat_get_tuples_updated(c.relid) AS rows_updated
		  FROM dbadvisor.user_column c
		 WHERE c.relkind IN ('r', 'p')
		   AND NOT c.is_partition
		 GROUP BY c.relid, c.full_name) t
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'schema.too_many_columns',
		   relid => t.relid,
		   title => pg_catalog.format('Look whether %s should be several tables', t.full_name),
		   detail => pg_catalog.format('It has %s columns%s. Those that are read together belong together.', t.columns,
									   CASE WHEN t.rows_updated > 0 THEN pg_catalog.format(', and each of %s updates wrote all of them anew', t.rows_updated) ELSE '' END),
		   evidence => pg_catalog.jsonb_build_object(
						   'columns', t.columns,
						   'rows_updated', t.rows_updated,
						   'confidence_reason', 'read from the catalog'),
		   confidence => 0.4) a
 WHERE t.columns >= dbadvisor.threshold('schema.too_many_columns', 'min_columns', t.full_name)
	OR (t.columns > dbadvisor.threshold('schema.too_many_columns', 'max_updated_columns', t.full_name)
		AND t.rows_updated >= dbadvisor.threshold('schema.too_many_columns', 'min_updates', t.full_name));
COMMENT ON VIEW dbadvisor.rule_schema_too_many_columns IS
'Rule schema.too_many_columns: a table of very many columns';

GRANT SELECT ON dbadvisor.rule_schema_too_many_columns TO dbadvisor_reader;
