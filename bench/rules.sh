#!/bin/bash
# CPU time of the rules on a large catalog.
#
#   bench/rules.sh [-s ROWS] [-t TABLES] [-i INDEXES] [RULE_PATTERN]
#
#   -s    with so many rows in each table, and ANALYZE; 0: of empty tables
#
# Makes a catalog of 10,000 tables and 50,000 indexes: keys, foreign keys of which
# one in fifty has no index, an index in a hundred that another one repeats,
# partitions, types of all kinds.  Then runs each rule that matches the pattern
# (default: %) in a session of its own, since the first one also loads the caches,
# and prints milliseconds of CPU of its backend, wall time, and rows of advice; at last
# those of analyze() with all rules, also those that are off by default, in one session,
# and the time of the longest of them there.
# Exit status 1 when one takes more than 3 s of CPU, or all together more than 30 s.
set -euo pipefail
. "$(dirname "$0")/common.sh"

TABLES=10000
INDEXES=50000
ROWS=
while getopts s:t:i: option; do
	case $option in
		s) ROWS=$OPTARG ;;
		t) TABLES=$OPTARG ;;
		i) INDEXES=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
PATTERN=${1:-%}
MOST_MS=3000
MOST_ALL_MS=30000

# Tables of one fiftieth at a time, as each transaction keeps a lock on each.
make_catalog() {
	run_sql <<-'SQL'
		CREATE SCHEMA crowd;
		CREATE PROCEDURE crowd.make(tables int, others int) LANGUAGE plpgsql AS $$
		DECLARE
			parent int;
		BEGIN
			FOR i IN 1 .. tables LOOP
				parent := greatest(1, i - 1 - i % 37);
				EXECUTE format('CREATE TABLE crowd.t%s (id bigint PRIMARY KEY, parent_id bigint, code text, at timestamptz, price numeric, state int, note varchar(20)) WITH (autovacuum_enabled = off)', i);
				IF i > 1 THEN
					EXECUTE format('ALTER TABLE crowd.t%s ADD FOREIGN KEY (parent_id) REFERENCES crowd.t%s', i, parent);
				END IF;
				FOR j IN 1 .. others LOOP
					CONTINUE WHEN j = 1 AND i % 50 = 0;
					EXECUTE format('CREATE INDEX ON crowd.t%s (%s)', i,
						(ARRAY['parent_id', 'code', 'at', 'state, code', 'price', 'note', 'at, state', 'code, at'])[
							CASE WHEN j > 1 AND i % 100 = 0 THEN 2 ELSE 1 + (j - 1) % 8 END]);
				END LOOP;
				IF i % 200 = 0 THEN
					COMMIT;
				END IF;
			END LOOP;
		END
		$$;
	SQL
	run_sql -c "CALL crowd.make($TABLES, $((INDEXES / TABLES - 1)))"
	[ -z "$ROWS" ] || fill_tables
	run_sql -c 'VACUUM ANALYZE pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_index,
		pg_catalog.pg_constraint, pg_catalog.pg_depend, pg_catalog.pg_description, pg_catalog.pg_trigger'
}

# Rows and statistics.  Those on pg_statistic itself the server never makes.
fill_tables() {
	run_sql -v rows="$ROWS" -v tables="$TABLES" <<-'SQL'
		SET synchronous_commit = off;
		SELECT format('INSERT INTO crowd.t%s (id, code, at, price, state, note) SELECT g, ''c'' || g %% 7, now() + g * interval ''1 h'', g * 1.5, g %% 4, ''n'' || g FROM generate_series(1, %s) g', i, :rows)
		  FROM generate_series(1, :tables) i
		\gexec
		ANALYZE;
		VACUUM pg_catalog.pg_statistic;
	SQL
}

# CPU of a backend in ms, from the kernel: user and system time in ticks.
cpu_of() {
	awk -v ticks="$(getconf CLK_TCK)" '{ sub(/^.*\) /, ""); print int(($12 + $13) * 1000 / ticks) }' "/proc/$1/stat"
}

# Run a query for one number in a new session; prints "CPU WALL NUMBER", times in ms.
measure() {
	local pid before after answer
	coproc SESSION_OF_QUERY { run_sql; }
	echo 'SELECT pg_backend_pid();' >&"${SESSION_OF_QUERY[1]}"
	read -r pid <&"${SESSION_OF_QUERY[0]}"
	before=$(cpu_of "$pid")
	cat >&"${SESSION_OF_QUERY[1]}" <<-END
		SELECT round(extract(epoch FROM clock_timestamp() - now()) * 1000) || ' ' || n
		  FROM ($1 OFFSET 0) r (n);
	END
	read -r answer <&"${SESSION_OF_QUERY[0]}"
	after=$(cpu_of "$pid")
	echo '\q' >&"${SESSION_OF_QUERY[1]}"
	wait "$SESSION_OF_QUERY_PID" || true
	echo "$((after - before)) $answer"
}

# Measure one rule; the number is that of its rows of advice.
run_rule() {
	measure "SELECT count(*)
		FROM unnest(dbadvisor.rule_advice(dbadvisor.rule_query('$1'))) a
		WHERE a.object_type <> 'rule'"
}

use_server
make_database rules
say "making $TABLES tables with $INDEXES indexes"
make_catalog
say "running the rules"
slow=0
echo '| rule | CPU, ms | time, ms | rows |'
echo '|---|---|---|---|'
for rule in $(run_sql -c "SELECT rule FROM dbadvisor.rule WHERE rule LIKE '$PATTERN' ORDER BY rule"); do
	read -r cpu wall rows <<<"$(run_rule "$rule")"
	echo "| $rule | $cpu | $wall | $rows |"
	[ "$cpu" -le $MOST_MS ] || slow=1
done
run_sql -c "SELECT dbadvisor.set_rule(rule, enabled => true) FROM dbadvisor.rule" >/dev/null
read -r cpu wall _ <<<"$(measure 'SELECT dbadvisor.analyze()')"
echo "| analyze(), all rules | $cpu | $wall | |"
run_sql -c "SELECT format('| in analyze(): %s | | %s | |', rule, round(elapsed_ms)) FROM dbadvisor.rule_run ORDER BY elapsed_ms DESC LIMIT 3"
[ $slow = 0 ] && [ "$cpu" -le $MOST_ALL_MS ]
