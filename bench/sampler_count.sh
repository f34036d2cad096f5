#!/bin/bash
# What the sampler costs, counted: instructions per transaction of the server's
# process, outside of the kernel, for pgbench without the library, with it while it
# samples nothing, at its defaults, and with everything sampled.  pg_stat_statements
# is there and tracks nothing, so that it is the sampler that takes the time.
#
#   script/sandbox bench/sampler_count.sh [TRANSACTIONS]     default 2000
#
# callgrind counts the same whatever else the machine does.  A transaction also
# takes the kernel and the client, which the library does not touch, so that the
# share of its time is smaller than the share of these instructions.  What starting
# a session costs is taken off: it is in two runs alike, of which one has
# TRANSACTIONS more.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 1 ] || usage
transactions=${1:-2000}
[ -n "${WORK:-}" ] || fail "run: script/sandbox bench/sampler_count.sh"
command -v valgrind >/dev/null || fail "needs valgrind"

# Count the instructions of the busiest process of a server at settings ... while
# pgbench runs $1 transactions.
count_run() {
	local count=$1 server
	shift
	"$BENCH/../script/cluster" start shared_buffers=128MB autovacuum=off dbadvisor.worker=off "$@"
	"$BENCH/../script/cluster" stop
	rm -f "$WORK"/callgrind.*
	valgrind --tool=callgrind --trace-children=yes --callgrind-out-file="$WORK/callgrind.%p" \
		"$PGBIN/postgres" -D "$WORK/data" >"$WORK/valgrind.log" 2>&1 &
	server=$!
	until psql -Xq -c 'SELECT' >/dev/null 2>&1; do sleep 0.2; done
	pgbench -n "${script[@]}" -M "$protocol" -c 1 -t "$count" >/dev/null 2>&1
	kill -INT "$(head -n 1 "$WORK/data/postmaster.pid")"
	wait "$server" || true
	awk '/^(summary|totals):/ { if ($2 > most) most = $2; nextfile } END { print most }' "$WORK"/callgrind.*
}

# Print instructions per transaction at settings ...
per_transaction() {
	local few many
	few=$(count_run 1000 "$@")
	many=$(count_run $((1000 + transactions)) "$@")
	echo $(((many - few) / transactions))
}

both=shared_preload_libraries=pg_stat_statements,dbadvisor
use_server
pgbench -i -q -s 1 2>/dev/null
echo '| workload | protocol | without | off | | default | | everything | |'
echo '|---|---|---:|---:|---:|---:|---:|---:|---:|'
for workload in select tpcb; do
	script=()
	[ "$workload" != select ] || script=(-S)
	for protocol in prepared simple; do
		say "$workload $protocol"
		none=$(per_transaction shared_preload_libraries=pg_stat_statements)
		off=$(per_transaction "$both" dbadvisor.sampler_rate=0)
		default=$(per_transaction "$both")
		full=$(per_transaction "$both" dbadvisor.sampler_rate=1)
		awk -v w="$workload" -v p="$protocol" -v n="$none" -v o="$off" -v d="$default" -v f="$full" '
			function more(m) { return sprintf("%+d | %.1f %%", m - n, 100 * (m / n - 1)) }
			BEGIN { printf "| %s | %s | %d | %s | %s | %s |\n", w, p, n, more(o), more(d), more(f) }'
	done
done
