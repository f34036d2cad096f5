-- What the benchmarks note down, and the tables they print from it.

CREATE SCHEMA bench;

CREATE TABLE bench.query (
	number int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text NOT NULL UNIQUE,
	text text NOT NULL
);

-- Measured run times; ms is null where the query did not finish.
CREATE TABLE bench.run (
	query text NOT NULL REFERENCES bench.query (name),
	stage text NOT NULL,
	ms float8
);

-- Planner costs with the real literals: stage "before", "what_if", "after".
CREATE TABLE bench.cost (
	query text NOT NULL REFERENCES bench.query (name),
	stage text NOT NULL,
	cost float8 NOT NULL
);

-- Costs with one index alone, first as what-if, then really built.
CREATE TABLE bench.single (
	step int NOT NULL,
	query text NOT NULL REFERENCES bench.query (name),
	cost_before float8 NOT NULL,
	cost_what_if float8 NOT NULL,
	cost_built float8
);

-- Real sizes of the indexes of bench.advice.
CREATE TABLE bench.built (
	step int PRIMARY KEY,
	size_bytes bigint NOT NULL,
	seconds float8 NOT NULL
);

-- The planner's own cost of a query as the database is.
CREATE FUNCTION bench.planner_cost(query text) RETURNS float8
LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (FORMAT JSON) ' || query INTO plan;
	RETURN plan -> 0 -> 'Plan' ->> 'Total Cost';
END $$;

-- Figures as readers compare them.
CREATE FUNCTION bench.show_cost(cost float8) RETURNS text
LANGUAGE sql AS $$
	SELECT pg_catalog.to_char(cost, 'FM999,999,999,999,990');
$$;

CREATE FUNCTION bench.show_mb(bytes float8) RETURNS text
LANGUAGE sql AS $$
	SELECT pg_catalog.to_char(bytes / 1048576, 'FM999,990.00');
$$;

-- Queries that the workload consists of: those that finished.
CREATE VIEW bench.workload AS
SELECT q.*
  FROM bench.query q
  JOIN bench.run r ON r.query = q.name
 WHERE r.stage = 'workload'
   AND r.ms IS NOT NULL;

-- Median of the runs of a stage.
CREATE VIEW bench.median AS
SELECT query,
	   stage,
	   pg_catalog.percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS ms
  FROM bench.run
 GROUP BY query, stage;

-- One line per query.
CREATE VIEW bench.by_query AS
SELECT q.number,
	   q.name,
	   w.name IS NOT NULL AS in_workload,
	   pg_catalog.max(c.cost) FILTER (WHERE c.stage = 'before') AS cost_before,
	   pg_catalog.max(c.cost) FILTER (WHERE c.stage = 'what_if') AS cost_what_if,
	   pg_catalog.max(c.cost) FILTER (WHERE c.stage = 'after') AS cost_after,
	   (SELECT m.ms FROM bench.median m WHERE m.query = q.name AND m.stage = 'before') AS ms_before,
	   (SELECT m.ms FROM bench.median m WHERE m.query = q.name AND m.stage = 'after') AS ms_after
  FROM bench.query q
  LEFT JOIN bench.workload w ON w.name = q.name
  LEFT JOIN bench.cost c ON c.query = q.name
 GROUP BY q.number, q.name, w.name;

-- Error of the what-if cost where an index matters at all, that is where it
-- changes the cost of the query, hypothetically or really.
CREATE VIEW bench.error AS
SELECT s.*,
	   pg_catalog.abs(s.cost_what_if - s.cost_built) / s.cost_built AS error
  FROM bench.single s
 WHERE pg_catalog.abs(s.cost_what_if - s.cost_before) > 0.001 * s.cost_before
	OR pg_catalog.abs(s.cost_built - s.cost_before) > 0.001 * s.cost_before;
