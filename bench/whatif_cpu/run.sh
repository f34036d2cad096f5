#!/bin/sh
# CPU time of what-if calls, and the same questions put to HypoPG over a socket.
# Takes the connection from PGHOST, PGPORT, PGUSER and PGDATABASE; the server
# must be able to read this folder.  HypoPG is left out where it is missing.
set -e
cd "$(dirname "$0")"
script=$(mktemp)
trap 'rm -f "$script" "$script".*' EXIT
make -s with_llvm=no
psql -X -q -v object="${OBJECT:-$PWD/whatif_cpu}" -v batches="${BATCHES:-200}" \
	-v script="$script" -f whatif_cpu.sql

psql -X -q -c 'CREATE EXTENSION IF NOT EXISTS hypopg' 2>/dev/null || exit 0
hypopg()
{
	printf "SELECT hypopg_create_index('%s');\nEXPLAIN (FORMAT json) %s;\nSELECT hypopg_reset();\n" \
		"$1" "$2" > "$script"
	pgbench -n -T "${SECONDS_EACH:-3}" -l --log-prefix="$script" -f "$script" \
		> /dev/null 2>&1
	awk 'NF == 6 && $3 > 0' "$script".* | sort -n -k 3 | awk -v what="$3" \
		'{ us[NR] = $3 }
		 END { printf "HypoPG create + EXPLAIN + reset, %s: min %d us, median %d us\n", what, us[1], us[int((NR + 1) / 2)] }'
	rm -f "$script".*
}
hypopg 'CREATE INDEX ON whatif_cpu.orders (customer)' \
	'SELECT * FROM whatif_cpu.orders WHERE customer = 5' 'one table, one predicate'
hypopg 'CREATE INDEX ON whatif_cpu.orders (customer, placed)' \
	'SELECT * FROM whatif_cpu.orders WHERE customer = 5 AND status = 2 ORDER BY placed LIMIT 10' \
	'one table, order and limit'
