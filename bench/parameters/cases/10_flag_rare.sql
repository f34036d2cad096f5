-- What has not been sent yet: two in a thousand.
CREATE TABLE mail AS
SELECT i AS id, i % 500 <> 0 AS sent, md5(i::text) AS payload
  FROM generate_series(1, 300000) i;
VACUUM ANALYZE mail;
CREATE VIEW draw AS
SELECT 'SELECT * FROM mail WHERE sent = false' AS statement FROM generate_series(1, 20);
INSERT INTO alternative VALUES (ARRAY['CREATE INDEX ON mail (sent)']), (ARRAY['CREATE INDEX ON mail (id) WHERE NOT sent']);
