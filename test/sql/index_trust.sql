-- An expression is looked at as the owner of its table.  So the advisor never
-- takes one up that calls a function of somebody with fewer rights.
\set SHOW_CONTEXT never
CREATE ROLE trust_owner;
CREATE ROLE trust_stranger;
CREATE ROLE trust_partner IN ROLE trust_owner;
GRANT dbadvisor_admin TO trust_owner, trust_stranger, trust_partner;
CREATE SCHEMA index_trust;
GRANT ALL ON SCHEMA index_trust TO trust_owner, trust_stranger, trust_partner;
SET search_path = index_trust;

SET ROLE trust_owner;
CREATE TABLE orders AS
SELECT g AS id, g % 1000 AS customer, repeat('x', 50) AS note
  FROM generate_series(1, 20000) g;
ANALYZE orders;
GRANT SELECT ON orders TO trust_stranger;

-- One function for each role: it tells when somebody else runs it.
CREATE FUNCTION function_of_owner(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user NOT IN ('trust_owner', 'trust_partner') THEN
		RAISE EXCEPTION 'the function of the owner runs as %', current_user;
	END IF;
	RETURN $1;
END;
$$;
SET ROLE trust_partner;
CREATE FUNCTION function_of_partner(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN $1;
END;
$$;
SET ROLE trust_stranger;
CREATE FUNCTION function_of_stranger(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'trust_stranger' THEN
		RAISE WARNING 'the function of the stranger runs as %', current_user;
	END IF;
	RETURN $1;
END;
$$;
CREATE OPERATOR @@@@ (PROCEDURE = function_of_stranger, RIGHTARG = integer);
CREATE DOMAIN domain_of_stranger AS integer
	CHECK (function_of_stranger(VALUE) IS NOT NULL);
RESET ROLE;

-- The key columns that the advisor finds for a statement of this role.
CREATE FUNCTION advice_for(who name, query text) RETURNS SETOF text[]
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	EXECUTE format('SET LOCAL ROLE %I', who);
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RESET ROLE;
	RETURN QUERY
	SELECT key_columns FROM dbadvisor.search_indexes(time_limit => NULL) WHERE step > 0;
END;
$$;
GRANT EXECUTE ON FUNCTION advice_for TO PUBLIC;

SELECT advice_for('trust_owner', 'SELECT * FROM orders WHERE abs(customer) = 7');
SELECT advice_for('trust_owner', 'SELECT * FROM orders WHERE function_of_owner(customer) = 7');
SELECT advice_for('trust_owner', 'SELECT * FROM orders WHERE function_of_partner(customer) = 7');

-- In none of these may the function warn.
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7');
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE abs(function_of_stranger(customer)) = 7');
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE (@@@@ customer) = 7');
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE abs(customer::domain_of_stranger) = 7');
SELECT advice_for('trust_stranger', 'SELECT * FROM orders ORDER BY function_of_stranger(customer) LIMIT 1');
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7 OR customer = 7');
-- What is beside it still counts.
SELECT advice_for('trust_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7 AND id = 7');

SELECT dbadvisor.workload_clear();
DROP SCHEMA index_trust CASCADE;
DROP OWNED BY trust_owner, trust_stranger, trust_partner;
DROP ROLE trust_owner, trust_stranger, trust_partner;
