-- what_if_workload(): the cost of every statement of the workload
CREATE SCHEMA whatif_workload;
SET search_path = whatif_workload, public;
CREATE TABLE wl_orders AS
SELECT i AS id, i % 100 AS customer, i % 7 AS status
  FROM generate_series(1, 5000) i;
CREATE TABLE wl_gone (id int);
ANALYZE wl_orders;
SELECT count(dbadvisor.workload_add(query, 100, 2))
  FROM (VALUES ('SELECT * FROM wl_orders WHERE customer = 5'),
               ('UPDATE wl_orders SET status = 1 WHERE customer = $1'),
               ('SELECT status, count(*) FROM wl_orders GROUP BY status'),
               ('SELECT * FROM wl_gone')) v(query);
DROP TABLE wl_gone;

SELECT query, calls, cost_after < cost_before AS cheaper, indexes_used, reason
  FROM dbadvisor.what_if_workload(ARRAY['CREATE INDEX ON wl_orders (customer)'])
 WHERE query ~ '^(SELECT|UPDATE) .*wl_(orders|gone)'
 ORDER BY query COLLATE "C";
-- an empty configuration changes nothing
SELECT bool_and(cost_after = cost_before) AS same
  FROM dbadvisor.what_if_workload()
 WHERE reason IS NULL;
-- the definitions are checked like those of what_if()
SELECT * FROM dbadvisor.what_if_workload(ARRAY['CREATE INDEX ON missing (id)']);

SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
DROP SCHEMA whatif_workload CASCADE;
