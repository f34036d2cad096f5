-- query.implicit_cast: a value of another type makes the column be cast
--
-- Fires where a value of another type makes the server cast the column, as
-- numeric does to bigint, and an index is lost by it.  Wrong where another
-- condition leaves few rows; then the planner sees no gain.
SELECT dbadvisor.register_rule(
	rule => 'query.implicit_cast',
	title => 'A value of another type makes the server cast the column',
	why => 'The comparison is made in the type of the value, in which no index on the column is.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_table_bytes": 1048576, "min_gain": 0.5}',
	doc => 'min_table_bytes is the size of the table, min_gain the part of the cost that an index on the wrapped column must save. Where no index can have it, since it depends on settings or has a constant in it, it fires if an index on the bare column is lost. Types of parameters that pg_stat_statements does not keep are those that fit the column: the cast is seen where the type is written, or the other side has one of its own. Drivers that bind numbers as numeric or double precision are the usual cause.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_implicit_cast WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.wrapped_columns('query.implicit_cast', ARRAY['implicit cast']) w
 CROSS JOIN LATERAL dbadvisor.relation_identity(w.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.implicit_cast',
		   queryid => w.queryid,
		   query => w.query,
		   relid => w.relid,
		   weight => w.weight,
		   since => w.since,
		   title => pg_catalog.format('Bind %s to %I of %s', w.column_type, w.column_name, t.name),
		   detail => pg_catalog.concat_ws(' ',
						 pg_catalog.format('compares %I as %s, though it is %s, since the other side is. Bind the value as %s.', w.column_name, w.wrapper, w.column_type, w.column_type),
						 w.proof_text),
		   evidence => w.evidence,
		   proof => w.proof,
		   confidence => w.confidence,
		   benefit_ms_per_day => w.benefit_ms_per_day) a;
COMMENT ON VIEW dbadvisor.rule_query_implicit_cast IS
'Statements whose values make the server cast a column';

GRANT SELECT ON dbadvisor.rule_query_implicit_cast TO dbadvisor_reader;
