-- Rules of modeling: for each a case that fires and near misses.
\set SHOW_CONTEXT never
CREATE SCHEMA rule_modeling;
SET search_path = rule_modeling;
SET client_min_messages = warning;
SET jit = off;
CREATE FUNCTION found(name text) RETURNS TABLE (object text, variant text, severity text, title text)
LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT object_name, r.variant, r.severity, r.title FROM dbadvisor.rule_normalization_%s r
                                  WHERE object_name LIKE ''rule\_modeling%%'' ORDER BY 1, 2', name);
END $$;

-- Lists, also where there are few; not: prose, names of two parts, few of them as well,
-- numbers with thousands, JSON, arrays.
CREATE TABLE li1 (id int PRIMARY KEY, tags text, ids text, semi varchar, prose text, pair text, place text, roles text, money text, doc text, arr text) WITH (autovacuum_enabled = off);
INSERT INTO li1 SELECT g, CASE WHEN g % 4 > 0 THEN array_to_string((ARRAY['red', 'green', 'blue', 'old', 'new'])[1 + g % 3 : 3 + g % 7 % 3], ',') ELSE 'red' END,
       (SELECT string_agg((h * g % 50)::text, ',') FROM generate_series(1, 1 + g % 5) h),
       'a' || g % 9 || CASE WHEN g % 2 = 0 THEN ';b' || g % 7 ELSE '' END,
       'Well, it is, as said, number ' || g % 90, 'Last' || g % 20 || ',First' || g % 30,
       (ARRAY['Bonn,Germany', 'Cologne,Germany', 'Rome,Italy', 'Turin,Italy'])[1 + g % 4],
       (ARRAY['buyer', 'buyer,news', 'buyer,news,beta', 'buyer,admin'])[1 + g % 4],
       to_char(g * 1003, 'FM999,999,999'), '["a","b",' || g % 30 || ']', '{1,2,' || g % 40 || '}'
  FROM generate_series(1, 3000) g;
CREATE TABLE li2 AS SELECT id, tags FROM li1 WHERE id <= 100;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE li1, li2;
SELECT * FROM found('list_in_text');
SELECT evidence - 'parts_per_distinct_part' AS evidence FROM dbadvisor.rule_normalization_list_in_text WHERE object_name = 'rule_modeling.li1.semi';

-- Repeating groups, more than quarters, with names behind the number; not: quarters, lines of an address, hashes, other types, two only, what differs.
CREATE TABLE rg1 (id int PRIMARY KEY, phone1 text, phone2 text, phone3 text, tag_1 int, tag_2 int, tag_3 int, q1 int, q2 int, q3 int,
                  address_line1 text, address_line2 text, address_line3 text, md5 text, mix1 int, mix2 text, mix3 int,
                  two1 int, two2 int, hobby1 text, hobby2 text, hobby3 text, num1 int, num2 int, num3 int,
                  answer_q1 int, answer_q2 int, answer_q3 int, answer_q4 int, answer_q5 int,
                  child1_name text, child2_name text, child3_name text, level1_name text, level2_name text, level3_name text) WITH (autovacuum_enabled = off);
