-- query.cast_on_column: the column is cast before it is compared
--
-- Fires where WHERE compares a column that is cast, and an index on that would
-- save much, or one on the bare column is lost.  Wrong where another condition
-- leaves few rows; then the planner sees no gain.
SELECT dbadvisor.register_rule(
	rule => 'query.cast_on_column',
	title => 'A column is cast before it is compared',
	why => 'An index on the column is in the order of its own type: all rows are read and cast.',
	severity => 'medium',
	thresholds => '{"min_share": 0.001, "min_mean_ms": 1, "min_table_bytes": 1048576, "min_gain": 0.5}',
	doc => 'min_table_bytes is the size of the table, min_gain the part of the cost that an index on the wrapped column must save. Where no index can have it, since it depends on settings or has a constant in it, it fires if an index on the bare column is lost. timestamptz::date depends on the time zone and cannot be indexed: the range of the day, column >= $1 AND column < $1 + 1, uses the index that is there. A cast to text for a comparison speaks for a wrong type of the parameter.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_query_cast_on_column WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.wrapped_columns('query.cast_on_column', ARRAY['cast']) w
 CROSS JOIN LATERAL dbadvisor.relation_identity(w.relid) t (name)
 CROSS JOIN LATERAL dbadvisor.statement_advice(
		   rule => 'query.cast_on_column',
		   queryid => w.queryid,
		   query => w.query,
		   relid => w.relid,
		   weight => w.weight,
		   since => w.since,
		   title => pg_catalog.format('Compare %I of %s without a cast to %s', w.column_name, t.name, w.wrapper),
		   detail => pg_catalog.concat_ws(' ',
						 pg_catalog.format('casts %I to %s. %s', w.column_name, w.wrapper,
								   CASE
								   WHEN w.wrapper = 'date' THEN pg_catalog.format('Write the range of the day: %1$I >= $1 AND %1$I < $1 + 1, with $1 a date.', w.column_name)
								   ELSE pg_catalog.format('Cast the value to %s instead of the column.', w.column_type)
								   END),
						 w.proof_text),
		   evidence => w.evidence,
		   proof => w.proof,
		   confidence => w.confidence,
		   benefit_ms_per_day => w.benefit_ms_per_day) a;
COMMENT ON VIEW dbadvisor.rule_query_cast_on_column IS
'Statements that cast a column before they compare it';

GRANT SELECT ON dbadvisor.rule_query_cast_on_column TO dbadvisor_reader;
