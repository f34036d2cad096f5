-- weight: 8
-- A worker takes the next job and leaves a new one.
BEGIN;
SELECT id AS job FROM jobs WHERE state = 'pending' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED \gset
UPDATE jobs SET state = 'done', attempts = attempts + 1, finished_at = now() WHERE id = :job;
INSERT INTO jobs (queue, state, payload, run_at) VALUES ('mail', 'pending', '{"template": "receipt"}', now());
END;
