-- A schema as an ORM makes it, with all the indexes that it should have: there
-- is nothing to advise.
CREATE SCHEMA index_sensible;
SET search_path = index_sensible;
SET client_min_messages = warning;
CREATE TABLE account (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name varchar(100) NOT NULL UNIQUE,
	plan varchar(20) NOT NULL,
	created_at timestamp NOT NULL);
CREATE TABLE users (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id bigint NOT NULL REFERENCES account,
	email varchar(200) NOT NULL,
	token char(32) NOT NULL,
	admin boolean NOT NULL,
	deleted_at timestamp,
	created_at timestamp NOT NULL);
CREATE UNIQUE INDEX ON users (lower(email));
CREATE INDEX ON users (account_id, created_at DESC);
CREATE INDEX ON users USING hash (token);
CREATE INDEX ON users (account_id) WHERE admin;
CREATE TABLE project (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id bigint NOT NULL REFERENCES account,
	owner_id bigint NOT NULL REFERENCES users,
	slug varchar(60) NOT NULL,
	settings jsonb NOT NULL,
	archived_at timestamp,
	UNIQUE (account_id, slug));
CREATE INDEX ON project (owner_id);
CREATE INDEX ON project USING gin (settings);
CREATE TABLE membership (
	project_id bigint NOT NULL REFERENCES project,
	user_id bigint NOT NULL REFERENCES users,
	role varchar(10) NOT NULL,
	PRIMARY KEY (project_id, user_id));
CREATE INDEX ON membership (user_id) INCLUDE (role);
CREATE TABLE task (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	project_id bigint NOT NULL REFERENCES project,
	assignee_id bigint REFERENCES users,
	parent_id bigint REFERENCES task,
	state varchar(10) NOT NULL,
	priority int NOT NULL,
	due date,
	title varchar(200) NOT NULL,
	created_at timestamp NOT NULL);
