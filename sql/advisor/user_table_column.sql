-- Columns of users' tables with what fresh statistics and a few rows say of them.

-- Statistics are fresh while at most a fifth of the rows has changed.  Values come as
-- text, which every type has.  An audit trail that is only added to holds copies of
-- rows as they were, on purpose, and refers to what may have gone: no rule of design
-- looks at it.
CREATE OR REPLACE VIEW dbadvisor.every_column_statistics WITH (security_invoker = true) AS
SELECT c.relid,
	   c.attnum,
	   c.schema_name,
	   c.table_name,
	   c.column_name,
	   c.full_name,
	   c.base_type,
	   c.is_not_null,
	   c.is_generated,
	   t.rows,
	   t.bytes,
	   t.leaf_count,
	   t.analyzed_at,
	   s.null_frac,
	   s.avg_width,
	   CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * t.rows ELSE s.n_distinct END AS distinct_values,
	   s.most_common_vals::text::text[] AS common_values,
	   s.most_common_freqs AS common_shares,
	   s.histogram_bounds::text::text[] AS bounds,
	   t.rows_updated + t.rows_deleted < 0.001 * t.rows_inserted
	   AND t.table_name ~ '((^|_)([Ll]ogs?|[Aa]udit|[Hh]istory|[Ee]vents?)|[a-z](Logs?|Audit|History|Events?))(_|[A-Z]|$)' AS is_trail
  FROM dbadvisor.user_table t
  JOIN dbadvisor.user_column c ON c.relid = t.relid
  JOIN pg_catalog.pg_stats s
	ON s.schemaname = c.schema_name
   AND s.tablename = c.table_name
   AND s.attname = c.column_name
   AND s.inherited = (t.relkind = 'p')
 WHERE t.relkind IN ('r', 'p')
   AND NOT t.is_partition
   AND NOT c.is_inherited
   AND t.rows_changed_since_analyze <= 0.2 * t.rows;
COMMENT ON VIEW dbadvisor.every_column_statistics IS
'Columns of tables and partitioned tables with fresh statistics; distinct_values is a count, values are those that the statistics hold, as text; is_trail says that the table is an audit trail by its name and only added to';

CREATE OR REPLACE VIEW dbadvisor.user_column_statistics WITH (security_invoker = true) AS
SELECT s.*
  FROM dbadvisor.every_column_statistics s
 WHERE NOT s.is_trail;
COMMENT ON VIEW dbadvisor.user_column_statistics IS
'Columns of tables and partitioned tables with fresh statistics, without audit trails that are only added to; distinct_values is a count, values are those that the statistics hold, as text';

-- An error, as of a missing right or a lock that somebody has, is no answer.  Casts
-- and policies could run functions of others with the caller's rights: types that
-- users have made, and tables whose policies bind the caller, are not looked at.
CREATE OR REPLACE FUNCTION dbadvisor.first_rows_say(
	relid oid,
	columns smallint[],
	max_rows integer,
	question text)
RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = off
SET lock_timeout = '100ms'
AS $$
DECLARE
	answer boolean;
BEGIN
	IF EXISTS (SELECT
				 FROM pg_catalog.pg_attribute a
				WHERE a.attrelid = first_rows_say.relid
				  AND a.attnum = ANY (first_rows_say.columns)
				  AND a.atttypid >= 16384) THEN
		RETURN NULL;
	END IF;
	PERFORM pg_catalog.set_config('lock_timeout', dbadvisor.setting('lock_timeout'), true);
	EXECUTE pg_catalog.format(
		'WITH sampled AS MATERIALIZED (SELECT %s FROM %s LIMIT %s) SELECT %s',
		(SELECT pg_catalog.string_agg(pg_catalog.format('%I::text AS column%s', n.name, n.place), ', ' ORDER BY n.place)
		   FROM pg_catalog.unnest(dbadvisor.column_names(relid, columns)) WITH ORDINALITY n (name, place)),
		dbadvisor.relation_identity(relid), max_rows, question)
	   INTO answer;
	RETURN answer;
EXCEPTION WHEN insufficient_privilege OR lock_not_available OR undefined_table THEN
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.first_rows_say(oid, smallint[], integer, text) IS
'The answer to a question, an expression of SQL, about the first rows of a table, which it sees as "sampled" with the texts of the columns as column1, column2, ...; null where they cannot be read or their type is a user''s';

CREATE OR REPLACE FUNCTION dbadvisor.columns_agree(
	relid oid,
	one smallint,
	other smallint,
	max_rows integer)
RETURNS boolean
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT dbadvisor.first_rows_say(relid, ARRAY[one, other], max_rows,
									'(SELECT pg_catalog.bool_and(column1 IS NOT DISTINCT FROM column2) FROM sampled)');
$$;
COMMENT ON FUNCTION dbadvisor.columns_agree(oid, smallint, smallint, integer) IS
'Whether two columns of a table have the same text in the first rows; null where they cannot be read, their type is a user''s, or there are no rows';

GRANT SELECT ON dbadvisor.every_column_statistics, dbadvisor.user_column_statistics TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.first_rows_say(oid, smallint[], integer, text),
	dbadvisor.columns_agree(oid, smallint, smallint, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.first_rows_say(oid, smallint[], integer, text),
	dbadvisor.columns_agree(oid, smallint, smallint, integer)
	TO dbadvisor_reader;
