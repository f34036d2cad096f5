-- Columns that a formula gives: what fires and what is near.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_computed;
SET search_path = rule_computed;
SET client_min_messages = warning;
SET jit = off;

-- A product, a sum of texts, a part of a date, a day later; not: with another result in
-- some rows, generated, of a name that says nothing, few values.
CREATE TABLE bill (
	id int PRIMARY KEY, quantity int, price numeric(10,2), tax_total numeric(12,2), net_total numeric(12,2), paid numeric(12,2),
	gross_total numeric(14,2) GENERATED ALWAYS AS (quantity * price) STORED,
	first_name text, last_name text, full_name text, made_at timestamp, made_month int, due_date date, days int, no_year int, seldom_year int) WITH (autovacuum_enabled = off);
INSERT INTO bill (id, quantity, price, tax_total, net_total, paid, first_name, last_name, full_name, made_at, made_month, due_date, days, no_year, seldom_year)
SELECT g, q, p, q * p + (g % 50 = 0)::int, q * p, q * p, f, l, f || ' ' || l, t, extract(month FROM t), t::date + d, d, 1990 + g * 31 % 30, 2026
  FROM (SELECT g, 1 + g * 7919 % 23 AS q, (1 + g * 104729 % 9973) / 100.0 AS p, 'First' || g % 37 AS f, 'Last' || g % 41 AS l,
               date '2026-01-01' + (g % 300) AS t, 7 + g % 20 AS d FROM generate_series(1, 3000) g) s;
CREATE TABLE short AS SELECT * FROM bill WHERE id <= 500;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE bill, short;
SELECT object_name, severity, title, detail FROM dbadvisor.rule_normalization_column_computed WHERE object_name LIKE 'rule\_computed.%' ORDER BY 1;
SELECT precheck_sql FROM dbadvisor.rule_normalization_column_computed WHERE object_name = 'rule_computed.bill.net_total' \gset
:precheck_sql;
UPDATE bill SET net_total = net_total + 1 WHERE id = 2999;
:precheck_sql;

-- What is not looked at is said.
SELECT dbadvisor.set_rule('normalization.column_computed', thresholds => '{"max_columns": 1}');
SELECT variant, detail ~ '^\d+ columns of smaller tables were not tried$' AS said FROM dbadvisor.rule_normalization_column_computed WHERE object_type = 'rule';
DELETE FROM dbadvisor.rule_setting WHERE rule = 'normalization.column_computed';

DROP SCHEMA rule_computed CASCADE;
