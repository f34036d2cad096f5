-- Predicted against real cost of statements on a partitioned table; run by
-- partition.sh, which sets rows, interval and runs.
SET timezone = 'UTC';
-- what is compared is the pricing, not two samples of the same rows
SET default_statistics_target = 3000;
CREATE TABLE event (
	id bigint NOT NULL,
	tenant integer NOT NULL,
	at timestamp NOT NULL,
	status text NOT NULL,
	amount numeric NOT NULL,
	note text NOT NULL
);
-- tenants of different size, mostly done, over two years
INSERT INTO event
SELECT i, (1000 * random() ^ 2)::integer,
	   timestamp '2024-01-01' + i * (interval '730 days' / :rows) + random() * interval '1 hour',
	   CASE WHEN random() < 0.97 THEN 'done' ELSE 'open' END,
	   round((random() * 1000)::numeric, 2), repeat('x', 20 + (random() * 40)::integer)
  FROM generate_series(0, :rows - 1) i;

CREATE TABLE account AS
SELECT i AS tenant, 'tenant ' || i AS name FROM generate_series(0, 1000) i;
ALTER TABLE account ADD PRIMARY KEY (tenant);

-- The indexes that both tables have; %1$s is the table.
CREATE TABLE bench.index (definition text);
INSERT INTO bench.index VALUES
	('ALTER TABLE %1$s ADD PRIMARY KEY (id, at)'),
	('CREATE INDEX ON %1$s (at)'),
	('CREATE INDEX ON %1$s (tenant, at)'),
	('CREATE INDEX ON %1$s (at) WHERE status = ''open''');
SELECT format(definition, 'event') FROM bench.index \gexec
VACUUM (ANALYZE) event, account;

-- The statements, on either table.
CREATE TABLE bench.statement (number serial, name text, text text, lowest float8, highest float8, before float8, predicted float8, actual float8, ms_before float8, ms_predicted float8, ms_after float8);
INSERT INTO bench.statement (name, text) VALUES
	('week, count', 'SELECT count(*) FROM %1$s WHERE at >= ''2025-03-03'' AND at < ''2025-03-10'''),
	('month, sum', 'SELECT sum(amount) FROM %1$s WHERE at >= ''2025-03-01'' AND at < ''2025-04-01'''),
	('quarter, by tenant', 'SELECT tenant, sum(amount) FROM %1$s WHERE at >= ''2025-01-01'' AND at < ''2025-04-01'' GROUP BY tenant'),
	('tenant and week', 'SELECT * FROM %1$s WHERE tenant = 700 AND at >= ''2025-03-03'' AND at < ''2025-03-10'''),
	('tenant, newest 20', 'SELECT * FROM %1$s WHERE tenant = 700 ORDER BY at DESC LIMIT 20'),
	('id', 'SELECT * FROM %1$s WHERE id = 4711'),
	('id and time', 'SELECT * FROM %1$s WHERE id = 4711 AND at = ''2024-02-01 12:00'''),
	('tenant, count', 'SELECT count(*) FROM %1$s WHERE tenant = 700'),
	('open in a month', 'SELECT * FROM %1$s WHERE status = ''open'' AND at >= ''2025-03-01'' AND at < ''2025-04-01'''),
	('all, sum', 'SELECT sum(amount) FROM %1$s'),
	('done in a month', 'SELECT sum(amount) FROM %1$s WHERE status = ''done'' AND at >= ''2025-03-01'' AND at < ''2025-04-01'''),
	('newest 50 since', 'SELECT * FROM %1$s WHERE at >= ''2025-11-01'' ORDER BY at DESC LIMIT 50'),
	('join with accounts', 'SELECT a.name, sum(e.amount) FROM %1$s e JOIN account a USING (tenant) WHERE e.at >= ''2025-02-01'' AND e.at < ''2025-03-01'' GROUP BY a.name'),
	('join with itself', 'SELECT count(*) FROM %1$s a JOIN %1$s b ON a.id = b.id AND a.at = b.at WHERE a.at >= ''2025-02-01'' AND a.at < ''2025-03-01'''),
	('latest of all', 'SELECT max(at) FROM %1$s'),
	('latest of a tenant', 'SELECT max(at) FROM %1$s WHERE tenant = 700'),
	('distinct tenants', 'SELECT count(DISTINCT tenant) FROM %1$s WHERE at >= ''2025-01-01'' AND at < ''2025-04-01'''),
	('one day, sorted', 'SELECT * FROM %1$s WHERE at >= ''2025-03-03'' AND at < ''2025-03-04'' ORDER BY amount'),
	('since, not the newest', 'SELECT sum(amount) FROM %1$s WHERE at < ''2024-07-01'' AND tenant < 50'),
	('expire', 'DELETE FROM %1$s WHERE at < ''2024-02-01'''),
	('change one', 'UPDATE %1$s SET status = ''done'' WHERE id = 4711 AND at = ''2024-02-01 12:00'''),
	('change by id', 'UPDATE %1$s SET status = ''done'' WHERE id = 4711');

