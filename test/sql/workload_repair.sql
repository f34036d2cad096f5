-- Texts with a parameter in place of each constant are made SQL again
CREATE SCHEMA workload_repair;
SET search_path = workload_repair, public;
CREATE TABLE sale (id int, placed date, at timestamptz, during interval, price numeric, note text, tags text[]);

CREATE FUNCTION repaired(query text) RETURNS TABLE (text text, types text) LANGUAGE plpgsql AS $$
DECLARE
	added bigint := dbadvisor.workload_add(query);
BEGIN
	RETURN QUERY
	SELECT w.repaired_query, w.parameter_types::text
	  FROM dbadvisor.workload w
	 WHERE w.source = 'manual';
	PERFORM dbadvisor.workload_remove(added);
END
$$;
-- errors: what the user's text says, without where we are
\set VERBOSITY terse
\pset format unaligned
\pset tuples_only on

-- typed literals
SELECT * FROM repaired('SELECT * FROM sale WHERE placed >= date $1');
SELECT * FROM repaired('SELECT * FROM sale WHERE placed < date $1 + interval $2 month');
SELECT * FROM repaired('SELECT * FROM sale WHERE during > interval $1 day to second(3)');
SELECT * FROM repaired('SELECT * FROM sale WHERE during > interval(3) $1');
SELECT * FROM repaired('SELECT * FROM sale WHERE at > timestamp $1');
SELECT * FROM repaired('SELECT * FROM sale WHERE at > timestamp(0) with time zone $1 and id=$2');
SELECT * FROM repaired('SELECT * FROM sale WHERE price > numeric(10,2) $1 OR note = pg_catalog.text $2 OR note = text $3');
SELECT * FROM repaired('SELECT * FROM sale WHERE price > double precision $1 AND note = character varying(3) $2');
SELECT * FROM repaired('SELECT * FROM sale WHERE placed BETWEEN date $1 AND date $2 -- date $3');
-- fields of extract()
SELECT * FROM repaired('SELECT extract($1 from placed), note FROM sale GROUP BY extract(year from placed), note');
SELECT * FROM repaired('SELECT extract($1 FROM at), extract($2 from during) FROM sale WHERE id = $3');
-- what looks alike but is SQL stays as it is
SELECT * FROM repaired('SELECT note AS "date $1" FROM sale WHERE note LIKE $1 LIMIT $2 OFFSET $3');
SELECT * FROM repaired('SELECT $$date $1$$, at AT TIME ZONE $1 FROM sale FETCH FIRST $2 ROWS ONLY');
-- grouped by an expression whose constants were kept
SELECT * FROM repaired('SELECT substr(note, $1, $2), count(*) FROM sale GROUP BY substr(note,1, 20)');
SELECT * FROM repaired('SELECT substr(note, $1, $2), count(*) FROM sale GROUP BY substr(note, $3, $4) ORDER BY substr(note, $5, $6)');
SELECT * FROM repaired('SELECT DISTINCT id + $1 FROM sale ORDER BY id + 2');
SELECT * FROM repaired('SELECT id + $1, note, grouping(note) FROM sale GROUP BY ROLLUP (id + 7, note)');
-- operands without a type
SELECT * FROM repaired('SELECT * FROM sale WHERE id = $1 + $2');
SELECT * FROM repaired('SELECT * FROM sale WHERE id = ANY (ARRAY[$1, $2])');
SELECT * FROM repaired('SELECT sum(CASE WHEN note = $1 THEN $2 ELSE $3 END) FROM sale');
SELECT * FROM repaired('SELECT i FROM generate_series($1, $2) i JOIN sale ON sale.id = i');
SELECT * FROM repaired('WITH a AS (SELECT $1 AS x) SELECT x + id FROM a, sale');
SELECT * FROM repaired('SELECT * FROM sale WHERE during > $1 - $2');
SELECT * FROM repaired('SELECT $1 IS NULL, $2 = $3, $4 FROM sale');
-- lists as PostgreSQL 18 writes them
SELECT * FROM repaired('SELECT * FROM sale WHERE id IN ($1 /*, ... */) AND note = $2');
SELECT * FROM repaired('SELECT * FROM sale WHERE id NOT IN ($1 /*, ... */)');
SELECT * FROM repaired('SELECT * FROM sale WHERE NOT id IN ( $1 /*, ... */ ) OR id IN ($2)');
SELECT * FROM repaired('SELECT * FROM sale WHERE id = ANY (ARRAY[$1 /*, ... */])');
-- what is beyond repair fails with the error of the text itself
SELECT * FROM repaired('SELECT * FROM sale WHERE placed > date $1 AND nothing = $2');
SELECT * FROM repaired('SELECT * FROM sale WHERE note + $1 > $2');
SELECT * FROM repaired('SELECT * FROM sale WHERE date $1 $2');
SELECT * FROM repaired('SELECT substr(note, $1), count(*) FROM sale GROUP BY id');
SELECT * FROM repaired('SELECT $65536 FROM sale WHERE note = date $1');
SELECT * FROM repaired('SELECT * FROM sale WHERE id = $0');
SELECT * FROM repaired('(((((( $1');
SELECT * FROM repaired(')))) $1 interval');
SELECT * FROM repaired('GROUP BY $1 ORDER BY');

\pset format aligned
\pset tuples_only off
SELECT count(*) FROM dbadvisor.workload_statement;
\set VERBOSITY terse
DROP SCHEMA workload_repair CASCADE;
