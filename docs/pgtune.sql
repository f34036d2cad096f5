-- Prints docs/pgtune.md: dbadvisor.settings_baseline() against PGTune for its seven
-- example machines.
--
--     psql -XAtq -f docs/pgtune.sql > docs/pgtune.md
--
-- What PGTune prints is in test/fixture/pgtune.sql.  On a server before PostgreSQL
-- 18; from then on effective_io_concurrency stays at its default.
SET client_min_messages = warning;
LOAD 'dbadvisor';
\ir ../test/fixture/pgtune.sql

SELECT E'# Start values against PGTune\n\n'
    || E'Printed by [pgtune.sql](pgtune.sql); do not edit. `dbadvisor.settings_baseline()` says where\n'
    || E'a new server begins; PGTune asks for the machine and the kind of use. Both were asked for\n'
    || E'the same seven machines. Each cell is ours, and PGTune''s in brackets where it differs (none\n'
    || E'where it prints nothing).\n';
SELECT format(E'- machine %s: %s of memory, %s cores, %s connections, %s; PGTune for PostgreSQL %s, %s', m.id, m.memory, m.cores, m.connections, m.storage, m.version, m.use)
  FROM pgtune_machine m
 ORDER BY m.id;
SELECT E'\nWe take no label for the use: what it stands for there is measured here, and until then\n'
    || E'the server''s default holds. The last column says where the difference comes from, and\n'
    || E'names the rule that measures.\n\n'
    || E'| setting | 1 | 2 | 3 | 4 | 5 | 6 | 7 | why |\n|---|---|---|---|---|---|---|---|---|';
SELECT format('| %s | %s | %s |', o.setting,
              string_agg(CASE WHEN p.printed[o.id] = o.value THEN o.value ELSE format('%s (%s)', o.value, coalesce(p.printed[o.id], 'none')) END, ' | ' ORDER BY o.id),
              string_agg(DISTINCT o.remark, '; or '))
  FROM ours o
  JOIN pgtune p ON p.setting = o.setting
 GROUP BY o.setting, o.place
 ORDER BY o.place;
