-- weight: 8
-- An agent works on the tickets of a merchant.
\set tenant random_zipfian(1, 500, 1.05)
\set agent random_zipfian(1, 200, 1.05)
\set ticket random(1, 60000)
SELECT t.id, t.subject, t.priority, t.created_at, u.email FROM tickets t JOIN users u ON u.id = t.user_id WHERE t.tenant_id = :tenant AND t.status = 'open' ORDER BY t.priority DESC, t.created_at LIMIT 50;
SELECT count(*) FROM tickets WHERE tenant_id = :tenant AND status = 'open';
SELECT u.email, m.body, m.created_at FROM ticket_messages m JOIN users u ON u.id = m.author_id WHERE m.ticket_id = :ticket ORDER BY m.created_at;
SELECT u.email, t.status, count(*) FROM tickets t JOIN users u ON u.id = t.assignee_id WHERE t.assignee_id = :agent GROUP BY u.email, t.status;
SELECT file_name, bytes FROM attachments WHERE owner_type = 'ticket' AND owner_id = :ticket;
INSERT INTO ticket_messages (ticket_id, author_id, body, created_at) VALUES (:ticket, :agent, 'We are looking into it.', now());
UPDATE tickets SET status = 'waiting', assignee_id = :agent WHERE id = :ticket AND status = 'open';
