-- Partitioned tables: candidates are on the root, which speaks for its leaves.
CREATE SCHEMA index_partitions;
SET search_path = index_partitions;
SET client_min_messages = warning;
CREATE TABLE message (
	id int NOT NULL,
	kind int NOT NULL,
	state text NOT NULL,
	at date NOT NULL,
	reply_to int,
	body text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE message_1 PARTITION OF message FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
-- a leaf whose columns are in another order
CREATE TABLE message_2 (
	body text NOT NULL,
	gone int,
	at date NOT NULL,
	reply_to int,
	state text NOT NULL,
	kind int NOT NULL,
	id int NOT NULL);
ALTER TABLE message_2 DROP COLUMN gone;
ALTER TABLE message ATTACH PARTITION message_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
INSERT INTO message
SELECT i, i % 2000, CASE WHEN i % 300 = 0 THEN 'failed' ELSE 'sent' END, date '2020-01-01' + i / 43,
       CASE WHEN i % 40 = 7 THEN i * 31 % 30000 END, repeat('b', 80)
  FROM generate_series(1, 30000) i;
ANALYZE message, message_1, message_2;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

CREATE FUNCTION advice_for(VARIADIC queries text[]) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(q, 1000, 5) FROM unnest(queries) q;
	RETURN QUERY
	SELECT regexp_replace(definition, '^.* ON index_partitions.(.*) USING ', '\1 ')
	  FROM dbadvisor.search_indexes(time_limit => NULL) i
	 WHERE step > 0
	 ORDER BY 1;
END
$$;

-- partial and not
SELECT advice_for($$SELECT * FROM message WHERE kind = $1$$);
SELECT advice_for($$SELECT * FROM message WHERE state = 'failed' ORDER BY at LIMIT 10$$);
SELECT advice_for($$SELECT * FROM message WHERE reply_to = $1$$);
-- one leaf, by its own name: the index is on it alone
SELECT advice_for($$SELECT * FROM message_1 WHERE kind = $1$$);
SELECT advice_for($$SELECT * FROM message_2 WHERE state = 'failed' AND kind < 100$$);
-- both: that of the root serves its leaf
SELECT advice_for($$SELECT * FROM message WHERE kind = $1$$, $$SELECT * FROM message_1 WHERE kind = $1$$);

-- an index of the root is one of each leaf
CREATE INDEX ON message (kind);
CREATE INDEX ON message (at) WHERE state = 'failed';
SELECT advice_for($$SELECT * FROM message WHERE kind = $1$$);
SELECT advice_for($$SELECT * FROM message_1 WHERE kind = $1$$);
SELECT advice_for($$SELECT * FROM message_2 WHERE state = 'failed' ORDER BY at LIMIT 10$$);
-- leaves that have one each, by themselves
CREATE INDEX ON message_1 (id);
CREATE INDEX ON message_2 (id);
SELECT advice_for($$SELECT * FROM message WHERE id = $1$$);

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA index_partitions CASCADE;
