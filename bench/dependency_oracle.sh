#!/bin/bash
# Dependencies, keys and foreign keys against brute force, on many random tables.
#
#   bench/dependency_oracle.sh [TABLES [SEED]]
#
# Tries TABLES random tables (1,000) and a tenth as many random schemas, from SEED (a
# number between 0 and 1; by chance), with the generators of the tests.  Prints the
# seed, what was compared, and a line for each difference; fails if there is one.
#
# Needs a server with dbadvisor: PGHOST and PGPORT name it, or "script/sandbox
# bench/dependency_oracle.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 2 ] || usage
tables=${1:-1000}
seed=${2:-0.$RANDOM}
use_server
make_database dbadvisor_bench
export PGOPTIONS="$PGOPTIONS -c lc_monetary=C"
for name in dependency_oracle inclusion_oracle; do
	run_sql -f "$BENCH/../test/fixture/$name.sql"
done

echo "seed $seed"
differences=0
for call in "try_tables($tables, $seed)" "try_schemas($((tables / 10)), $seed)"; do
	answer=$(run_sql -c 'SET client_min_messages = notice' -c "CALL $call" 2>&1 >/dev/null) || {
		echo "$answer"
		exit 1
	}
	grep -E 'compared|WARNING' <<<"$answer"
	differences=$((differences + $(grep -c WARNING <<<"$answer" || true)))
done
[ $differences = 0 ]
