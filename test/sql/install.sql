-- The extension is there, with what its control file says.  It makes its schema
-- itself, so its control file names none of its own.
SELECT e.extversion AS version, n.nspname AS schema, e.extrelocatable AS relocatable
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
 WHERE e.extname = 'dbadvisor';

-- Settings have their defaults; values that no one may set are refused.
LOAD 'dbadvisor';
SELECT s.name, s.setting, s.unit, s.context
  FROM pg_catalog.pg_settings s
 WHERE s.name IN ('dbadvisor.lock_timeout', 'dbadvisor.statement_timeout',
                  'dbadvisor.work_mem', 'dbadvisor.include_values')
 ORDER BY s.name;
\set VERBOSITY sqlstate
SET dbadvisor.lock_timeout = 0;
SET dbadvisor.work_mem = '1kB';
SET dbadvisor.no_such_setting = 1;
CREATE ROLE install_ordinary;
SET ROLE install_ordinary;
SET dbadvisor.include_values = on;
RESET ROLE;
\set VERBOSITY default
DROP ROLE install_ordinary;

-- Every object of the extension has a comment.  A sequence behind an identity
-- column is part of that column, a row type of its table; array types follow
-- their element types.
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0) AS without_comment
  FROM pg_catalog.pg_depend d
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dbadvisor'
 WHERE d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
   AND d.deptype = 'e'
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                      AND c.oid = d.objid
                      AND c.relkind = 'S')
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_type t
                     LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
                    WHERE d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
                      AND t.oid = d.objid
                      AND (t.typcategory = 'A' OR c.relkind <> 'c'))
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_description n
                    WHERE n.classoid = d.classid
                      AND n.objoid = d.objid
                      AND n.objsubid = 0)
 ORDER BY 1;

-- Objects in pg_temp never come before ours: every function with a fixed
-- search_path names pg_temp last.
SELECT p.oid::pg_catalog.regprocedure AS temp_objects_come_first
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
   AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dbadvisor'
 WHERE EXISTS (SELECT FROM pg_catalog.unnest(p.proconfig) c
                WHERE c LIKE 'search_path=%' AND c NOT LIKE '%pg_temp')
 ORDER BY 1;

-- A view runs with the rights of the one who reads it.
SELECT c.oid::pg_catalog.regclass AS view_with_owners_rights
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid
   AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dbadvisor'
 WHERE c.relkind = 'v'
   AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)
 ORDER BY 1;

-- Nothing that touches data is executable by everybody: a function of ours that
-- PUBLIC may call runs with the caller's rights.
SELECT p.oid::pg_catalog.regprocedure AS definer_rights_for_public
  FROM pg_catalog.pg_proc p
  JOIN pg_catalog.pg_depend d
    ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid
   AND d.deptype = 'e'
  JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'dbadvisor'
 WHERE p.prosecdef
   AND pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
 ORDER BY 1;
