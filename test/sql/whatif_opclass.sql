-- A what-if index takes the default operator class that there is at the moment.
CREATE SCHEMA whatif_opclass;
SET search_path = whatif_opclass, public;
CREATE TABLE visit AS
SELECT i AS id, point(i, i) AS place
  FROM generate_series(1, 1000) i;
ANALYZE visit;

CREATE FUNCTION point_hash(point) RETURNS int
LANGUAGE sql IMMUTABLE STRICT AS 'SELECT pg_catalog.hashfloat8($1[0])';
CREATE VIEW answer AS
SELECT w.index_definitions
  FROM dbadvisor.what_if('SELECT 1', ARRAY['CREATE INDEX ON whatif_opclass.visit USING hash (place)']) w;

-- points have no hash class
SELECT * FROM answer;

-- now they have one
CREATE OPERATOR CLASS point_ops DEFAULT FOR TYPE point USING hash AS
	OPERATOR 1 ~= (point, point),
	FUNCTION 1 point_hash(point);
SELECT * FROM answer;

-- it goes, comes back with the transaction, and goes again
BEGIN;
DROP OPERATOR CLASS point_ops USING hash;
SELECT * FROM answer;
ROLLBACK;
SELECT * FROM answer;
DROP OPERATOR FAMILY point_ops USING hash;
SELECT * FROM answer;

SET client_min_messages = warning;
DROP SCHEMA whatif_opclass CASCADE;
