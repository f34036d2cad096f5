-- Sort orders: for what is wanted first, for groups, for merging, both ways.
CREATE SCHEMA index_orders;
SET search_path = index_orders;
CREATE TABLE post (
	id int PRIMARY KEY,
	blog int NOT NULL,
	state int NOT NULL,
	score int,
	created timestamp NOT NULL,
	title text NOT NULL,
	body text NOT NULL);
INSERT INTO post
SELECT i, i * 7919 % 20, i * 31 % 9, CASE WHEN i % 7 > 0 THEN i * 31 % 5 END,
       timestamp '2024-01-01' + i * 7 % 60 * interval '1 day', 'title ' || i, repeat('b', 100)
  FROM generate_series(1, 30000) i;
CREATE TABLE comment (id int PRIMARY KEY, post_id int NOT NULL, stamp int NOT NULL, body text NOT NULL);
INSERT INTO comment SELECT i, i * 31 % 30000, i, repeat('c', 60) FROM generate_series(1, 30000) i;
ANALYZE post, comment;

CREATE FUNCTION advice_for(query text) RETURNS SETOF text
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RETURN QUERY
	SELECT regexp_replace(definition, '^.* ON index_orders.(.*) USING ', '\1 ')
	  FROM dbadvisor.search_indexes(time_limit => NULL) i
	 WHERE step > 0
	 ORDER BY 1;
END
$$;

-- equality, then mixed directions
SELECT advice_for($$SELECT * FROM post WHERE blog = $1 ORDER BY state DESC, created LIMIT 10$$);
SELECT advice_for($$SELECT * FROM post WHERE blog = $1 ORDER BY created DESC, id DESC LIMIT 10$$);
-- NULLs at the other end, in one column of two
SELECT advice_for($$SELECT * FROM post ORDER BY score DESC NULLS LAST, id LIMIT 10$$);
SELECT advice_for($$SELECT * FROM post ORDER BY score NULLS FIRST LIMIT 10$$);
-- the page after a row
SELECT advice_for($$SELECT * FROM post WHERE (created, id) > ($1, $2) ORDER BY created, id LIMIT 10$$);
-- few are wanted, and many satisfy the filter: the order leads
SELECT advice_for($$SELECT * FROM post WHERE state IN (1, 2, 3, 4, 5) ORDER BY created LIMIT 10$$);
-- the latest of each group
SELECT advice_for($$SELECT DISTINCT ON (blog) * FROM post ORDER BY blog, created DESC$$);
-- a window's order
SELECT advice_for($$SELECT id, row_number() OVER (PARTITION BY blog ORDER BY created) FROM post LIMIT 5$$);
-- a merge join's
SET enable_hashjoin = off;
SET enable_nestloop = off;
SELECT advice_for($$SELECT p.title, c.body FROM post p JOIN comment c ON c.post_id = p.id$$);
RESET enable_hashjoin;
RESET enable_nestloop;
-- near misses: all rows are wanted in no order; the order is of a volatile value
SELECT advice_for($$SELECT * FROM post$$);
SELECT advice_for($$SELECT * FROM post ORDER BY random() LIMIT 1$$);
-- an order that exists, read backwards
CREATE INDEX ON post (blog, created DESC, id);
SELECT advice_for($$SELECT * FROM post WHERE blog = $1 ORDER BY created, id DESC LIMIT 10$$);
SELECT advice_for($$SELECT * FROM post WHERE blog = $1 ORDER BY created DESC LIMIT 10$$);
-- and one that does not
SELECT advice_for($$SELECT * FROM post ORDER BY created, id LIMIT 10$$);

-- INCLUDE: what a statement really reads, of a table that VACUUM has seen
SELECT advice_for($$SELECT sum(score) FROM post WHERE blog < 3$$);
VACUUM post;
SELECT advice_for($$SELECT sum(score) FROM post WHERE blog < 3$$);
-- near misses: too wide; a row of one table
SELECT advice_for($$SELECT body FROM post WHERE blog < 1$$);
SELECT advice_for($$SELECT * FROM post WHERE blog < 1$$);
-- the column of a predicate alone need not be there
SELECT advice_for($$SELECT sum(score) FROM post WHERE state = 7 AND blog < 12$$);

SELECT dbadvisor.workload_clear() > 0 AS cleared;
SET client_min_messages = warning;
DROP SCHEMA index_orders CASCADE;
