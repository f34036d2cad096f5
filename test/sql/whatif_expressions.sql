-- Expressions that are unlike others: whole rows, rows, arrays, domains; on
-- tables whose columns lie elsewhere than their parent's.
CREATE SCHEMA whatif_expressions;
SET search_path = whatif_expressions;
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE plain (a integer, gone integer, b text, c positive);
ALTER TABLE plain DROP COLUMN gone;
INSERT INTO plain SELECT g, 'b' || g % 10, 1 + g % 100 FROM generate_series(1, 2000) g;
CREATE TABLE parted (a integer, b text, c positive) PARTITION BY RANGE (a);
CREATE TABLE part1 (c positive, gone integer, b text, a integer NOT NULL);
ALTER TABLE part1 DROP COLUMN gone;
ALTER TABLE parted ATTACH PARTITION part1 FOR VALUES FROM (0) TO (1000);
CREATE TABLE part2 PARTITION OF parted FOR VALUES FROM (1000) TO (3000);
INSERT INTO parted SELECT a, b, c FROM plain;
ANALYZE plain, parted;

-- Does the expression give an index that serves an order by it?
CREATE FUNCTION serves(relation text, expression text) RETURNS TABLE (used boolean, notes text[])
LANGUAGE sql AS $$
	SELECT cardinality(w.indexes_used) > 0, w.notes
	  FROM dbadvisor.what_if(format('SELECT 1 FROM %I ORDER BY %s LIMIT 1', relation, expression),
							 ARRAY[format('CREATE INDEX ON %I ((%s))', relation, expression)]) w;
$$;
SELECT r, e, s.*
  FROM unnest(ARRAY['plain', 'parted']) r
 CROSS JOIN LATERAL unnest(ARRAY[r, 'ARRAY[a, 1]', '(c + 1)', 'a::positive',
								 format('(%I IS NOT NULL)', r), '(b || b)']) e
 CROSS JOIN LATERAL serves(r, e) s;

-- The server would refuse it.
SELECT dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON plain ((ROW(a, b)))']);

DROP SCHEMA whatif_expressions CASCADE;
