-- Foreign keys look for referring rows when referenced ones go.
CREATE SCHEMA index_foreign_key;
SET search_path = index_foreign_key;
SET client_min_messages = warning;
CREATE TABLE customer (id int PRIMARY KEY, code int NOT NULL UNIQUE, name text NOT NULL);
INSERT INTO customer SELECT i, i, 'name ' || i FROM generate_series(1, 5000) i;
CREATE TABLE "Order" (
	id int PRIMARY KEY,
	"customer Id" bigint REFERENCES customer,
	code int REFERENCES customer (code),
	note text NOT NULL);
INSERT INTO "Order"
SELECT i, i % 5000 + 1, i * 7 % 5000 + 1, repeat('n', 60) FROM generate_series(1, 20000) i;
CREATE TABLE line (
	order_id int NOT NULL,
	item int NOT NULL,
	quantity int NOT NULL,
	note text NOT NULL,
	PRIMARY KEY (order_id, item));
CREATE TABLE delivery (
	id int PRIMARY KEY,
	order_id int NOT NULL,
	item int NOT NULL,
	note text NOT NULL,
	FOREIGN KEY (order_id, item) REFERENCES line);
INSERT INTO line SELECT i, j, j, repeat('n', 60) FROM generate_series(1, 5000) i, generate_series(1, 3) j;
INSERT INTO delivery SELECT i, i % 5000 + 1, i % 3 + 1, repeat('n', 60) FROM generate_series(1, 20000) i;
ANALYZE customer, "Order", line, delivery;

CREATE FUNCTION advice_for(VARIADIC queries text[]) RETURNS TABLE (definition text, keys text[])
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(q, 1000, 1) FROM unnest(queries) q;
	RETURN QUERY
	SELECT regexp_replace(i.definition, '^.* ON (.*) USING ', '\1 '),
	       ARRAY(SELECT DISTINCT s ->> 'foreign_key' FROM jsonb_array_elements(i.statements) s
	              WHERE s ? 'foreign_key' ORDER BY 1)
	  FROM dbadvisor.search_indexes(time_limit => NULL) i
	 WHERE step > 0
	 ORDER BY 1;
END
$$;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

-- no customer goes: nothing to advise
SELECT * FROM advice_for('SELECT * FROM customer WHERE id = $1');
SELECT * FROM advice_for('UPDATE customer SET name = $1 WHERE id = $2');
SELECT * FROM advice_for('UPDATE customer SET code = code, name = $1 WHERE id = $2');
-- customers are deleted
SELECT * FROM advice_for('DELETE FROM customer WHERE id = $1');
-- a key changes
SELECT * FROM advice_for('UPDATE customer SET code = $1 WHERE id = $2');
-- a key of two columns
SELECT * FROM advice_for('DELETE FROM line WHERE order_id = $1');
-- said in words
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT dbadvisor.workload_add('UPDATE customer SET code = $1 WHERE id = $2', 1000, 1) > 0 AS added;
SELECT substring(detail FROM 'most of all (.*) calls') AS detail
  FROM dbadvisor.recommend_indexes(time_limit => NULL);
-- by the table's own counter, without a recorded DELETE
SELECT dbadvisor.workload_clear() > 0 AS cleared;
SELECT pg_stat_reset() IS NOT NULL AS reset;
CREATE TABLE spare (id int PRIMARY KEY);
CREATE TABLE spare_use (spare_id int REFERENCES spare, note text NOT NULL);
INSERT INTO spare SELECT generate_series(1, 3000);
INSERT INTO spare_use SELECT i % 1000 + 1, repeat('n', 60) FROM generate_series(1, 20000) i;
ANALYZE spare, spare_use;
DELETE FROM spare WHERE id > 2990;
SELECT pg_stat_force_next_flush() IS NOT NULL AS flushed;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
SELECT relid::regclass, key_columns FROM dbadvisor.search_indexes(time_limit => NULL) WHERE step > 0;

-- an index in another order of columns does it, and a partial one without the
-- NULLs; one with another column in front does not
CREATE INDEX ON delivery (item, order_id, note);
CREATE INDEX ON "Order" ("customer Id") WHERE "customer Id" IS NOT NULL;
CREATE INDEX ON "Order" (id, code);
SELECT * FROM advice_for('DELETE FROM customer WHERE id = $1', 'DELETE FROM line WHERE order_id = $1');

-- partitions are looked through as one table
CREATE TABLE event (id int NOT NULL, customer_id int REFERENCES customer, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO event SELECT i, i % 5000 + 1, date '2020-01-01' + i % 700 FROM generate_series(1, 30000) i;
ANALYZE event;
SELECT * FROM advice_for('DELETE FROM customer WHERE code = $1');

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA index_foreign_key CASCADE;
