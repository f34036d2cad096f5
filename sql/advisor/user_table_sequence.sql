-- Sequences and the columns that they fill.

-- Locked sequences are not waited for; on a standby unlogged ones cannot be read.
CREATE OR REPLACE FUNCTION dbadvisor.sequence_value(sequence oid)
RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
	IF NOT pg_catalog.has_sequence_privilege(sequence, 'USAGE, SELECT') THEN
		RETURN NULL;
	END IF;
	RETURN pg_catalog.pg_sequence_last_value(sequence);
EXCEPTION WHEN lock_not_available OR object_not_in_prerequisite_state OR undefined_table OR undefined_object THEN
	RETURN NULL;
END;
$$;
COMMENT ON FUNCTION dbadvisor.sequence_value(oid) IS
'Last value of a sequence; null where there is none, or it may not or cannot be read';

CREATE OR REPLACE FUNCTION dbadvisor.integer_maximum(type oid)
RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
	SELECT CASE type
		   WHEN 21 THEN 32767
		   WHEN 23 THEN 2147483647
		   WHEN 20 THEN 9223372036854775807
		   END;
$$;
COMMENT ON FUNCTION dbadvisor.integer_maximum(oid) IS
'The largest value of an integer type; null for other types';

-- Few columns have a sequence: OFFSET has each of them looked up, since otherwise the
-- planner may look for the sequence of every column there is.
CREATE OR REPLACE VIEW dbadvisor.user_sequence WITH (security_invoker = true) AS
SELECT s.seqrelid AS sequence,
	   dbadvisor.relation_identity(s.seqrelid) AS sequence_name,
	   s.seqtypid AS sequence_type,
	   s.seqincrement AS increment,
	   s.seqstart AS start,
	   s.seqmax AS maximum,
	   s.seqmin AS minimum,
	   s.seqcycle AS is_cycle,
	   u.relid,
	   u.attnum,
	   u.column_name,
	   u.full_name,
	   u.relkind,
	   u.base_type,
	   dbadvisor.integer_maximum(u.base_type) AS column_maximum
  FROM pg_catalog.pg_sequence s
  JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid
  JOIN (SELECT DISTINCT d.objid AS sequence,
			   d.refobjid AS relid,
			   d.refobjsubid AS attnum
		  FROM pg_catalog.pg_depend d
		 WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
		   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
		   AND d.deptype IN ('a', 'i')
		   AND d.refobjsubid > 0
		 UNION
		SELECT d.refobjid,
			   f.adrelid,
			   f.adnum
		  FROM pg_catalog.pg_depend d
		  JOIN pg_catalog.pg_attrdef f ON f.oid = d.objid
		 WHERE d.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass
		   AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass) use (sequence, relid, attnum)
	ON use.sequence = s.seqrelid
 CROSS JOIN LATERAL (
	SELECT c.*
	  FROM dbadvisor.user_column c
	 WHERE c.relid = use.relid
	   AND c.attnum = use.attnum
	   AND NOT c.is_inherited
	OFFSET 0) u
 WHERE c.relpersistence <> 't'
   AND u.base_type IN (20, 21, 23);
COMMENT ON VIEW dbadvisor.user_sequence IS
'Sequences with the columns of users'' tables that they fill, by ownership or default, and the largest value of these';

GRANT SELECT ON dbadvisor.user_sequence TO dbadvisor_reader;
REVOKE ALL ON FUNCTION dbadvisor.sequence_value(oid),
	dbadvisor.integer_maximum(oid)
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION dbadvisor.sequence_value(oid),
	dbadvisor.integer_maximum(oid)
	TO dbadvisor_reader;
