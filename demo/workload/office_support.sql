-- weight: 8
-- An agent works on the tickets of a merchant.
\set tenant random_zipfian(1, 500, 1.05)
\set agent random_zipfian(1, 200, 1.05)
\set ticket random(1, 60000)
SELECT t.id, t.subject, t.priority, t.created_at, u.email FROM tickets t JOIN users u ON u.id = t.user_id WHERE t.tenant_id = :tenant AND t.status = 'open' ORDER BY t.priority DESC, t.created_at LIMIT 50;
SELECT author_id, body, created_at FROM ticket_messages WHERE ticket_id = :ticket ORDER BY created_at;
SELECT status, count(*) FROM tickets WHERE assignee_id = :agent GROUP BY status;
INSERT INTO ticket_messages (ticket_id, author_id, body, created_at) VALUES (:ticket, :agent, 'We are looking into it.', now());
UPDATE tickets SET status = 'waiting', assignee_id = :agent WHERE id = :ticket AND status = 'open';