CREATE INDEX ON task (project_id, state, created_at);
CREATE INDEX ON task (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX ON task (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ON task (created_at) WHERE state = 'blocked';
CREATE INDEX ON task (due, priority DESC);
CREATE TABLE comment (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	subject_type varchar(20) NOT NULL,
	subject_id bigint NOT NULL,
	author_id bigint NOT NULL REFERENCES users,
	body text NOT NULL,
	created_at timestamp NOT NULL);
CREATE INDEX ON comment (subject_type, subject_id, created_at);
CREATE INDEX ON comment (author_id, id);
CREATE TABLE tag (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name varchar(40) NOT NULL UNIQUE);
CREATE TABLE tagging (
	tag_id int NOT NULL REFERENCES tag,
	task_id bigint NOT NULL REFERENCES task,
	PRIMARY KEY (task_id, tag_id));
CREATE INDEX ON tagging (tag_id, task_id);
CREATE TABLE event (
	id bigint NOT NULL,
	account_id bigint NOT NULL,
	kind varchar(20) NOT NULL,
	at timestamp NOT NULL,
	data jsonb NOT NULL,
	PRIMARY KEY (at, id)) PARTITION BY RANGE (at);
CREATE TABLE event_1 PARTITION OF event FOR VALUES FROM ('2024-01-01') TO ('2024-07-01');
CREATE TABLE event_2 PARTITION OF event FOR VALUES FROM ('2024-07-01') TO ('2025-01-01');
CREATE INDEX ON event (account_id, at DESC);
CREATE INDEX ON event_2 (kind) WHERE kind = 'error';
CREATE TABLE session (
	id varchar(40) PRIMARY KEY,
	user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	expires_at timestamp NOT NULL,
	data jsonb NOT NULL);
CREATE INDEX ON session (user_id);
CREATE INDEX ON session (expires_at);

INSERT INTO account (name, plan, created_at)
SELECT 'account ' || i, (ARRAY['free', 'team', 'large'])[1 + i % 3], timestamp '2024-01-01' + i * interval '1 hour'
  FROM generate_series(1, 500) i;
INSERT INTO users (account_id, email, token, admin, deleted_at, created_at)
SELECT 1 + i * 7919 % 500, 'User' || i || '@example.org', md5(i::text), i % 100 = 0,
       CASE WHEN i % 10 = 0 THEN timestamp '2024-06-01' END, timestamp '2024-01-01' + i * interval '1 minute'
  FROM generate_series(1, 10000) i;
INSERT INTO project (account_id, owner_id, slug, settings, archived_at)
SELECT 1 + i * 37 % 500, 1 + i * 31 % 10000, 'project-' || i, jsonb_build_object('color', i % 50, 'key', i),
       CASE WHEN i * 7 % 50 = 0 THEN timestamp '2024-06-01' END
  FROM generate_series(1, 5000) i;
INSERT INTO membership
SELECT 1 + i % 5000, 1 + (i * 7 + i / 5000) % 10000, CASE WHEN i % 9 = 0 THEN 'owner' ELSE 'member' END
  FROM generate_series(1, 20000) i ON CONFLICT DO NOTHING;
INSERT INTO task (project_id, assignee_id, parent_id, state, priority, due, title, created_at)
SELECT 1 + i * 7919 % 5000, CASE WHEN i % 3 = 0 THEN 1 + i % 10000 END, CASE WHEN i % 20 = 7 THEN 1 + i % 1000 END,
       CASE WHEN i % 500 = 0 THEN 'blocked' WHEN i % 3 = 0 THEN 'open' ELSE 'done' END, i % 5,
       date '2024-01-01' + i % 365, 'task ' || i, timestamp '2024-01-01' + i * interval '10 minutes'
  FROM generate_series(1, 40000) i;
INSERT INTO comment (subject_type, subject_id, author_id, body, created_at)
SELECT CASE WHEN i % 4 = 0 THEN 'Project' ELSE 'Task' END, 1 + i % 8000, 1 + i * 13 % 10000, repeat('c', 80),
       timestamp '2024-01-01' + i * interval '9 minutes'
  FROM generate_series(1, 30000) i;
INSERT INTO tag (name) SELECT 'tag ' || i FROM generate_series(1, 1000) i;
INSERT INTO tagging SELECT 1 + i % 1000, 1 + i * 17 % 40000 FROM generate_series(1, 30000) i ON CONFLICT DO NOTHING;
INSERT INTO event
SELECT i, 1 + i * 7 % 500, CASE WHEN i % 300 = 0 THEN 'error' ELSE 'page' END,
       timestamp '2024-01-01' + i * interval '15 minutes', '{}'
  FROM generate_series(1, 30000) i;
INSERT INTO session SELECT md5(i::text), 1 + i % 10000, timestamp '2024-01-01' + i * interval '1 hour', '{}'
  FROM generate_series(1, 8000) i;
VACUUM ANALYZE account, users, project, membership, task, comment, tag, tagging, event, session;

SELECT public.pg_stat_statements_reset() IS NOT NULL AS forgotten;
CREATE TABLE statement (id int GENERATED ALWAYS AS IDENTITY, text text NOT NULL);
INSERT INTO statement (text) VALUES
	('SELECT * FROM users WHERE id = $1'),
	('SELECT * FROM users WHERE lower(email) = lower($1)'),
	('SELECT * FROM users WHERE token = $1'),
	('SELECT * FROM users WHERE account_id = $1 ORDER BY created_at DESC LIMIT 20'),
	('SELECT * FROM users WHERE account_id = $1 ORDER BY created_at LIMIT 20'),
	('SELECT * FROM users WHERE account_id = $1 AND admin'),
	('SELECT * FROM users WHERE id = $1 AND deleted_at IS NULL'),
	('SELECT id, email FROM users WHERE id = ANY ($1)'),
	('SELECT * FROM project WHERE account_id = $1 AND slug = $2'),
	('SELECT * FROM project WHERE account_id = $1 AND archived_at IS NULL'),
	($$SELECT * FROM project WHERE settings @> '{"key": 7}'$$),
	('SELECT * FROM project WHERE owner_id = $1'),
	('SELECT p.* FROM project p JOIN membership m ON m.project_id = p.id WHERE m.user_id = $1'),
	('SELECT role FROM membership WHERE user_id = $1'),
	('SELECT 1 FROM membership WHERE project_id = $1 AND user_id = $2 LIMIT 1'),
	('SELECT * FROM task WHERE project_id = $1 AND state = $2 ORDER BY created_at LIMIT 50'),
	('SELECT count(*) FROM task WHERE project_id = $1'),
	('SELECT * FROM task WHERE assignee_id = $1'),
	('SELECT * FROM task WHERE parent_id = $1'),
	($$SELECT * FROM task WHERE state = 'blocked' ORDER BY created_at LIMIT 10$$),
	('SELECT * FROM task ORDER BY due DESC, priority LIMIT 10'),
	($$SELECT * FROM comment WHERE subject_type = 'Task' AND subject_id = $1 ORDER BY created_at$$),
	('SELECT * FROM comment WHERE author_id = $1 ORDER BY id DESC LIMIT 10'),
	('SELECT t.* FROM task t JOIN tagging g ON g.task_id = t.id JOIN tag n ON n.id = g.tag_id WHERE n.name = $1'),
	('SELECT n.name FROM tag n JOIN tagging g ON g.tag_id = n.id WHERE g.task_id = $1'),
	($$SELECT * FROM event WHERE account_id = $1 AND at >= '2024-08-01' ORDER BY at DESC LIMIT 20$$),
	($$SELECT * FROM event_2 WHERE kind = 'error'$$),
	('SELECT * FROM event_1 WHERE account_id = $1 ORDER BY at DESC LIMIT 5'),
	('SELECT * FROM session WHERE id = $1'),
	('DELETE FROM session WHERE expires_at < $1'),
	('DELETE FROM users WHERE id = $1'),
	('DELETE FROM task WHERE id = $1'),
	('UPDATE task SET state = $1 WHERE id = $2');

-- all together, and whatever brings anything at all
SELECT count(dbadvisor.workload_add(text, 1000, 5)) > 0 AS added FROM statement;
SELECT relid::regclass, definition, statements FROM dbadvisor.search_indexes(time_limit => NULL, min_saving => 0) WHERE step > 0;

-- each by itself, where a small gain counts most
CREATE FUNCTION advice_for(query text) RETURNS text[]
LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dbadvisor.workload_clear();
	PERFORM dbadvisor.workload_add(query, 1000000, 1000);
	RETURN ARRAY(SELECT i.definition FROM dbadvisor.search_indexes(time_limit => NULL) i WHERE step > 0);
END
$$;
SELECT s.text, a.definitions FROM statement s, advice_for(s.text) a (definitions) WHERE a.definitions <> '{}' ORDER BY s.id;

-- no index that begins as a primary key does is ever advised for one row
SELECT s.text FROM (VALUES ('SELECT id, name FROM account WHERE id = $1'),
                           ('SELECT name FROM tag WHERE id IN (1, 2, 3)'),
                           ('SELECT max(id) FROM task'),
                           ('SELECT id, title, state FROM task WHERE id = $1 AND state = $2')) s (text),
       advice_for(s.text) a (definitions)
 WHERE a.definitions <> '{}';

-- the near miss: what such a schema lacks is found at once
SELECT advice_for('SELECT * FROM comment WHERE created_at > $1 ORDER BY created_at LIMIT 10');

SELECT dbadvisor.workload_clear() > 0 AS cleared;
DROP SCHEMA index_sensible CASCADE;
