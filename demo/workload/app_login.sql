-- weight: 12
-- Somebody signs in, typing the address in any case.
\set user random_zipfian(1, 120000, 1.02)
SELECT email FROM users WHERE id = :user \gset
SELECT id, tenant_id, roles, status FROM users WHERE lower(email) = lower(:email) AND deleted_at IS NULL;
UPDATE users SET last_login_at = now(), login_count = login_count + 1 WHERE id = :user;
INSERT INTO sessions (user_id, user_agent, ip, started_at, expires_at) VALUES (:user, 'Firefox/128', '10.1.2.3', now(), now() + interval '30 days');
SELECT id, user_agent, started_at FROM sessions WHERE user_id = :user ORDER BY started_at DESC LIMIT 5;
