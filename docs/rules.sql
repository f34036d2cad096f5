-- Prints docs/rules.md from the registry of a database that has dbadvisor:
--
--     psql -XAtq -f docs/rules.sql > docs/rules.md
--
-- What a rule says of itself comes from dbadvisor.rule; which checks of other
-- tools it covers, from rules_coverage.sql beside this file.
-- test/t/041_rules.pl checks that the page is current.
SET search_path = pg_catalog, dbadvisor;
SET client_min_messages = warning;
LOAD 'dbadvisor';

CREATE TEMP TABLE rule_coverage (
	number integer PRIMARY KEY CHECK (number BETWEEN 1 AND 249),
	name text NOT NULL,
	rule text,
	peers text,
	note text NOT NULL
);
\ir rules_coverage.sql

CREATE TEMP TABLE settings_coverage (
	id text PRIMARY KEY CHECK (id ~ '^(REP|BAK|CKP|MEM|PLN|PAR|VAC|CON|CFG|LOG|SEC)-\d\d$'),
	name text NOT NULL,
	rules text,
	note text,
	CHECK (rules IS NOT NULL OR note IS NOT NULL)
);
\ir settings_coverage.sql

-- Text for a cell of a table.
CREATE FUNCTION pg_temp.cell(value text) RETURNS text
LANGUAGE sql AS $$ SELECT replace(replace(coalesce(value, ''), '|', '\|'), E'\n', ' ') $$;

-- Rules as [name](#anchor); the anchor is what Markdown makes of the heading.
CREATE FUNCTION pg_temp.link(rule text) RETURNS text
LANGUAGE sql AS $$ SELECT '[' || rule || '](#' || replace(rule, '.', '') || ')' $$;

SELECT E'# Rules\n\n'
    || E'Printed by [rules.sql](rules.sql) from the registry; do not edit. Thresholds are\n'
    || E'defaults: `dbadvisor.set_rule()` changes them for all objects or for some.\n';

SELECT E'## All rules\n\n| rule | severity | what it looks for |\n|---|---|---|';
SELECT format('| %s | %s%s | %s |', pg_temp.link(r.rule), r.severity,
              CASE WHEN r.enabled THEN '' ELSE ', off' END, pg_temp.cell(r.title))
  FROM dbadvisor.rule r
 WHERE r.shipped
 ORDER BY r.category, r.rule;

SELECT E'\n## Each rule\n';
SELECT format(E'### %s\n\n%s. %s\n\nSeverity: %s, unless the rule or a setting says otherwise.%s%s%s\n',
              r.rule, r.title, r.why, r.severity,
              CASE WHEN r.enabled THEN '' ELSE ' Off until switched on.' END,
              CASE WHEN r.min_version IS NULL THEN '' ELSE format(' From PostgreSQL %s.', r.min_version / 10000) END,
              coalesce(E'\n\n' || r.doc, '')
              || coalesce(E'\n\n| threshold | default |\n|---|---|\n'
                          || (SELECT string_agg(format('| %s | `%s` |', t.key, replace(t.value, '|', '\|')), E'\n' ORDER BY t.key)
                                FROM jsonb_each_text(r.thresholds) t), ''))
  FROM dbadvisor.rule r
 WHERE r.shipped
 ORDER BY r.category, r.rule;

SELECT E'## What other tools have of it\n\n'
    || E'Checks of other tools, by the rule that covers them, with what ours adds. The\n'
    || E'tools: SP splinter, PL pglinter, PIH pg-index-health, SL schemalint, SQ squawk,\n'
    || E'PGH pghero, RPE ruby-pg-extras, HPE heroku-pg-extras, HDI Heroku pg:diagnose, PDB\n'
    || E'postgres_dba, PGX pgx_scripts, DE pg-utils, CP check_postgres, IOG\n'
    || E'pgsql-bloat-estimation, DBV db_verifier, PGD pgdoctor, PAI postgresai, PFA\n'
    || E'pgFirstAid, PAS pgAssistant, AZ Azimutt, ESP eslint-plugin-postgresql, TBL tbls, ARD\n'
    || E'active_record_doctor, DCO database_consistency, SCC SchemaCrawler, SQC sqlcheck, KAR\n'
    || E'Karwin''s SQL Antipatterns, PLC plpgsql_check, PCL pgCluu, PGP pg_profile, PGM\n'
    || E'pgmetrics, PLN plain, DD Datadog, WIK Don''t Do This, PTD Percona Toolkit, CYB\n'
    || E'Cybertec, ID index-digest, PGC pgcrab, PGE pgevolve, DTA SQL Server''s tuning advisor,\n'
    || E'ORA Oracle''s advisors.\n\n'
    || E'| rule | tools that have it | what ours does better |\n|---|---|---|';
SELECT format('| %s | %s | %s |', pg_temp.link(c.rule),
              coalesce((SELECT string_agg(DISTINCT p.code, ' ' ORDER BY p.code)
                          FROM rule_coverage k,
                               regexp_matches(regexp_replace(k.peers, '\([^)]*\)', '', 'g'), '\m([A-Z]{2,3})(?=[^a-z]|\M)', 'g') m (part),
                               LATERAL (SELECT m.part[1]) p (code)
                         WHERE k.rule = c.rule), 'none'),
              pg_temp.cell(string_agg(c.note, '; ' ORDER BY c.number)))
  FROM rule_coverage c
 WHERE c.rule IS NOT NULL
 GROUP BY c.rule
 ORDER BY c.rule;

SELECT E'\nRules that no other tool has:\n';
SELECT format('- %s: %s', pg_temp.link(r.rule), r.title)
  FROM dbadvisor.rule r
 WHERE r.shipped
   AND NOT EXISTS (SELECT FROM rule_coverage c WHERE c.rule = r.rule)
 ORDER BY r.category, r.rule;

SELECT E'\n## Every check of the survey\n\n'
    || E'| number | check | rule | remark |\n|---|---|---|---|';
SELECT format('| %s | %s | %s | %s |', c.number, c.name,
              coalesce(pg_temp.link(c.rule), 'none'), pg_temp.cell(c.note))
  FROM rule_coverage c
 ORDER BY c.number;
SELECT format(E'\nNot looked at yet: %s.',
              string_agg(CASE WHEN s.first = s.last THEN s.first::text ELSE s.first || '-' || s.last END, ', ' ORDER BY s.first))
  FROM (SELECT min(n) AS first,
               max(n) AS last
          FROM (SELECT n, n - row_number() OVER (ORDER BY n) AS run
                  FROM generate_series(1, 249) n
                 WHERE n NOT IN (SELECT c.number FROM rule_coverage c)) g
         GROUP BY g.run) s
HAVING count(*) > 0;

SELECT E'\n## Every check of settings, replication and backups\n\n| check | what it is | rules | remark |\n|---|---|---|---|';
SELECT format('| %s | %s | %s | %s |', c.id, pg_temp.cell(c.name),
              coalesce((SELECT string_agg(pg_temp.link(r), ', ' ORDER BY o)
                          FROM string_to_table(c.rules, ' ') WITH ORDINALITY u (r, o)), 'none'),
              pg_temp.cell(c.note))
  FROM settings_coverage c
 ORDER BY c.id;
