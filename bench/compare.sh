#!/bin/bash
# Index advice against other advisors; prints Markdown for RESULTS.md.
#
#   bench/compare.sh [-k] [-s SCALE] [-d KEYS] [-t SECONDS] [-m MEMORY] [-b BUDGETS]
#                    [-c SECONDS] [-w WIDTHS] [-p PEERS] [-o FILE] [-e FILE] [-l FILE] [-x]
#                    DIRECTORY [NAME ...]
#
#   -k          take the databases that an earlier run on this server left, if there are any
#   -s SCALE    scale of the data (tpch 0.1, tpcds 0.1, job 0.05)
#   -d KEYS     only the database "nokeys" or "keys"
#   -t SECONDS  time limit of ours (60)
#   -m MEMORY   dbadvisor.work_mem of ours (64MB, the default)
#   -b BUDGETS  storage budgets in % of the table size (10,25,50,100)
#   -c SECONDS  CPU seconds that a run of a re-implemented peer may take beyond what
#               earlier runs have found out for it (120)
#   -w WIDTHS   most columns of a re-implemented peer's index (2)
#   -p PEERS    directory with folders NAME-keys and NAME-nokeys (job-synthetic for
#               job with keys) of CREATE INDEX files, as other tools recommended them
#   -o FILE     keep the figures there, one line of JSON each
#   -e FILE     take the re-implemented peers' sets and efforts from the figures of
#               an earlier run (its -o) instead of running them, and all peers' costs
#               too where the databases are the same (-k): minutes, not an hour
#   -l FILE     write there why a peer was better, where one was
#   -x          without peers
#
# DIRECTORY holds a folder per workload NAME (tpch, tpcds, job; all of them
# without NAME) with schema.sql, queries.sql and perhaps primary_keys.sql.  It is
# not part of this project; where it is absent we say so and succeed.
#
# Loads each workload with and without primary keys, asks for indexes at each
# budget, ours and the peers' on the same server, builds every set and judges it by
# the planner's cost then, with true sizes within the budget.
#
# Needs python3-psycopg2 and HypoPG (script/setup python3-psycopg2
# postgresql-15-hypopg), and a throwaway server with dbadvisor: PGHOST and PGPORT
# name it, or "script/sandbox bench/compare.sh ..." makes one.
set -euo pipefail
. "$(dirname "$0")/common.sh"
. "$BENCH/compare/databases.sh"

keep= scale= only="nokeys keys" seconds=60 memory=64MB budgets=10,25,50,100 limit=120 widths=2 peers= out= losses= earlier=() without=
while getopts ks:d:t:m:b:c:w:p:o:e:l:x option; do
	case $option in
		k) keep=yes ;;
		s) scale=$OPTARG ;;
		d) only=$OPTARG ;;
		t) seconds=$OPTARG ;;
		m) memory=$OPTARG ;;
		b) budgets=$OPTARG ;;
		c) limit=$OPTARG ;;
		w) widths=$OPTARG ;;
		p) peers=$OPTARG ;;
		o) out=$OPTARG ;;
		e) earlier=(--earlier "$(realpath "$OPTARG")") ;;
		l) losses=$OPTARG ;;
		x) without=--no-peers ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
directory=$1
shift
[ $# -ge 1 ] || set -- tpch tpcds job

# Compare on workload $1.
compare() {
	local name=$1 keys arguments=()
	need_workload "$directory/$name"
	make_databases "$name" "$directory/$name" "${scale:-${USUAL_SCALE[$name]}}" "$keep" "$only"
	for keys in $only; do
		[ -n "$without" ] || run_sql -d "${name}_$keys" -c 'CREATE EXTENSION IF NOT EXISTS hypopg'
		arguments+=(--database "$keys=${name}_$keys")
		[ ! -d "$peers/$name-$keys" ] || arguments+=(--peers "$keys=$peers/$name-$keys")
	done
	[ "$name" != job ] || [ ! -d "$peers/job-synthetic" ] || arguments+=(--peers "keys=$peers/job-synthetic")
	"$PYTHON" "$BENCH/compare/compare.py" --name "$name" --queries "$directory/$name/queries.sql" \
		--skip "${LEFT_OUT[$name]}" --budgets "$budgets" --seconds "$seconds" --memory "$memory" --limit "$limit" --widths "$widths" $without --out "$out" "${earlier[@]}" "${arguments[@]}"
	[ -z "$losses" ] ||
		"$PYTHON" "$BENCH/compare/losses.py" --name "$name" --queries "$directory/$name/queries.sql" \
			--skip "${LEFT_OUT[$name]}" --database "nokeys=${name}_nokeys" --database "keys=${name}_keys" "$out" >>"$losses"
}

need_python
use_server
if [ -z "$without" ] && [ -z "$(run_sql -d postgres -c "SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name = 'hypopg'")" ]; then
	echo "compare.sh: HypoPG is not installed; without peers" >&2
	without=--no-peers
fi
[ -n "$out" ] || out=$(mktemp)
for name in "$@"; do
	compare "$name"
done
"$PYTHON" "$BENCH/compare/report.py" "$out"