INSERT INTO rg1 SELECT g, 'p' || g, CASE WHEN g % 3 = 0 THEN 'p' || g END, CASE WHEN g % 20 = 0 THEN 'p' || g END,
       g % 20, (g + 1) % 20, (g + 2) % 20, g % 20, g % 20, g % 20,
       'l' || g, CASE WHEN g % 3 = 0 THEN 'p' || g END, CASE WHEN g % 20 = 0 THEN 'p' || g END, md5(g::text), 1, 'a', 1,
       g % 20, g % 20, CASE WHEN g % 8 = 0 THEN 'h' || g % 3 END, NULL, NULL, g % 20, 100 + g % 20, 200 + g % 20,
       g % 5, (g + 1) % 5, (g + 2) % 5, (g + 3) % 5, (g + 4) % 5,
       CASE WHEN g % 4 = 0 THEN 'c' || g END, CASE WHEN g % 8 = 0 THEN 'c' || g END, CASE WHEN g % 40 = 0 THEN 'c' || g END, 'l' || g % 9, 'l' || g % 9, 'l' || g % 9
  FROM generate_series(1, 2000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE rg1;
SELECT * FROM found('repeating_group');
SELECT evidence FROM dbadvisor.rule_normalization_repeating_group WHERE variant = 'phone' AND object_name = 'rule_modeling.rg1';

-- Entity, attribute, value, the entity by a key of both or by a foreign key; not:
-- settings, translations, measurements, what is wider, what says of nothing.
CREATE TABLE blog_posts (id int PRIMARY KEY);
INSERT INTO blog_posts SELECT generate_series(0, 300);
CREATE TABLE ea1 (product_id int, attribute_name text, value text, PRIMARY KEY (product_id, attribute_name)) WITH (autovacuum_enabled = off);
INSERT INTO ea1 SELECT g / 10, 'attribute ' || g % 10, g FROM generate_series(1, 3000) g;
CREATE TABLE ea2 (setting_key text PRIMARY KEY, n int, value text);
INSERT INTO ea2 SELECT 'k' || g, g, g FROM generate_series(1, 3000) g;
CREATE TABLE ea3 (item_id int, locale text, value text, PRIMARY KEY (item_id, locale));
INSERT INTO ea3 SELECT g / 10, 'l' || g % 10, g FROM generate_series(1, 3000) g;
CREATE TABLE ea4 (sensor_id int, metric_name text, value double precision, PRIMARY KEY (sensor_id, metric_name));
INSERT INTO ea4 SELECT g / 10, 'm' || g % 10, g FROM generate_series(1, 3000) g;
CREATE TABLE ea5 (product_id int, attribute_name text, value text, a int, b int, c int, d int, PRIMARY KEY (product_id, attribute_name));
INSERT INTO ea5 SELECT g / 10, 'attribute ' || g % 10, g FROM generate_series(1, 3000) g;
CREATE TABLE ea6 (id int PRIMARY KEY, product_id int REFERENCES blog_posts, attribute text, value text);
INSERT INTO ea6 SELECT g, g / 10, 'attribute ' || g % 10, g FROM generate_series(1, 3000) g;
CREATE TABLE ea7 (id int PRIMARY KEY, product_id int, attribute text, value text);
INSERT INTO ea7 SELECT g, g / 10, 'attribute ' || g % 10, g FROM generate_series(1, 3000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE ea1, ea2, ea3, ea4, ea5, ea6, ea7;
SELECT * FROM found('entity_attribute_value');
SELECT evidence FROM dbadvisor.rule_normalization_entity_attribute_value WHERE object_name = 'rule_modeling.ea1';

-- References to several tables; not: types that are none, one that has a foreign key.
CREATE TABLE photo (id int PRIMARY KEY);
INSERT INTO photo SELECT generate_series(1, 100);
CREATE TABLE po1 (id int PRIMARY KEY, target_type text, target_id int, kind_type text, kind_id int, owner_type text, owner_id int REFERENCES photo) WITH (autovacuum_enabled = off);
INSERT INTO po1 SELECT g, (ARRAY['App\Models\BlogPost', 'Photo'])[1 + g % 2], 1 + g % 100, (ARRAY['big', 'small', 'photo'])[1 + g % 3], g, (ARRAY['BlogPost', 'Photo'])[1 + g % 2], 1 + g % 100
  FROM generate_series(1, 2000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE blog_posts, photo, po1;
SELECT * FROM found('polymorphic_reference');
SELECT evidence FROM dbadvisor.rule_normalization_polymorphic_reference WHERE object_name LIKE 'rule\_modeling%';

-- Duplicates; not: as many of each value in other rows, equal defaults, one value, keys.
CREATE TABLE du1 (id int PRIMARY KEY, code text, code_copy text, lang text, lang_copy text, other text, shifted text, made date DEFAULT '2026-01-01', changed date DEFAULT '2026-01-01', one text, one_more text, ref int REFERENCES du1) WITH (autovacuum_enabled = off);
INSERT INTO du1 SELECT g, 'c' || g % 70, 'c' || g % 70, 'l' || g % 5, 'l' || g % 5, 'c' || (g + g / 1000) % 71, 'c' || (g + 1) % 70, date '2026-01-01' + g % 50, date '2026-01-01' + g % 50, 'x', 'x', g FROM generate_series(1, 2100) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE du1;
SELECT * FROM found('column_duplicate') WHERE object LIKE '%.du1.%';
SELECT precheck_sql FROM dbadvisor.rule_normalization_column_duplicate WHERE object_name = 'rule_modeling.du1.code_copy' \gset
:precheck_sql;
UPDATE du1 SET code_copy = 'else' WHERE id = 7;
:precheck_sql;

-- Sparse tables; not: with fewer such columns, filled apart.
SELECT format('CREATE TABLE %s (id int PRIMARY KEY, %s) WITH (autovacuum_enabled = off)', t, string_agg('c' || g || 'x int', ', ' ORDER BY g))
  FROM (VALUES ('sp1', 24), ('sp2', 12), ('sp3', 24)) v (t, n), generate_series(1, n) g GROUP BY t ORDER BY t \gexec
SELECT format('INSERT INTO %s SELECT g, %s FROM generate_series(1, 2400) g', t,
              string_agg(CASE t WHEN 'sp3' THEN format('CASE WHEN g %% 24 = 0 AND g > %s THEN g END', g * 24) ELSE format('CASE WHEN g %% 24 = %s AND g > %s THEN g END', g / 6, g / 6 * 24) END, ', ' ORDER BY g))
  FROM (VALUES ('sp1', 24), ('sp2', 12), ('sp3', 24)) v (t, n), generate_series(1, n) g GROUP BY t ORDER BY t \gexec
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE sp1, sp2, sp3;
SELECT * FROM found('table_sparse');
SELECT jsonb_array_length(evidence -> 'groups') AS groups, evidence #> '{groups,0}' AS first, precheck_sql FROM dbadvisor.rule_normalization_table_sparse WHERE object_name = 'rule_modeling.sp1';

-- Few values; not: with a check or a key, short ones, sentences, few rows.
CREATE TABLE lo_kind (kind text PRIMARY KEY);
INSERT INTO lo_kind SELECT 'kind of thing ' || g FROM generate_series(0, 2) g;
CREATE TABLE lo1 (id int PRIMARY KEY, status text, checked text CHECK (checked LIKE 'waiting%'), kind text REFERENCES lo_kind, short text, said text, many text) WITH (autovacuum_enabled = off);
INSERT INTO lo1 SELECT g, 'waiting_for_' || g % 3, 'waiting_for_' || g % 3, 'kind of thing ' || g % 3, 's' || g % 3, 'This, as they said, is ' || g % 3, 'waiting_for_' || g % 60 FROM generate_series(1, 3000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE lo1, lo_kind;
SELECT * FROM found('lookup_missing') WHERE object LIKE '%.lo1.%';
SELECT benefit_bytes, evidence FROM dbadvisor.rule_normalization_lookup_missing WHERE object_name LIKE 'rule\_modeling.lo1%';

-- Trees; not: with a foreign key, outside of the key, of another name.
CREATE TABLE tr1 (id int PRIMARY KEY, parent_id int, manager_id int REFERENCES tr1, root_id int, level int) WITH (autovacuum_enabled = off);
INSERT INTO tr1 SELECT g, NULLIF(g / 3, 0), NULL, g + 5000, g / 3 FROM generate_series(1, 600) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE tr1;
SELECT * FROM found('hierarchy_undeclared');
SELECT apply_sql, revert_sql, evidence FROM dbadvisor.rule_normalization_hierarchy_undeclared WHERE object_name LIKE 'rule\_modeling.tr1%';

-- References; not: what schema.foreign_key_missing tells, declared, out of range, to one of two.
CREATE TABLE customers (id int PRIMARY KEY);
CREATE TABLE address (address_id int PRIMARY KEY, city text);
CREATE TABLE product (sku text PRIMARY KEY);
INSERT INTO customers SELECT generate_series(1, 500);
INSERT INTO address SELECT generate_series(1, 800), 'x';
INSERT INTO product SELECT 'sku' || generate_series(1, 100);
CREATE TABLE fk1 (id int PRIMARY KEY, customer_id int, "shopCustomerId" bigint, billing_address_id int, far_address_id int, sent_address_id int REFERENCES address, sku text, amount int) WITH (autovacuum_enabled = off);
INSERT INTO fk1 SELECT g, 1 + g % 500, 1 + g % 500, 1 + g % 800, 500 + g % 800, 1 + g % 800, 'sku' || 1 + g % 100, g % 100 FROM generate_series(1, 2000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE customers, address, product, fk1;
SELECT * FROM found('foreign_key_missing') WHERE object LIKE '%.fk1.%';
SELECT object_name FROM dbadvisor.rule_schema_foreign_key_missing WHERE object_name LIKE '%.fk1.%';
SELECT apply_sql FROM dbadvisor.rule_normalization_foreign_key_missing WHERE object_name LIKE '%.fk1.sku' \gset
:apply_sql;
SELECT object FROM found('foreign_key_missing') WHERE object LIKE '%.fk1.%';

-- References that statements tell; not: compared with no key, otherwise, out of range.
CREATE TABLE fk2 (id int PRIMARY KEY, agent int, rival int, older int, far int) WITH (autovacuum_enabled = off);
INSERT INTO fk2 SELECT g, 1 + g % 500, 1 + g % 500, 1 + g % 500, 400 + g % 500 FROM generate_series(1, 2000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE fk2;
SELECT count(*) FROM found('foreign_key_missing') WHERE object LIKE '%.fk2.%';
SELECT count(dbadvisor.workload_add(q, 10, 1))
  FROM unnest(ARRAY['SELECT count(*) FROM rule_modeling.fk2 f JOIN rule_modeling.customers c ON c.id = f.agent',
                    'SELECT count(*) FROM rule_modeling.fk2 f JOIN rule_modeling.fk1 c ON c.amount = f.rival',
                    'SELECT count(*) FROM rule_modeling.fk2 f JOIN rule_modeling.customers c ON c.id > f.older',
                    'SELECT count(*) FROM rule_modeling.fk2 f JOIN rule_modeling.customers c ON c.id = f.far']) q;
SELECT object_name, title, detail, confidence, evidence ->> 'statements' AS statements FROM dbadvisor.rule_normalization_foreign_key_missing WHERE object_name LIKE '%.fk2.%';
SELECT dbadvisor.workload_clear() > 0 AS cleared;

-- Deleted rows that keep their key; not: keys of live rows, with the mark, of a foreign
-- key, primary ones, tables in which nothing is deleted.
CREATE TABLE sd1 (id int PRIMARY KEY, email text UNIQUE, login text, ref int UNIQUE, nick text, deleted_at timestamptz, UNIQUE (nick, deleted_at)) WITH (autovacuum_enabled = off);
CREATE UNIQUE INDEX sd1_login ON sd1 (login) WHERE deleted_at IS NULL;
CREATE TABLE sd1_child (ref int REFERENCES sd1 (ref));
INSERT INTO sd1 SELECT g, 'e' || g, 'l' || g, g, 'n' || g, CASE WHEN g % 10 = 0 THEN now() END FROM generate_series(1, 1000) g;
CREATE TABLE sd2 (id int PRIMARY KEY, name text, is_deleted boolean NOT NULL DEFAULT false);
CREATE UNIQUE INDEX sd2_name ON sd2 (name);
INSERT INTO sd2 SELECT g, 'e' || g, g % 10 = 0 FROM generate_series(1, 1000) g;
CREATE TABLE sd3 (id int PRIMARY KEY, name text UNIQUE, deleted_at timestamptz);
INSERT INTO sd3 SELECT g, 'e' || g FROM generate_series(1, 1000) g;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
ANALYZE sd1, sd2, sd3;
SELECT * FROM found('soft_delete_unique');
SELECT apply_sql, revert_sql FROM dbadvisor.rule_normalization_soft_delete_unique WHERE object_name LIKE 'rule\_modeling%' ORDER BY object_name;

-- Statistics of another time say nothing; values stay out of what is said.
SELECT count(*) AS with_values
  FROM dbadvisor.lint('rule_modeling', '{normalization}') l
 WHERE l::text ~ 'green|waiting_for|attribute [0-9]|sku[0-9]|big|Last[0-9]';
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
UPDATE lo1 SET short = 'x' WHERE id % 2 = 0;
DO 'BEGIN PERFORM pg_stat_force_next_flush(); END';
SELECT count(*) FROM found('lookup_missing') WHERE object LIKE '%.lo1.%';

DROP SCHEMA rule_modeling CASCADE;
