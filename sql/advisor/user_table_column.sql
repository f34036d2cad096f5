-- Columns of users' tables with what fresh statistics and a few rows say of them.

-- Statistics are fresh while at most a fifth of the rows has changed.  An audit trail
-- that is only added to holds copies of rows as they were, on purpose, and refers to
-- what may have gone: no rule of design looks at it.
--
-- A function, so that the planner expects many rows: of these joins it expects one,
-- and rules join what they find with itself.
CREATE OR REPLACE FUNCTION dbadvisor.read_column_statistics(
	OUT relid oid,
	OUT attnum smallint,
	OUT schema_name name,
	OUT table_name name,
	OUT column_name name,
	OUT base_type oid,
	OUT is_not_null boolean,
	OUT is_generated boolean,
	OUT rows bigint,
	OUT bytes bigint,
	OUT leaf_count integer,
	OUT analyzed_at timestamptz,
	OUT inherited boolean,
	OUT null_frac real,
	OUT avg_width integer,
	OUT distinct_values double precision,
	OUT common_shares real[],
	OUT rows_inserted bigint,
	OUT rows_changed bigint)
RETURNS SETOF record
LANGUAGE sql STABLE ROWS 10000 COST 10000
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
	SELECT c.relid,
		   c.attnum,
		   c.schema_name,
		   c.table_name,
		   c.column_name,
		   c.base_type,
		   c.is_not_null,
		   c.is_generated,
		   c.rows,
		   c.bytes,
		   c.leaf_count,
		   c.analyzed_at,
		   s.inherited,
		   s.null_frac,
		   s.avg_width,
		   CASE WHEN s.n_distinct < 0 THEN -s.n_distinct * c.rows ELSE s.n_distinct END,
		   s.common_shares,
		   c.rows_inserted,
		   c.rows_updated + c.rows_deleted
	  FROM dbadvisor.user_column c
	  JOIN dbadvisor.column_statistics s
		ON s.relid = c.relid
	   AND s.attnum = c.attnum
	   AND s.inherited = (c.relkind = 'p')
	 WHERE c.relkind IN ('r', 'p')
	   AND NOT c.is_partition
	   AND NOT c.is_inherited
	   AND c.rows_changed_since_analyze <= 0.2 * c.rows;
$$;
COMMENT ON FUNCTION dbadvisor.read_column_statistics() IS
'What fresh statistics say of the columns of tables and partitioned tables, without values; read by dbadvisor.every_column_statistics';

CREATE OR REPLACE VIEW dbadvisor.every_column_statistics WITH (security_invoker = true) AS
SELECT s.relid,
	   s.attnum,
	   s.schema_name,
	   s.table_name,
	   s.column_name,
	   pg_catalog.format('%I.%I', s.schema_name, s.table_name) AS full_name,
	   s.base_type,
	   s.is_not_null,
	   s.is_generated,
	   s.rows,
	   s.bytes,
	   s.leaf_count,
	   s.analyzed_at,
	   s.null_frac,
	   s.avg_width,
	   s.distinct_values,
	   dbadvisor.column_values(s.relid, s.attnum, s.inherited, true) AS common_values,
	   s.common_shares,
	   dbadvisor.column_values(s.relid, s.attnum, s.inherited, false) AS bounds,
	   s.rows_changed < 0.001 * s.rows_inserted
	   AND s.table_name ~ '((^|_)([Ll]ogs?|[Aa]udit|[Hh]istory|[Ee]vents?)|[a-z](Logs?|Audit|History|Events?))(_|[A-Z]|$)' AS is_trail
  FROM dbadvisor.read_column_statistics() s;
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
REVOKE ALL ON FUNCTION dbadvisor.read_column_statistics(),
	dbadvisor.first_rows_say(oid, smallint[], integer, text),
	dbadvisor.columns_agree(oid, smallint, smallint, integer)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.read_column_statistics(),
	dbadvisor.first_rows_say(oid, smallint[], integer, text),
	dbadvisor.columns_agree(oid, smallint, smallint, integer)
	TO dbadvisor_reader;
