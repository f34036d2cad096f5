-- query.function_on_column: what is compared is not the column
--
-- Fires where WHERE compares a function of a column, or an expression with it,
-- and an index on that would save much, or one on the bare column is lost.  Wrong
-- where another condition leaves few rows; then the planner sees no gain.
SELECT dbadvisor.register_rule(
	rule => 'query.function_on_column',
	title => 'A function of a column is compared',
	why => 'An index on the column holds the column, not what is computed from it: all rows are read and computed.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_table_bytes": 1048576, "min_gain": 0.5}',
	doc => 'min_table_bytes is the size of the table, min_gain the part of the cost that an index on the wrapped column must save. Where no index can have it, since it depends on settings or has a constant in it, it fires if an index on the bare column is lost. Arithmetic is best moved to the other side, date_trunc(...) = $1 is the range from $1 to the next. index.missing proposes the index where the workload as a whole gains by it.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_function_on_column WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.wrapped_columns('query.function_on_column', ARRAY['function', 'operator']) w
 CROSS JOIN LATERAL dbadvisor.relation_identity(w.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.function_on_column',
		   queryid => w.queryid,
		   query => w.query,
		   relid => w.relid,
		   weight => w.weight,
		   since => w.since,
		   title => pg_catalog.format('Compare %I of %s without %s around it', w.column_name, t.name, COALESCE(w.wrapper, 'a function')),
		   detail => pg_catalog.concat_ws(' ',
						 pg_catalog.format('compares %s of %I. Compare the bare column (a range instead of a rounded date, arithmetic on the other side), or index the expression.', COALESCE(w.wrapper, 'a function'), w.column_name),
						 w.proof_text),
		   evidence => w.evidence,
		   proof => w.proof,
		   confidence => w.confidence,
		   benefit_ms_per_day => w.benefit_ms_per_day) a;
COMMENT ON VIEW dbadvisor.rule_query_function_on_column IS
'Statements that compare a function of a column';

GRANT SELECT ON dbadvisor.rule_query_function_on_column TO dbadvisor_reader;
