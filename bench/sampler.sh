#!/bin/bash
# What the sampler costs: transactions per second of pgbench on two servers that
# take turns of a fifth of a second, one of which does not load the library at all.
#
#   script/sandbox bench/sampler.sh [ROUNDS [SECONDS [CLIENTS]]]     default 10 6 8
#
# Turns so short that whatever else the machine does hits both alike: one pgbench is
# stopped while the other runs.  Each round starts both servers anew, since where a
# process has its memory makes a difference of its own.  Prints a row of a Markdown
# table per workload, protocol and setting of the sampler: the mean ratio of the
# rates, the interval in which it lies with 95 % confidence, and the range of the
# rounds; and the same of transactions per second of CPU of server and client.
# The clients leave no core idle, so on a machine of our own both are the same, while
# others who want the cores too disturb the second one less.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 3 ] || usage
rounds=${1:-10}
seconds=${2:-6}
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

# Start pgbench on the server $1, to run until it is stopped.
start_client() {
	pgbench -h "$WORK/$1" -p 5432 -U postgres -n -M "$protocol" "${script[@]}" \
		-c "$clients" -j 2 -T 3600 postgres >/dev/null 2>&1 &
	client[$1]=$!
}

# Wait until the clients of the server $1 are gone, which then have told what they
# did; print its transactions so far.
count_transactions() {
	local busy=1 total
	while [ "$busy" != 0 ]; do
		read -r busy total < <(psql -XAtq -F ' ' -h "$WORK/$1" -p 5432 -U postgres -d postgres -c "
			SELECT count(a.pid), max(pg_stat_get_db_xact_commit(d.oid))
			  FROM pg_database d
			  LEFT JOIN pg_stat_activity a ON a.datid = d.oid AND a.application_name = 'pgbench'
			 WHERE d.datname = 'postgres'")
	done
	echo "$total"
}

# Print the nanoseconds of CPU that the processes of the server $1 and its client
# have used.
cpu_used() {
	local postmaster status
	postmaster=$(head -n 1 "$WORK/$1/data/postmaster.pid")
	for status in $(grep -ls "^PPid:[[:space:]]*$postmaster\$" /proc/[0-9]*/status) ${client[$1]:+/proc/${client[$1]}/status}; do
		cat "${status%status}"task/*/schedstat
	done | awk '{ sum += $1 } END { printf "%.0f\n", sum }'
}

# Let a client run for the time $2, in seconds.
turn() {
	kill -CONT "${client[$1]}"
	sleep "$2"
	kill -STOP "${client[$1]}"
}

# Let both take turns; append workload, protocol, setting, both numbers of
# transactions and both times of CPU to the results.
measure() {
	local setting=$1 server i order=(with without)
	local -A client before after cpu
	start_servers "$setting"
	[ $((round % 2)) = 0 ] || order=(without with)
	for server in "${order[@]}"; do
		before[$server]=$(count_transactions "$server")
		cpu[$server]=$(cpu_used "$server")
		start_client "$server"
		sleep 0.2
		kill -STOP "${client[$server]}"
	done
	for ((i = 0; i < seconds * 5; i++)); do
		for server in "${order[@]}"; do
			turn "$server" 0.2
		done
	done
	for server in "${order[@]}"; do
		cpu[$server]=$(($(cpu_used "$server") - cpu[$server]))
		kill -CONT "${client[$server]}"
		kill "${client[$server]}"
		wait "${client[$server]}" || true
		after[$server]=$(count_transactions "$server")
	done
	echo "$workload,$protocol,$setting,$((after[with] - before[with])),$((after[without] - before[without])),${cpu[with]},${cpu[without]}" >>"$WORK/results.csv"
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
	CREATE FUNCTION shown(logarithm float8) RETURNS numeric LANGUAGE sql AS 'SELECT round(exp(logarithm)::numeric, 3)';
	CREATE TABLE result (workload text, protocol text, setting text, done float8, done_without float8, cpu float8, cpu_without float8);
	\copy result FROM '$WORK/results.csv' (FORMAT csv)
	\echo | workload | protocol | sampler | tps with | tps without | ratio | 95 % confidence | range of rounds | ratio per CPU | 95 % confidence |
	\echo |---|---|---|---:|---:|---:|---:|---:|---:|---:|
	WITH round AS (
		SELECT workload, protocol, setting, done, done_without, ln(done / done_without) AS rate,
		       ln(done / cpu / (done_without / cpu_without)) AS per_cpu
		  FROM result
	), mean AS (
		SELECT workload, protocol, setting, avg(done) AS done, avg(done_without) AS done_without,
		       avg(rate) AS rate, 1.96 * stddev(rate) / sqrt(count(*)) AS rate_error, min(rate) AS lowest, max(rate) AS highest,
		       avg(per_cpu) AS per_cpu, 1.96 * stddev(per_cpu) / sqrt(count(*)) AS per_cpu_error
		  FROM round
		 GROUP BY workload, protocol, setting
	)
	SELECT format('| %s | %s | %s | %s | %s | %s | %s to %s | %s to %s | %s | %s to %s |', workload, protocol, setting,
	              round(done / ($seconds + 0.2)), round(done_without / ($seconds + 0.2)),
	              shown(rate), shown(rate - rate_error), shown(rate + rate_error), shown(lowest), shown(highest),
	              shown(per_cpu), shown(per_cpu - per_cpu_error), shown(per_cpu + per_cpu_error))
	  FROM mean
	 ORDER BY workload, protocol, setting;
END
