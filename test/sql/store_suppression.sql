-- Suppression: by number, by pattern, by comment; for good or until a time.
\set SHOW_CONTEXT never
CREATE SCHEMA store_suppression;
CREATE TABLE store_suppression.orders (id integer);
CREATE TABLE store_suppression.queue (id integer);
CREATE TABLE store_suppression.stock (id integer);
CREATE VIEW dbadvisor.rule_schema_store_suppression AS
SELECT a.*
  FROM pg_class c,
       LATERAL dbadvisor.advice(rule => 'schema.store_suppression', relid => c.oid, title => c.relname) a
 WHERE c.relnamespace = 'store_suppression'::regnamespace
   AND c.relkind = 'r';
SELECT dbadvisor.register_rule('schema.store_suppression', 'A test', 'To hide', 'low');
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;

CREATE FUNCTION store_suppression.id(name text) RETURNS bigint
LANGUAGE sql
RETURN (SELECT finding_id FROM dbadvisor.finding WHERE rule = 'schema.store_suppression' AND title = name);
CREATE VIEW store_suppression.state AS
SELECT title, status, stage, suppressed_reason,
       CASE WHEN suppressed_until IS NULL THEN 'for good' ELSE 'for a time' END AS how_long,
       EXISTS (SELECT FROM dbadvisor.recommendations r WHERE r.finding_id = f.finding_id) AS recommended
  FROM dbadvisor.finding f
 WHERE rule = 'schema.store_suppression'
 ORDER BY title;
SELECT * FROM store_suppression.state;

-- By number; it stays so in the next analysis, until taken back.
SELECT dbadvisor.suppress(store_suppression.id('orders'), 'it is meant so');
SELECT dbadvisor.suppress(store_suppression.id('queue'), 'rebuilt soon', until => now() + interval '1 day');
SELECT * FROM store_suppression.state;
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT * FROM store_suppression.state;
SELECT dbadvisor.unsuppress(store_suppression.id('orders'));
SELECT * FROM store_suppression.state;

-- Once its time is over it is recommended again at once, and open with the
-- next analysis.
UPDATE dbadvisor.suppression SET until = now() - interval '1 second';
UPDATE dbadvisor.finding SET suppressed_until = now() - interval '1 second' WHERE suppressed_until IS NOT NULL;
SELECT title, status, recommended FROM store_suppression.state WHERE title = 'queue';
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT title, status, recommended FROM store_suppression.state WHERE title = 'queue';
SELECT dbadvisor.unsuppress(store_suppression.id('queue'));

-- Its life goes on beneath: gone and back without being shown.
SELECT dbadvisor.suppress(store_suppression.id('stock'), 'quiet');
DROP TABLE store_suppression.stock;
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT title, status, stage FROM store_suppression.state WHERE title = 'stock';
CREATE TABLE store_suppression.stock (id integer);
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT title, status, stage FROM store_suppression.state WHERE title = 'stock';
SELECT dbadvisor.unsuppress(store_suppression.id('stock'));

-- By pattern: for findings there are, and for those to come.
SELECT dbadvisor.suppress('schema.store_*', 'store_suppression.*ue*', 'queues are left alone') AS hidden_now;
SELECT title, status, suppressed_reason FROM store_suppression.state;
CREATE TABLE store_suppression.queue2 (id integer);
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT title, status, suppressed_reason FROM store_suppression.state;
-- by number and by pattern: one taken back leaves the other
SELECT dbadvisor.suppress(store_suppression.id('queue'), 'this one too', now() + interval '1 day');
\set VERBOSITY sqlstate
SELECT dbadvisor.unsuppress(store_suppression.id('queue'));
\set VERBOSITY default
SELECT title, status, suppressed_reason FROM store_suppression.state WHERE title = 'queue';
SELECT dbadvisor.unsuppress('schema.store_*', 'store_suppression.*ue*');
SELECT title, status, suppressed_reason FROM store_suppression.state;

