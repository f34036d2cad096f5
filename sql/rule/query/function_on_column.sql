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
						 CASE
						 WHEN w.cost_after IS NOT NULL
						 THEN pg_catalog.format('With an index on (%s) the planner''s cost falls from %s to %s.',
												w.expression, pg_catalog.round(w.cost_before::numeric), pg_catalog.round(w.cost_after::numeric, 1))
						 ELSE pg_catalog.format('Index %I, which the column leads, is not used for it.', w.lost_index)
						 END),
		   evidence => pg_catalog.jsonb_build_object(
						   'column', w.column_name,
						   'column_type', w.column_type,
						   'wrapper', w.wrapper,
						   'expression', w.expression,
						   'cost_before', w.cost_before,
						   'cost_after', w.cost_after,
						   'index_not_used', w.lost_index,
						   'confidence_reason', CASE
												WHEN w.cost_after IS NOT NULL THEN 'the planner priced an index on the expression'
												ELSE 'no index can have the expression, so none was priced'
												END),
		   proof => CASE WHEN w.cost_after IS NOT NULL THEN 'planner' ELSE 'catalog' END,
		   confidence => CASE WHEN w.cost_after IS NOT NULL THEN 0.8 ELSE 0.6 END,
		   benefit_ms_per_day => w.ms_per_day * (1 - w.cost_after / NULLIF(w.cost_before, 0))) a;
COMMENT ON VIEW dbadvisor.rule_query_function_on_column IS
'Statements that compare a function of a column';

GRANT SELECT ON dbadvisor.rule_query_function_on_column TO dbadvisor_reader;
