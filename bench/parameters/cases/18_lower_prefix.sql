-- Names that begin like what was typed, in any case.
CREATE TABLE person AS
SELECT i AS id, initcap(md5(i::text)) AS name
  FROM generate_series(1, 200000) i;
VACUUM ANALYZE person;
CREATE VIEW draw AS
SELECT format('SELECT * FROM person WHERE lower(name) LIKE %L', substr(md5(i::text), 1, 4) || '%') AS statement
  FROM generate_series(1, 20) i;
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON person (lower(name) text_pattern_ops)']);