-- By comment.  A date that has passed or is none does not count.
COMMENT ON TABLE store_suppression.orders IS
E'Orders of the shop.\ndbadvisor:ignore schema.store_suppression until 2999-12-31: migrated later';
COMMENT ON TABLE store_suppression.queue IS 'dbadvisor:ignore schema.*: rows live for seconds';
COMMENT ON TABLE store_suppression.queue2 IS 'dbadvisor:ignore schema.store_suppression until 2001-01-01: long ago';
COMMENT ON TABLE store_suppression.stock IS 'dbadvisor:ignore schema.store_suppression until 2999-02-31: no such day';
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT * FROM store_suppression.state;
SELECT status, notes FROM dbadvisor.rule_run WHERE rule = 'schema.store_suppression' ORDER BY run_id DESC LIMIT 1;
\set VERBOSITY sqlstate
SELECT dbadvisor.unsuppress(store_suppression.id('orders'));
\set VERBOSITY default
COMMENT ON TABLE store_suppression.orders IS NULL;
COMMENT ON TABLE store_suppression.queue IS 'dbadvisor:ignore index.missing: another rule';
COMMENT ON TABLE store_suppression.queue2 IS 'dbadvisor:ignore schema.store_suppression';
COMMENT ON TABLE store_suppression.stock IS 'dbadvisor:ignore schema.store_suppression until tomorrow: not a date';
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT title, status FROM store_suppression.state;
SELECT status, notes FROM dbadvisor.rule_run WHERE rule = 'schema.store_suppression' ORDER BY run_id DESC LIMIT 1;

-- While nothing much has changed: silent up to a fifth, not beyond, silent again when it
-- is as it was.
COMMENT ON TABLE store_suppression.queue IS NULL;
COMMENT ON TABLE store_suppression.queue2 IS NULL;
COMMENT ON TABLE store_suppression.stock IS NULL;
CREATE TABLE store_suppression.figure (rows bigint, bytes bigint);
INSERT INTO store_suppression.figure VALUES (1000, 5000);
CREATE OR REPLACE VIEW dbadvisor.rule_schema_store_suppression AS
SELECT a.*
  FROM pg_class c,
       store_suppression.figure f,
       LATERAL dbadvisor.advice(rule => 'schema.store_suppression', relid => c.oid, title => c.relname,
                                evidence => jsonb_build_object('rows', f.rows, 'why', 'as is'), benefit_bytes => f.bytes) a
 WHERE c.relnamespace = 'store_suppression'::regnamespace
   AND c.relname = 'stock';
SELECT dbadvisor.analyze('{schema}') > 0 AS ran;
SELECT dbadvisor.suppress(store_suppression.id('stock'), 'small enough', max_change => 0.2);
SELECT max_change, figures FROM dbadvisor.suppression WHERE reason = 'small enough';
CREATE FUNCTION store_suppression.with_figures(new_rows bigint, new_bytes bigint) RETURNS TABLE (rows bigint, bytes bigint, status text, recommended boolean)
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE store_suppression.figure f SET rows = new_rows, bytes = new_bytes;
    PERFORM dbadvisor.analyze('{schema}');
    RETURN QUERY SELECT new_rows, new_bytes, s.status, s.recommended FROM store_suppression.state s WHERE s.title = 'stock';
END $$;
SELECT * FROM store_suppression.with_figures(1000, 5000);
SELECT * FROM store_suppression.with_figures(1200, 4000);
SELECT * FROM store_suppression.with_figures(1201, 5000);
SELECT * FROM store_suppression.with_figures(1000, 3999);
SELECT * FROM store_suppression.with_figures(1000, 5000);
SELECT dbadvisor.suppress(store_suppression.id('stock'), 'whatever it grows to');
SELECT * FROM store_suppression.with_figures(9000, 90000);
SELECT dbadvisor.suppress(store_suppression.id('stock'), 'no share', max_change => 0);

-- What is refused.
SELECT dbadvisor.suppress(0, 'no such finding');
SELECT dbadvisor.unsuppress(0);
SELECT dbadvisor.suppress(store_suppression.id('orders'), ' ');
SELECT dbadvisor.suppress(store_suppression.id('orders'), NULL);
\set VERBOSITY sqlstate
SELECT dbadvisor.suppress(store_suppression.id('orders'), 'too late', now() - interval '1 day');
SELECT dbadvisor.unsuppress(store_suppression.id('orders'));
\set VERBOSITY default
SELECT dbadvisor.suppress('schema.no_such*', '*', 'no such rule');
SELECT dbadvisor.unsuppress('schema.store_*', 'store_suppression.*ue*');

-- Clean up.
DROP VIEW dbadvisor.rule_schema_store_suppression;
DELETE FROM dbadvisor.rule WHERE rule = 'schema.store_suppression';
DELETE FROM dbadvisor.finding;
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DROP SCHEMA store_suppression CASCADE;