-- How far costs differ by the sample alone: with the same rows, analyzed anew.
CREATE PROCEDURE bench.sample(times integer)
LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. times LOOP
		ANALYZE event;
		UPDATE bench.statement s
		   SET lowest = LEAST(s.lowest, c.cost),
			   highest = GREATEST(s.highest, c.cost)
		  FROM (SELECT b.number, (dbadvisor.what_if(format(b.text, 'event'))).cost_before AS cost
				  FROM bench.statement b) c
		 WHERE c.number = s.number;
	END LOOP;
END;
$$;
CALL bench.sample(5);

-- Milliseconds of the processor that the session has had, so that what else runs
-- on the machine hardly counts; of the clock, where the kernel does not tell.
CREATE FUNCTION bench.processor_ms() RETURNS float8
LANGUAGE sql VOLATILE AS $$
	SELECT coalesce(split_part(pg_read_file('/proc/self/schedstat', 0, 100, true), ' ', 1)::float8 / 1e6,
					1000 * EXTRACT(epoch FROM clock_timestamp()));
$$;
-- The least of some runs of each query, rolled back; the queries take turns, so
-- that what else the machine does hits all of them.  The kernel counts in ticks, so
-- what takes less than 50 ms is measured by the clock.
CREATE FUNCTION bench.least_ms(queries text[], runs integer) RETURNS float8[]
LANGUAGE plpgsql AS $$
DECLARE
	processor float8[];
	clock float8[];
	started_processor float8;
	started timestamptz;
BEGIN
	FOR i IN 1 .. runs LOOP
		FOR n IN 1 .. cardinality(queries) LOOP
			BEGIN
				started_processor := bench.processor_ms();
				started := clock_timestamp();
				EXECUTE queries[n];
				clock[n] := LEAST(clock[n], 1000 * EXTRACT(epoch FROM clock_timestamp() - started));
				processor[n] := LEAST(processor[n], bench.processor_ms() - started_processor);
				RAISE EXCEPTION 'roll back' USING ERRCODE = 'triggered_action_exception';
			EXCEPTION WHEN triggered_action_exception THEN
				NULL;
			END;
		END LOOP;
	END LOOP;
	RETURN (SELECT array_agg(CASE WHEN p < 50 THEN c ELSE p END ORDER BY o)
			  FROM unnest(processor, clock) WITH ORDINALITY u (p, c, o));
END;
$$;
-- every scan from the start of the table, and rows in the order of the table, as a
-- migration keeps it: a scan of a large table may start in its middle, where
-- another one has got to
SET synchronize_seqscans = off;

