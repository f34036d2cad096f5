-- Constants in advised expressions outlive the plans that they were found in.
CREATE SCHEMA index_constants;
SET search_path = index_constants;
CREATE TABLE events AS
SELECT g AS id, 'kind' || g % 5000 AS kind, repeat('x', 100) AS note
  FROM generate_series(1, 20000) g;
ANALYZE events;
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT count(dbadvisor.workload_add(format('SELECT note FROM events WHERE kind || %L = $1', repeat(chr(96 + n), 20 * n)),
									1000 - n, 5)) AS added
  FROM generate_series(1, 10) n;
SELECT substr(definition, strpos(definition, '||') + 4, 5) AS constant,
       length(substring(definition FROM '''(.*)''')) AS length
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0
 ORDER BY 1;

-- In an OR, in a list, in an order.
SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
SELECT count(dbadvisor.workload_add(q, 1000, 5)) AS added
  FROM unnest(ARRAY['SELECT note FROM events WHERE kind || ''first'' = $1 OR kind || ''second'' = $2',
					'SELECT note FROM events WHERE kind || ''third'' IN ($1, $2)',
					'SELECT note FROM events ORDER BY kind || ''fourth'' LIMIT 1']) q;
SELECT substring(definition FROM '''(.*)''') AS constant
  FROM dbadvisor.search_indexes(time_limit => NULL)
 WHERE step > 0
 ORDER BY 1;

SELECT dbadvisor.workload_clear() IS NOT NULL AS cleared;
DROP SCHEMA index_constants CASCADE;
