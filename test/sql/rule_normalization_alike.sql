-- normalization.tables_alike: a period or a key in the names of tables.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_alike;
SET search_path = rule_alike;
SET client_min_messages = warning;
SET jit = off;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE VIEW found AS
SELECT variant, severity, title, detail
  FROM dbadvisor.rule_normalization_tables_alike
 WHERE object_name = 'rule_alike'
 ORDER BY variant;

-- the end of a name
SELECT n, p.* FROM (VALUES ('sales_2021'), ('sales_202103'), ('sales_2021_03'), ('sales_y2021m03'), ('sales_p2021_03_09'), ('sales_2021_q3'), ('sales2021'),
                           ('sales_2021_13'), ('sales_12021'), ('sales'), ('2021'), ('sales_2021_02_30')) v (n)
  LEFT JOIN LATERAL dbadvisor.name_period(n) p ON true;

-- years, by the statistics; one year by a check, with its own keys
CREATE TABLE sales_2021 (id int PRIMARY KEY, made_on date NOT NULL, "Paid at" timestamptz, amount numeric(10, 2) NOT NULL, note text);
CREATE TABLE sales_2022 (LIKE sales_2021 INCLUDING ALL);
CREATE TABLE sales_2023 (note text, id int PRIMARY KEY, made_on date NOT NULL CHECK (made_on >= '2023-01-01' AND made_on < '2024-01-01'), amount numeric(10, 2) NOT NULL, "Paid at" timestamptz);
INSERT INTO sales_2021 SELECT g, date '2021-01-01' + g % 365, timestamptz '2021-12-30 00:00Z' + g * interval '1 minute', g, 'n' FROM generate_series(1, 3000) g;
INSERT INTO sales_2022 SELECT g, date '2022-01-01' + g % 365, timestamptz '2022-12-30 00:00Z' + g * interval '1 minute', g, 'n' FROM generate_series(1, 3000) g;
-- no partition yet, and two tables are no set
CREATE TABLE log_2021_01 (at timestamp NOT NULL, host text, level int, line text);
CREATE TABLE log_2021_02 (LIKE log_2021_01);
-- months whose rows lie elsewhere, or of which nothing is known
CREATE TABLE visit_202101 (id int, at timestamptz, page text, who int);
CREATE TABLE visit_202102 (LIKE visit_202101);
CREATE TABLE visit_202103 (LIKE visit_202101);
INSERT INTO visit_202101 SELECT g, '2021-02-01 00:00Z', 'p', g FROM generate_series(1, 2000) g;
-- columns that differ, identities, policies, periods that overlap
CREATE TABLE wide_2020 (a int, b int, c int, d date, e int, f int, g int, h int, i int, j int);
CREATE TABLE wide_2021 (LIKE wide_2020);
CREATE TABLE wide_2022 (LIKE wide_2020);
ALTER TABLE wide_2022 ADD k int;
CREATE TABLE other_2020 (a int, b int, c int, d date);
CREATE TABLE other_2021 (a int, b int, x int, y date);
CREATE TABLE other_2022 (a int, v int, w int, z date);
CREATE TABLE own_2020 (id int GENERATED ALWAYS AS IDENTITY, b int, c int, d date);
CREATE TABLE own_2021 (LIKE own_2020 INCLUDING IDENTITY);
CREATE TABLE own_2022 (LIKE own_2020 INCLUDING IDENTITY);
CREATE TABLE rls_2020 (id int, b int, c int, d date);
CREATE TABLE rls_2021 (LIKE rls_2020);
CREATE TABLE rls_2022 (LIKE rls_2020);
ALTER TABLE rls_2021 ENABLE ROW LEVEL SECURITY;
CREATE TABLE lap_2020 (id int, b int, c int, d date);
CREATE TABLE lap_2020_06 (LIKE lap_2020);
CREATE TABLE lap_2021 (LIKE lap_2020);
-- partitions and children are none
CREATE TABLE part (id int, b int, c int, d date) PARTITION BY RANGE (d);
CREATE TABLE part_2020 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE part_2021 PARTITION OF part FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE part_2022 PARTITION OF part FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
-- a word: of five customers, each with tables of his own; not of four, and not lists of values
CREATE TABLE customer_base (id int PRIMARY KEY);
SELECT format('CREATE TABLE orders_%1$s (id int PRIMARY KEY, made_at timestamptz, amount numeric, note text);
               CREATE TABLE item_%1$s (id int, order_id int REFERENCES orders_%1$s, sku text, amount int);
               CREATE TABLE %1$s_status (id int PRIMARY KEY, code text, name text, place int);
               INSERT INTO orders_%1$s SELECT g, now(), g, ''n'' FROM generate_series(1, 2500) g;
               INSERT INTO item_%1$s SELECT g, g, ''s'', 1 FROM generate_series(1, 2500) g', n)
  FROM unnest('{acme,globex,hooli,initech,umbrella}'::text[]) n \gexec
CREATE TABLE ref_a (id int, base_id int REFERENCES customer_base, x text, y text);
CREATE TABLE ref_b (id int, base_id int REFERENCES orders_acme, x text, y text);
CREATE TABLE ref_c (id int, base_id int REFERENCES orders_globex, x text, y text);
CREATE TABLE ref_d (id int, base_id int REFERENCES orders_hooli, x text, y text);
CREATE TABLE ref_e (id int, base_id int REFERENCES orders_initech, x text, y text);
INSERT INTO ref_a SELECT g FROM generate_series(1, 20000) g;
DO $$ BEGIN PERFORM pg_stat_force_next_flush(); END $$;
ANALYZE sales_2021, sales_2022, sales_2023, visit_202101, visit_202102, visit_202103;
SELECT format('ANALYZE %I', relname) FROM pg_class WHERE relnamespace = 'rule_alike'::regnamespace AND relkind = 'r' ORDER BY relname \gexec
SELECT * FROM found;

-- what is printed
SELECT evidence, precheck_sql, apply_sql, revert_sql, impact FROM dbadvisor.rule_normalization_tables_alike WHERE variant = 'sales and a period' \gx
SELECT evidence, apply_sql, revert_sql, impact FROM dbadvisor.rule_normalization_tables_alike WHERE variant IN ('item_*', 'wide and a period') ORDER BY variant \gx
-- and does: rows stay where they are, and the parent finds them
SELECT apply_sql, revert_sql, precheck_sql FROM dbadvisor.rule_normalization_tables_alike WHERE variant = 'sales and a period' \gset
:precheck_sql;
:apply_sql;
SELECT count(*), min(made_on), max(made_on), count(DISTINCT tableoid) FROM sales;
SELECT count(*) FROM found WHERE variant = 'sales and a period';
INSERT INTO sales (id, made_on, amount) VALUES (1, '2023-05-05', 7);
SELECT id, made_on FROM sales_2023;
:revert_sql;
SELECT conrelid::regclass, conname FROM pg_constraint WHERE conrelid::regclass::text ~ 'sales_202' AND contype = 'c';
SELECT count(*) FROM found WHERE variant = 'sales and a period';
SELECT apply_sql, revert_sql FROM dbadvisor.rule_normalization_tables_alike WHERE variant = 'wide and a period' \gset
:apply_sql;
\d wide
SELECT count(*) FROM found WHERE variant = 'wide and a period';
:revert_sql;
-- a row out of its year
INSERT INTO sales_2021 VALUES (5000, '2020-12-31', now(), 1, 'n');
:precheck_sql;
-- a name that is taken
CREATE TABLE sales (x int);
SELECT apply_sql ~ '^CREATE TABLE rule_alike.sales_all ' AS other_name FROM dbadvisor.rule_normalization_tables_alike WHERE variant = 'sales and a period';

DROP SCHEMA rule_alike CASCADE;