-- The same rows in partitions.
CREATE TABLE event_parts (LIKE event) PARTITION BY RANGE (at);
SELECT format('CREATE TABLE event_part_%s PARTITION OF event_parts FOR VALUES FROM (%s) TO (%s)', n,
			  coalesce(quote_literal(lag(b) OVER (ORDER BY n)), 'MINVALUE'), coalesce(quote_literal(b), 'MAXVALUE'))
  FROM unnest(dbadvisor.partition_bounds('event', 'at', 'range', :'interval', NULL) || NULL::text) WITH ORDINALITY u (b, n)
\gexec
INSERT INTO event_parts SELECT * FROM event;
SELECT format(definition, 'event_parts') FROM bench.index \gexec
VACUUM (ANALYZE) event_parts;
UPDATE bench.statement SET actual = (dbadvisor.what_if(format(text, 'event_parts'))).cost_before;

-- What the statements take on both.
UPDATE bench.statement
   SET (ms_before, ms_after) = (SELECT ms[1], ms[2]
								  FROM bench.least_ms(ARRAY[format(text, 'event'), format(text, 'event_parts')], :runs) ms);

-- Predict, from the table as it was and what the statements take on it.
SELECT count(dbadvisor.workload_add(format(text, 'event'), 1, ms_before))
  FROM bench.statement \g /dev/null
SELECT pg_current_wal_insert_lsn() AS lsn \gset
\timing on
\echo pricing:
CREATE TEMP TABLE priced AS
SELECT * FROM dbadvisor.what_if_partitioning('event', 'at', 'range', :'interval');
\timing off
SELECT 'WAL of pricing and its results: ' || pg_size_pretty(pg_current_wal_insert_lsn() - :'lsn'::pg_lsn);
UPDATE bench.statement s
   SET before = p.cost_before, predicted = p.cost_after,
	   ms_predicted = CASE WHEN s.ms_before IS NOT NULL THEN p.ms_after END
  FROM priced p
 WHERE p.query = format(s.text, 'event');

\pset format aligned
\pset tuples_only off
\pset footer off
SELECT name, round(before::numeric, 1) AS cost, round(predicted::numeric, 1) AS predicted, round(actual::numeric, 1) AS actual,
	   round((predicted / actual)::numeric, 3) AS ratio, round(ms_before::numeric, 2) AS ms, round(ms_predicted::numeric, 2) AS ms_predicted,
	   round(ms_after::numeric, 2) AS ms_partitioned,
	   CASE WHEN ms_before > 50 THEN round(exp(abs(ln(ms_predicted / ms_after)))::numeric, 2) END AS of_time,
	   CASE WHEN ms_before > 50 THEN round(exp(abs(ln(predicted / before * ms_before / ms_after)))::numeric, 2) END AS of_time_by_cost
  FROM bench.statement
 ORDER BY number;
-- A change that is less than two percent, or than the sample alone makes, has no sign.
SELECT count(*) AS statements,
	   round(exp(avg(abs(ln(predicted / actual))))::numeric, 3) AS geometric_mean_error,
	   round(exp(max(abs(ln(predicted / actual))))::numeric, 3) AS worst_error,
	   count(*) FILTER (WHERE sign(actual - before) = sign(predicted - before)
						   OR abs(ln(actual / before)) < noise AND abs(ln(predicted / before)) < GREATEST(noise, 0.05)) AS sign_right,
	   string_agg(name || ' ' || round(100 * noise::numeric, 1) || ' %', ', ' ORDER BY number) FILTER (WHERE noise > 0.02) AS sample_makes
  FROM (SELECT s.*, GREATEST(0.02, ln(highest / lowest)) AS noise FROM bench.statement s) s;
-- The time of those that take more than 50 ms.
SELECT count(*) AS statements_over_50_ms,
	   round(exp(avg(abs(ln(ms_predicted / ms_after))))::numeric, 3) AS geometric_mean_error,
	   round(exp(max(abs(ln(ms_predicted / ms_after))))::numeric, 3) AS worst_error,
	   count(*) FILTER (WHERE abs(ln(ms_predicted / ms_after)) <= ln(1.3)) AS within_1_3
  FROM bench.statement
 WHERE ms_before > 50;
