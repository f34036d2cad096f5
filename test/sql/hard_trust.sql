-- An expression is looked at as the owner of its table.  So the advisor never
-- takes one up that calls a function of somebody with fewer rights.
\set SHOW_CONTEXT never
CREATE ROLE hard_owner;
CREATE ROLE hard_stranger;
CREATE ROLE hard_partner IN ROLE hard_owner;
GRANT dbadvisor_admin TO hard_owner, hard_stranger, hard_partner;
CREATE SCHEMA hard_trust;
GRANT ALL ON SCHEMA hard_trust TO hard_owner, hard_stranger, hard_partner;
SET search_path = hard_trust;

SET ROLE hard_owner;
CREATE TABLE orders AS
SELECT g AS id, g % 1000 AS customer, repeat('x', 50) AS note
  FROM generate_series(1, 20000) g;
ANALYZE orders;
GRANT SELECT ON orders TO hard_stranger;

-- One function for each role: it tells when somebody else runs it.
CREATE FUNCTION function_of_owner(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user NOT IN ('hard_owner', 'hard_partner') THEN
		RAISE EXCEPTION 'the function of the owner runs as %', current_user;
	END IF;
	RETURN $1;
END;
$$;
SET ROLE hard_partner;
CREATE FUNCTION function_of_partner(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN $1;
END;
$$;
SET ROLE hard_stranger;
CREATE FUNCTION function_of_stranger(integer) RETURNS integer
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	IF current_user <> 'hard_stranger' THEN
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

SELECT advice_for('hard_owner', 'SELECT * FROM orders WHERE abs(customer) = 7');
SELECT advice_for('hard_owner', 'SELECT * FROM orders WHERE function_of_owner(customer) = 7');
SELECT advice_for('hard_owner', 'SELECT * FROM orders WHERE function_of_partner(customer) = 7');

-- In none of these may the function warn.
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7');
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE abs(function_of_stranger(customer)) = 7');
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE (@@@@ customer) = 7');
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE abs(customer::domain_of_stranger) = 7');
SELECT advice_for('hard_stranger', 'SELECT * FROM orders ORDER BY function_of_stranger(customer) LIMIT 1');
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7 OR customer = 7');
-- What is beside it still counts.
SELECT advice_for('hard_stranger', 'SELECT * FROM orders WHERE function_of_stranger(customer) = 7 AND id = 7');

SELECT dbadvisor.workload_clear();
DROP SCHEMA hard_trust CASCADE;
DROP OWNED BY hard_owner, hard_stranger, hard_partner;
DROP ROLE hard_owner, hard_stranger, hard_partner;
