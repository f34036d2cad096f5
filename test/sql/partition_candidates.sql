-- partition_candidates(): keys told from statements and catalog
CREATE SCHEMA partition_candidates;
SET search_path = partition_candidates;
SELECT dbadvisor.workload_clear() >= 0 AS cleared;

CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY, tenant int NOT NULL, at timestamptz NOT NULL, state text,
                    day date GENERATED ALWAYS AS (date '2024-01-01') STORED, number int NOT NULL, mail text NOT NULL);
INSERT INTO event (tenant, at, state, number, mail)
SELECT i % 500, timestamptz '2024-01-01' + i * interval '35 minutes', CASE i % 3 WHEN 0 THEN 'new' ELSE 'done' END, i, 'm' || i
  FROM generate_series(1, 30000) i;
ALTER TABLE event ADD PRIMARY KEY (id);
CREATE TABLE part (event bigint REFERENCES event, amount int);
CREATE TABLE log (at timestamp NOT NULL, level int NOT NULL, text text);
INSERT INTO log SELECT timestamp '2024-01-01' + i * interval '1 minute', i % 5, 'x' FROM generate_series(1, 20000) i;
VACUUM ANALYZE event, part, log;
SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;

SELECT count(dbadvisor.workload_add(query, 100, 10))
  FROM (VALUES
        ('SELECT * FROM event WHERE at >= $1 AND at < $2'),
        ('SELECT * FROM event WHERE at > now() - interval ''1 day'''),
        ('DELETE FROM event WHERE at < $1'),
        ('SELECT * FROM event WHERE state = $1'),
        ('SELECT * FROM event WHERE day = $1'),
        ('SELECT * FROM event WHERE number > $1'),
        ('UPDATE event SET number = 1 WHERE id = $1'),
        ('SELECT * FROM event e JOIN part p ON p.event = e.id'),
        -- no partition can be left out by these
        ('SELECT * FROM event WHERE tenant + 1 = $1'),
        ('SELECT * FROM event WHERE at::date = $1'),
        ('SELECT * FROM log WHERE level = $1'),
        ('SELECT * FROM log WHERE at BETWEEN $1 AND $2')) v (query);

-- the best first; what forbids and what must be changed is told
\x on
SELECT key, strategy, "interval", partitions, vetoes, notes, expires, use ->> 'statements' AS statements
  FROM dbadvisor.partition_candidates('event');
SELECT key, strategy, "interval", partitions, vetoes, notes, expires, use ->> 'statements' AS statements
  FROM dbadvisor.partition_candidates('log');
\x off

-- without the reference the unique key by a sequence is only extended
DROP TABLE part;
SELECT key, vetoes, notes FROM dbadvisor.partition_candidates('event') LIMIT 1;
-- but one that comes from outside would be lost
CREATE UNIQUE INDEX ON event (mail);
SELECT key, vetoes, notes FROM dbadvisor.partition_candidates('event') LIMIT 1;

-- The interval: by growth and by the time that rows are kept.
SELECT name, t.*
  FROM (VALUES ('1 GB a day', 365, 1e9, 1e-3), ('1 MB a day', 3650, 1e6, 1e-3), ('200 years', 73000, 1e9, 1e-5)) v (name, days, bytes, share),
       LATERAL dbadvisor.time_interval(days, bytes, share, 1000) t;
SELECT name, t.*
  FROM (VALUES ('a billion, 1 TB', 1e9, 1e12), ('seven hundred', 700, 1e6)) v (name, span, bytes),
       LATERAL dbadvisor.number_step(span, bytes::bigint, 100) t;
-- more indexes, fewer partitions
SELECT dbadvisor.partition_limit(1) >= dbadvisor.partition_limit(30) AS fewer, dbadvisor.partition_limit(1000) AS least;

-- told on a standby and in a read-only transaction, too
BEGIN READ ONLY;
SELECT key FROM dbadvisor.partition_candidates('log') LIMIT 1;
SELECT verdict, key, strategy, proof, reasons FROM dbadvisor.recommend_partitioning('log');
ROLLBACK;

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA partition_candidates CASCADE;
