-- A finding opens, goes, and comes back, as its rule reports it.
\set SHOW_CONTEXT never
CREATE SCHEMA store_life;
-- the category has only rules of this test meanwhile
CREATE TABLE store_life.shipped AS SELECT * FROM dbadvisor.rule WHERE category = 'architecture' AND shipped;
DELETE FROM dbadvisor.rule WHERE category = 'architecture' AND shipped;
CREATE TABLE store_life.problem (relation text, variant text, benefit float8 DEFAULT 1);
CREATE TABLE store_life.note (status text, reason text);
CREATE TABLE store_life.orders (id integer);
CREATE TABLE store_life."Order Lines" (id integer);

CREATE VIEW dbadvisor.rule_architecture_store_life AS
SELECT a.*
  FROM store_life.problem p,
       LATERAL dbadvisor.advice(
           rule => 'architecture.store_life',
           relid => p.relation::regclass,
           variant => p.variant,
           title => 'Look after ' || p.relation,
           evidence => jsonb_build_object('benefit', p.benefit),
           benefit_ms_per_day => p.benefit) a
 UNION ALL
SELECT n.*
  FROM store_life.note t,
       LATERAL dbadvisor.advice_note('architecture.store_life', t.status, t.reason) n;
SELECT dbadvisor.register_rule('architecture.store_life', 'A test', 'To see findings live', 'low');

CREATE VIEW store_life.state AS
SELECT f.object_type, f.object_name, f.variant, f.severity, f.status,
       f.applied_at IS NOT NULL AS applied, f.resolved_at IS NOT NULL AS resolved,
       f.run_id = (SELECT max(run_id) FROM dbadvisor.run) AS in_last_run,
       f.relation_name
  FROM dbadvisor.finding f
 WHERE f.rule = 'architecture.store_life'
 ORDER BY f.object_name, f.variant;

-- Act: two problems; they open.
INSERT INTO store_life.problem VALUES ('store_life.orders', 'a'), ('store_life."Order Lines"', 'b');
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT * FROM store_life.state;
SELECT rule, status, reason, notes, advice_count, elapsed_ms >= 0 AS timed
  FROM dbadvisor.rule_run
 WHERE run_id = (SELECT max(run_id) FROM dbadvisor.run);

-- The same again: nothing new, the figures are brought up to date.
UPDATE store_life.problem SET benefit = 5;
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT count(*), min(benefit_ms_per_day), max(last_seen) > min(first_seen) AS seen_again
  FROM dbadvisor.finding WHERE rule = 'architecture.store_life';

-- A rule that was skipped, looked in part, or failed, does not resolve what it
-- does not report.
DELETE FROM store_life.problem WHERE variant = 'a';
INSERT INTO store_life.note VALUES ('skipped', 'no evidence');
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, status FROM store_life.state;
UPDATE store_life.note SET status = 'degraded', reason = 'half of it';
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, status FROM store_life.state;
TRUNCATE store_life.note;
INSERT INTO store_life.problem VALUES ('store_life.missing', 'c');
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, status FROM store_life.state;
SELECT rule, rules_ok, rules_skipped, rules_degraded, rules_failed, h.advice_count, problems
  FROM dbadvisor.run_history h
  JOIN dbadvisor.rule_run USING (run_id)
 WHERE rule = 'architecture.store_life'
 ORDER BY run_id DESC
 LIMIT 3;

-- One that ran does.
DELETE FROM store_life.problem WHERE variant = 'c';
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, status, resolved, in_last_run FROM store_life.state;

-- Back again: the same finding, open.
INSERT INTO store_life.problem VALUES ('store_life.orders', 'a');
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, status, resolved, in_last_run FROM store_life.state;

-- Another variant is another finding; twice the same is one, with what it
-- brings most.
INSERT INTO store_life.problem VALUES ('store_life.orders', 'd', 1), ('store_life.orders', 'd', 3);
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, variant, benefit_ms_per_day
  FROM dbadvisor.finding WHERE rule = 'architecture.store_life' ORDER BY 1, 2;

-- A table made anew under its name is the same object.
CREATE TABLE store_life.old_fingerprint AS
SELECT finding_id, fingerprint FROM dbadvisor.finding WHERE rule = 'architecture.store_life';
DROP TABLE store_life.orders;
CREATE TABLE store_life.orders (other text);
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT count(*) = 3 AS same_findings,
       bool_and(f.fingerprint = o.fingerprint) AS same_fingerprints,
       bool_and(f.relid = to_regclass(f.object_name)) AS relids_current
  FROM dbadvisor.finding f
  FULL JOIN store_life.old_fingerprint o USING (finding_id)
 WHERE f.rule = 'architecture.store_life';

-- Quoting by the server does not change the name.
SET quote_all_identifiers = on;
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
RESET quote_all_identifiers;
SELECT count(*) FROM store_life.state WHERE in_last_run;

-- Stages follow each other in their order only.
\set VERBOSITY sqlstate
UPDATE dbadvisor.finding SET stage = 'verified', applied_at = now() WHERE rule = 'architecture.store_life' AND variant = 'a';
\set VERBOSITY default
UPDATE dbadvisor.finding SET stage = 'applied', applied_at = now() WHERE rule = 'architecture.store_life' AND variant = 'a';
UPDATE dbadvisor.finding SET stage = 'verified' WHERE rule = 'architecture.store_life' AND variant = 'a';
UPDATE dbadvisor.finding SET stage = 'regressed' WHERE rule = 'architecture.store_life' AND variant = 'a';
SELECT object_name, variant, status, applied FROM store_life.state;
-- and a finding reported again is open again
SELECT dbadvisor.analyze('{architecture}') > 0 AS ran;
SELECT object_name, variant, status, applied FROM store_life.state;
SELECT o AS from_stage, array_agg(n ORDER BY n) FILTER (WHERE dbadvisor.stage_follows(o, n)) AS to_stages
  FROM unnest('{open,applied,verified,regressed,resolved}'::text[]) o,
       unnest('{open,applied,verified,regressed,resolved}'::text[]) n
 GROUP BY o
 ORDER BY o;

-- Views over the findings.
SELECT rule, open, suppressed, applied, resolved, worst_severity, benefit_ms_per_day
  FROM dbadvisor.summary WHERE rule = 'architecture.store_life';
SELECT title, severity, benefit_ms_per_day FROM dbadvisor.recommendations WHERE rule = 'architecture.store_life';
SELECT name, labels - 'severity' AS labels, value
  FROM dbadvisor.metrics
 WHERE labels ->> 'rule' = 'architecture.store_life' AND name !~ 'timestamp|duration'
 ORDER BY 1, 2;
SELECT name, count(*), bool_and(value >= 0) AS sane
  FROM dbadvisor.metrics
 WHERE name ~ 'run_(timestamp|duration)' AND (labels = '{}' OR labels ->> 'rule' = 'architecture.store_life')
 GROUP BY name
 ORDER BY name;
SELECT line
  FROM regexp_split_to_table(dbadvisor.report_text(), '\n') line
 WHERE line ~ 'Look after|architecture.store_life: ';

-- Clean up.
DROP VIEW dbadvisor.rule_architecture_store_life;
DELETE FROM dbadvisor.rule WHERE rule = 'architecture.store_life';
DELETE FROM dbadvisor.finding WHERE rule = 'architecture.store_life';
DELETE FROM dbadvisor.run;
SET client_min_messages = warning;
DO $$
BEGIN
    PERFORM dbadvisor.register_rule(rule, title, why, severity, thresholds, min_version, doc, source, enabled, shipped) FROM store_life.shipped;
END
$$;
DROP SCHEMA store_life CASCADE;
