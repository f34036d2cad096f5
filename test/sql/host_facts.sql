-- What the machine gives: limits of control groups of both versions, in folders
-- that look like a machine, and the real one.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv abs_srcdir PG_ABS_SRCDIR
\set root :abs_srcdir '/fixture/host/'
CREATE VIEW pg_temp.told AS
SELECT m.machine, f.fact, f.value, f.unit, replace(f.source, :'root' || m.machine, '') AS source, f.confidence
  FROM unnest(ARRAY['v2', 'v1', 'unlimited', 'namespace', 'broken', 'missing']) m (machine)
 CROSS JOIN LATERAL dbadvisor.host_facts(:'root' || m.machine) f
 WHERE f.object = '';

-- the limit of a group around the own one counts; version 1 shows a container its
-- own group as the root; "no limit" of version 1 is no number of bytes
SELECT machine, fact, value, unit, source, confidence FROM pg_temp.told
 WHERE fact IN ('memory_total', 'memory_limit', 'memory', 'cores_limit')
 ORDER BY machine, fact;
-- the cores themselves are those of the machine that runs this
SELECT machine, value::numeric <= 1.5 AS limited FROM pg_temp.told WHERE fact = 'cores' AND machine IN ('v1', 'v2') ORDER BY 1;
SELECT machine, fact, value, unit FROM pg_temp.told
 WHERE fact IN ('huge_pages_total', 'huge_pages_free', 'huge_page_size', 'virtual_machine', 'memory_available') AND machine IN ('v2', 'v1')
 ORDER BY machine, fact;

-- settings override what is wrong
SET dbadvisor.host_memory = '3GB';
SET dbadvisor.host_cores = 7;
SET dbadvisor.host_storage = 'ssd';
SELECT fact, value, unit, source, confidence FROM dbadvisor.host WHERE fact IN ('memory', 'cores') ORDER BY 1;
SELECT DISTINCT value, source, confidence FROM dbadvisor.host WHERE fact = 'rotational';
SET dbadvisor.host_storage = 'tape';
RESET dbadvisor.host_memory;
RESET dbadvisor.host_cores;
RESET dbadvisor.host_storage;

-- the real machine: each place has its file system, and what is free fits in
SELECT object, bool_or(fact = 'filesystem') AS has_kind, bool_or(fact = 'device') AS has_device,
	   max(value::numeric) FILTER (WHERE fact = 'free') BETWEEN 0 AND max(value::numeric) FILTER (WHERE fact = 'size') AS fits
  FROM dbadvisor.host WHERE object IN ('data_directory', 'pg_wal') GROUP BY 1 ORDER BY 1;
SELECT dbadvisor.host_number('memory') > 0 AS memory, dbadvisor.host_number('cores') > 0 AS cores,
	   dbadvisor.host_number('nothing') IS NULL AS unknown;
SELECT wal_bytes >= 16777216 AS has_wal, free_bytes <= size_bytes AS fits FROM dbadvisor.wal_disk();
SELECT count(*) FROM dbadvisor.host WHERE confidence NOT BETWEEN 0 AND 1 OR source IS NULL;

-- a member of pg_monitor sees all of it, but no other root
CREATE ROLE host_facts_monitor IN ROLE pg_monitor, dbadvisor_reader;
SET ROLE host_facts_monitor;
SELECT count(*) > 10 AS sees FROM dbadvisor.host;
SELECT wal_bytes > 0 AS sees_wal FROM dbadvisor.wal_disk();
SELECT count(*) FROM dbadvisor.host_facts('/tmp');
RESET ROLE;
DROP ROLE host_facts_monitor;
-- a reader without pg_monitor is not told how much WAL there is
CREATE ROLE host_facts_reader IN ROLE dbadvisor_reader;
SET ROLE host_facts_reader;
SELECT wal_bytes, free_bytes > 0 AS free FROM dbadvisor.wal_disk();
RESET ROLE;
DROP ROLE host_facts_reader;
