-- security.policy_user_metadata: a policy that believes what users say of
-- themselves
--
-- Fires for a policy whose condition reads a key of the session's token that the
-- platform lets users write themselves.  Which names are such keys is a
-- threshold; without such a platform nothing has them.
SELECT dbadvisor.register_rule(
	rule => 'security.policy_user_metadata',
	title => 'A policy believes what users say of themselves',
	why => 'Who may write the key may give himself any role or tenant.',
	severity => 'high',
	thresholds => '{"names": "user_metadata,raw_user_meta_data"}',
	doc => 'names is a list, separated by commas, of the keys that users can write. They are compared with the constants in the condition.',
	shipped => true);

CREATE OR REPLACE VIEW dbadvisor.rule_security_policy_user_metadata WITH (security_invoker = true) AS
SELECT a.*
  FROM dbadvisor.user_policy p
 CROSS JOIN LATERAL (SELECT pg_catalog.string_to_array(dbadvisor.threshold_text('security.policy_user_metadata', 'names', p.full_name), ',')) n (names)
  LEFT JOIN LATERAL dbadvisor.policy_rewrite(p.qual, p.relid, n.names) u ON true
  LEFT JOIN LATERAL dbadvisor.policy_rewrite(p.with_check, p.relid, n.names) c ON true
 CROSS JOIN LATERAL dbadvisor.advice(
		   rule => 'security.policy_user_metadata',
		   relid => p.relid,
		   object_type => 'policy',
		   object_name => dbadvisor.object_identity('pg_catalog.pg_policy', p.policy),
		   title => pg_catalog.format('Have policy %I of %s rely on what users cannot write', p.policy_name, p.full_name),
		   detail => 'Its condition reads a key that users can write themselves. Keep roles and tenants in a table, or in a key that only the server writes.',
		   evidence => pg_catalog.jsonb_build_object('names', n.names)) a
 WHERE u.has_name
	OR c.has_name;
COMMENT ON VIEW dbadvisor.rule_security_policy_user_metadata IS
'Policies that read a key which users can write';

GRANT SELECT ON dbadvisor.rule_security_policy_user_metadata TO dbadvisor_reader;
