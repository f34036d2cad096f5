#!/bin/bash
# What the sampler costs: transactions per second of pgbench on two servers that
# run at the same time, one of which does not load the library at all.
#
#   script/sandbox bench/sampler.sh [ROUNDS [SECONDS [CLIENTS]]]     default 10 5 8
#
# Both have the same number of clients and share the same processors, so that
# whatever else the machine does hits both alike at the same moment; what is left is
# what a transaction costs more.  Each round starts both servers anew, since where a
# process has its memory makes a difference of its own.  Prints a row of a Markdown
# table per workload, protocol and setting of the sampler: the mean ratio of the
# rates, the interval in which it lies with 95 % confidence, and the range of the
# rounds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 3 ] || usage
rounds=${1:-10}
seconds=${2:-5}
clients=${3:-8}
[ -z "${PGHOST:-}${PGPORT:-}" ] || fail "runs on servers of its own: script/sandbox bench/sampler.sh"
[ -n "${WORK:-}" ] || fail "run: script/sandbox bench/sampler.sh"

cluster() { WORK=$WORK/$1 "$BENCH/../script/cluster" "${@:2}"; }

stop_servers() {
	cluster with stop
	cluster without stop
}

# Start both servers, the one "with" at the sampler's setting $1.
start_servers() {
	local rate=0.01
	[ "$1" != full ] || rate=1
	cluster without start shared_preload_libraries=pg_stat_statements "${common[@]}"
	cluster with start shared_preload_libraries=pg_stat_statements,dbadvisor \
		dbadvisor.worker=off dbadvisor.sampler_rate="$rate" "${common[@]}"
}

# Run pgbench on the server $1 for $2 seconds; print its rate.
rate_of() {
	pgbench -h "$WORK/$1" -p 5432 -U postgres -n -M "$protocol" "${script[@]}" \
		-c "$clients" -j 1 -T "$2" postgres 2>/dev/null | awk '/^tps/ { print $3 }'
}

# Run both at once, after a moment in which caches fill; append workload, protocol,
# setting and both rates to the results.
measure() {
	local setting=$1 with without server
	start_servers "$setting"
	for server in with without; do
		rate_of "$server" 1 >"$WORK/$server.rate" &
	done
	wait
	for server in with without; do
		rate_of "$server" "$seconds" >"$WORK/$server.rate" &
	done
	wait
	with=$(cat "$WORK/with.rate")
	without=$(cat "$WORK/without.rate")
	echo "$workload,$protocol,$setting,$with,$without" >>"$WORK/results.csv"
}

common=(fsync=off synchronous_commit=off autovacuum=off shared_buffers=512MB
	max_wal_size=8GB checkpoint_timeout=1h)
PATH=$PGBIN:$PATH
mkdir "$WORK/with" "$WORK/without"
trap stop_servers EXIT
start_servers default
for server in with without; do
	pgbench -h "$WORK/$server" -p 5432 -U postgres -i -q -s 10 postgres 2>/dev/null
done
psql -XAtq -h "$WORK/with" -p 5432 -U postgres -d postgres \
	-c 'CREATE EXTENSION pg_stat_statements' -c 'CREATE EXTENSION dbadvisor'

for round in $(seq "$rounds"); do
	say "round $round"
	for workload in select tpcb; do
		script=()
		[ "$workload" != select ] || script=(-S)
		for protocol in prepared simple; do
			for setting in default full; do
				measure "$setting"
			done
		done
	done
done

psql -XAtq -v ON_ERROR_STOP=1 -h "$WORK/with" -p 5432 -U postgres -d postgres <<-END
	CREATE TABLE result (workload text, protocol text, setting text, tps float8, without float8);
	\copy result FROM '$WORK/results.csv' (FORMAT csv)
	\echo | workload | protocol | sampler | tps with | tps without | ratio | 95 % confidence | range of rounds |
	\echo |---|---|---|---:|---:|---:|---:|---:|
	SELECT format('| %s | %s | %s | %s | %s | %s | %s to %s | %s to %s |', workload, protocol, setting,
	              round(avg(tps)), round(avg(without)), round(exp(avg(ln(tps / without)))::numeric, 3),
	              round(exp(avg(ln(tps / without)) - 1.96 * stddev(ln(tps / without)) / sqrt(count(*)))::numeric, 3),
	              round(exp(avg(ln(tps / without)) + 1.96 * stddev(ln(tps / without)) / sqrt(count(*)))::numeric, 3),
	              round(min(tps / without)::numeric, 3), round(max(tps / without)::numeric, 3))
	  FROM result
	 GROUP BY workload, protocol, setting
	 ORDER BY workload, protocol, setting;
END
