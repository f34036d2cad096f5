-- weight: 8
-- The search box of the back office.
\set letter random(1, 9)
\set month random(1, 6)
\set order random(1, 400000)
\set other random(1, 400000)
\set third random(1, 400000)
SELECT id, email, first_name, last_name FROM users WHERE email LIKE 'Wanda.S%:letter@%' ORDER BY email LIMIT 20;
SELECT id, number, status, total FROM orders WHERE number LIKE 'SO-20250:month-3:letter%' ORDER BY number LIMIT 10;
SELECT id, number, status, total, customer_email FROM orders WHERE id IN (:order, :other, :third);
SELECT i.number, i.amount, i.paid, o.number AS order_number FROM invoices i JOIN orders o ON o.id = i.order_id WHERE i.number = 'INV-10:order';
SELECT action, actor_id, changes, created_at FROM audit_log WHERE object_type = 'order' AND object_id = :order ORDER BY created_at DESC LIMIT 20;
