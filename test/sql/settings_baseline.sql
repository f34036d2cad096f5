-- settings_baseline() for the seven example machines of PGTune: what the machine
-- decides agrees within a quarter, and nothing is printed that the server would refuse.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
LOAD 'dbadvisor';
\getenv abs_srcdir PG_ABS_SRCDIR
\set pgtune :abs_srcdir '/fixture/pgtune.sql'
\i :pgtune
SELECT o.setting,
	   string_agg(o.value, ' ' ORDER BY o.id) AS ours,
	   bool_and(pg_size_bytes(o.value) BETWEEN 0.75 * pg_size_bytes(p.printed[o.id]) AND 1.25 * pg_size_bytes(p.printed[o.id])) AS agrees
  FROM ours o
  JOIN pgtune p ON p.setting = o.setting
 WHERE o.setting IN ('shared_buffers', 'effective_cache_size')
   -- a desktop shares its memory with others, which is set by dbadvisor.host_memory
   AND o.id <> 5
 GROUP BY o.setting
 ORDER BY o.setting;
SELECT o.id, o.setting, o.value, p.printed[o.id] AS pgtune
  FROM ours o JOIN pgtune p ON p.setting = o.setting
 WHERE o.setting IN ('work_mem', 'maintenance_work_mem', 'max_worker_processes', 'max_parallel_workers')
 ORDER BY o.setting, o.id;
-- each is said why
SELECT count(*) AS settings, count(*) FILTER (WHERE o.remark IS NULL) AS unexplained, count(*) FILTER (WHERE p.setting IS NULL) AS not_compared
  FROM ours o LEFT JOIN pgtune p ON p.setting = o.setting;
-- rules that are named exist
SELECT DISTINCT r[1] FROM ours o, regexp_matches(o.remark, '\m(?:settings|statistics|architecture|query)\.[a-z_]+', 'g') r
 WHERE NOT EXISTS (SELECT FROM dbadvisor.rule u WHERE u.rule = r[1]);
-- the server takes them all
SELECT o.id, o.setting, o.value, k.problem FROM ours o CROSS JOIN LATERAL dbadvisor.setting_check(o.setting, o.value) k WHERE k.problem IS NOT NULL;
-- a machine that is too small for its connections
SET dbadvisor.host_memory = '1GB';
SET dbadvisor.host_cores = 1;
SELECT setting, value, remark FROM dbadvisor.settings_baseline(200) WHERE setting = 'work_mem';
-- storage of which nothing is known stays at the default
SET dbadvisor.host_storage = 'hdd';
SELECT setting, value FROM dbadvisor.settings_baseline() WHERE setting = 'random_page_cost';
