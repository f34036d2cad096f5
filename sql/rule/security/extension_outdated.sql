-- security.extension_outdated: an extension whose newer version is installed on
-- the server
--
-- Fires for an extension of this database that is older than the control file on
-- the server says, and for which there is a way to update.  The library is the
-- new one already: old SQL objects then call into new code.
SELECT dbadvisor.register_rule(
	rule => 'security.extension_outdated',
	title => 'An extension can be updated',
	why => 'The server has the library of the newer version, the database the objects of the older one; fixes in them have not arrived.',
	severity => 'low',
	doc => 'Extensions without a way from the installed to the newest version are left alone.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_extension_outdated WITH (security_invoker = true) AS
SELECT a.*
  FROM pg_catalog.pg_extension e
  JOIN pg_catalog.pg_available_extensions v ON v.name = e.extname
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.extension_outdated',
		   object_type => 'extension',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_extension', e.oid),
		   title => pg_catalog.format('Update extension %I from %s to %s', e.extname, e.extversion, v.default_version),
		   detail => 'The server has the newer version and a script that leads to it.',
		   evidence => pg_catalog.jsonb_build_object('installed_version', e.extversion, 'available_version', v.default_version),
		   safety => 'reversible_slow',
		   apply_sql => pg_catalog.format('ALTER EXTENSION %I UPDATE', e.extname),
		   impact => 'Runs the update scripts of the extension in one transaction, with the locks that they take. There is no way back but a restore: read its release notes first.') a
 WHERE e.extversion <> v.default_version
   AND EXISTS (SELECT
				 FROM pg_catalog.pg_extension_update_paths(e.extname) p
				WHERE p.source = e.extversion
				  AND p.target = v.default_version
				  AND p.path IS NOT NULL);
COMMENT ON VIEW dbadvisor.rule_security_extension_outdated IS
'Extensions that can be updated to what the server has';

GRANT SELECT ON dbadvisor.rule_security_extension_outdated TO dbadvisor_reader;
