#!/bin/bash
# What the sampler costs: transactions per second of pgbench on two servers that
# take turns of a fifth of a second, one of which does not load the library at all.
#
#   script/sandbox bench/sampler.sh [-os] [-w WARM] [ROUNDS [SECONDS [CLIENTS]]]     default 12 2 8
#
#   -o         one server with the library, whose sampler is on and off by turns: how a
#              server happens to be started makes no difference then, but what the hooks
#              cost while it is off is not seen
#   -s         select-only alone, which has least work to hide the sampler's in
#   -w WARM    seconds that clients run before they count (2): of a session's first
#              executions of a statement more are sampled
#
# Turns so short that whatever else the machine does hits both alike: one pgbench is
# stopped while the other runs.  Each round starts both servers anew, the one that was
# second before first, since where a process has its memory makes a difference of its
# own; each processor has a pgbench
# and the backends that serve it, since who shares one with whom makes another.  A turn
# of one server is compared with the other's next to it, and the median of these ratios
# is that of the round: a turn in which somebody else had the processor says nothing.
#
# Prints a row of a Markdown table per workload, protocol and setting of the sampler:
# the mean of the rounds' ratios of the rates and the interval in which it lies with 95 %
# confidence; and the same of the transactions per second of processor time that the
# server's backends took, which the clients, and what else runs, disturb less.  All
# processors are busy, so that the rate cannot fall by more than these do.  Two settings
# are controls: "none" compares two servers without the library, which shows the error of
# the method; "idle" one with auto_explain, which is in the way of each statement and does
# nothing.
set -euo pipefail
. "$(dirname "$0")/common.sh"

workloads=(select tpcb)
warm=2
one=false
settings=(none idle default full)
while getopts osw: option; do
	case $option in
		o) one=true settings=(none default full) ;;
		s) workloads=(select) ;;
		w) warm=$OPTARG ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 3 ] && [ "${1:-2}" -ge 2 ] || usage
rounds=${1:-12}
seconds=${2:-2}
clients=${3:-8}
cores=$(nproc)
[ -z "${PGHOST:-}${PGPORT:-}" ] || fail "runs on servers of its own: script/sandbox bench/sampler.sh"
[ -n "${WORK:-}" ] || fail "run: script/sandbox bench/sampler.sh"

cluster() { WORK=$WORK/$1 "$BENCH/../script/cluster" "${@:2}"; }

ask() { psql -XAtq -v ON_ERROR_STOP=1 -F ' ' -h "$WORK/$1" -p 5432 -U postgres -d postgres "${@:2}"; }

stop_servers() {
	cluster with stop
	cluster without stop
}

# Start the server $1; the one "with" has what the setting $2 says.
start_server() {
	local library= own=()
	if [ "$1" = with ]; then
		case $2 in
			none) ! $one || library=,dbadvisor own=(dbadvisor.worker=off) ;;
			default) library=,dbadvisor own=(dbadvisor.worker=off) ;;
			full) library=,dbadvisor own=(dbadvisor.worker=off dbadvisor.sampler_rate=1) ;;
			idle) library=,auto_explain ;;
		esac
	fi
	cluster "$1" start shared_preload_libraries="pg_stat_statements$library" "${own[@]}" "${common[@]}"
}

# Start the servers in the order given, at the setting $1.
start_servers() {
	local server setting=$1
	shift
	for server in "$@"; do
		start_server "$server" "$setting"
	done
	for server in "$@"; do
		ask "$server" -c "SELECT pg_prewarm(c) FROM unnest('{pgbench_accounts,pgbench_accounts_pkey}'::regclass[]) c" >/dev/null
	done
}

# Start the clients of the server $1, to run until they are stopped.
start_clients() {
	local core pid
	client[$1]=
	for ((core = 0; core < cores; core++)); do
		PGAPPNAME=pgbench$core taskset -c $core pgbench -h "$WORK/$1" -p 5432 -U postgres -n -M "$protocol" \
			"${script[@]}" -c $((clients / cores)) -T 3600 postgres >/dev/null 2>&1 &
		client[$1]+=" $!"
	done
	sleep "$warm"
	signal STOP "$1"
	backend[$1]=
	while read -r core pid; do
		taskset -cp "$core" "$pid" >/dev/null
		backend[$1]+=" $pid"
	done < <(ask "$1" -c "SELECT substr(application_name, 8), pid FROM pg_stat_activity WHERE application_name LIKE 'pgbench%'")
	open_session "$1"
}

# Open a session with the server $1 that stays open.
open_session() {
	local in=$WORK/$1.in out=$WORK/$1.out
	mkfifo "$in" "$out"
	ask "$1" <"$in" >"$out" &
	exec {to[$1]}>"$in" {from[$1]}<"$out"
	rm "$in" "$out"
}

close_session() {
	local in=${to[$1]} out=${from[$1]}
	exec {in}>&- {out}<&-
}

# Send the signal $1 to the clients of the server $2.
signal() {
	# shellcheck disable=SC2086
	kill -"$1" ${client[$2]}
}

end_clients() {
	local pid
	signal CONT "$1"
	signal TERM "$1"
	for pid in ${client[$1]}; do
		wait "$pid" || true
	done
}

# Set transactions and nanoseconds: what the server $1 has done, each transaction reads
# one balance, and the processor time of the backends of its clients.
count() {
	local pid own rest
	echo "SELECT sum(calls) FROM pg_stat_statements WHERE query LIKE 'SELECT abalance%';" >&"${to[$1]}"
	read -r -u "${from[$1]}" transactions
	nanoseconds=0
	for pid in ${backend[$1]}; do
		read -r own rest <"/proc/$pid/schedstat"
		nanoseconds=$((nanoseconds + own))
	done
}

# Have the sampler of the one server on in the turns of "with".
switch_sampler() {
	local state=off answer
	[ "$1" != with ] || [ "$2" = none ] || state=on
	echo "ALTER SYSTEM SET dbadvisor.sampler = $state; SELECT pg_reload_conf();" >&"${to[with]}"
	read -r -u "${from[with]}" answer
}

# Let the clients of a server run for a fifth of a second; sets rate[], transactions
# per second, and yield[], those per second of the backends' processor time.  $2 is the
# setting.
turn() {
	local start end transactions_before nanoseconds_before transactions nanoseconds server=$1
	if $one; then
		switch_sampler "$1" "$2"
		server=with
	fi
	count "$server"
	transactions_before=$transactions nanoseconds_before=$nanoseconds
	start=$EPOCHREALTIME
	signal CONT "$server"
	sleep 0.2
	signal STOP "$server"
	end=$EPOCHREALTIME
	count "$server"
	transactions=$((transactions - transactions_before))
	rate[$1]=$((transactions * 1000000 / (${end/./} - ${start/./})))
	yield[$1]=$((transactions * 1000000000 / (nanoseconds - nanoseconds_before)))
}

# Let both take turns; append round, workload, protocol, setting, both rates and both
# yields of each pair of turns to the results.
measure() {
	local setting=$1 i server order=(with without) servers=(with)
	local -A client backend to from rate yield
	[ $((round % 2)) = 1 ] || order=(without with)
	$one || servers=("${order[@]}")
	start_servers "$setting" "${servers[@]}"
	for server in "${servers[@]}"; do
		start_clients "$server"
	done
	for ((i = 0; i < seconds * 5; i++)); do
		turn "${order[0]}" "$setting"
		turn "${order[1]}" "$setting"
		echo "$round,$workload,$protocol,$setting,${rate[with]},${rate[without]},${yield[with]},${yield[without]}" >>"$WORK/results.csv"
		order=("${order[1]}" "${order[0]}")
	done
	for server in "${servers[@]}"; do
		close_session "$server"
		end_clients "$server"
	done
}

common=(fsync=off synchronous_commit=off autovacuum=off shared_buffers=512MB
	max_wal_size=8GB checkpoint_timeout=1h)
PATH=$PGBIN:$PATH
mkdir "$WORK/with" "$WORK/without"
trap stop_servers EXIT
cluster without start shared_preload_libraries=pg_stat_statements "${common[@]}"
cluster with start shared_preload_libraries=pg_stat_statements,dbadvisor "${common[@]}"
for server in with without; do
	pgbench -h "$WORK/$server" -p 5432 -U postgres -i -q -s 10 postgres 2>/dev/null
	ask "$server" -c 'CREATE EXTENSION pg_prewarm' -c 'CREATE EXTENSION pg_stat_statements'
done
ask with -c 'CREATE EXTENSION dbadvisor'

for round in $(seq "$rounds"); do
	say "round $round"
	for workload in "${workloads[@]}"; do
		script=()
		[ "$workload" != select ] || script=(-S)
		for protocol in prepared simple; do
			for setting in "${settings[@]}"; do
				measure "$setting"
			done
		done
	done
done

ask with <<-END
	CREATE FUNCTION shown(logarithm float8) RETURNS numeric LANGUAGE sql AS 'SELECT round(exp(logarithm)::numeric, 3)';
	CREATE TABLE result (round int, workload text, protocol text, setting text,
						 rate_with float8, rate_without float8, yield_with float8, yield_without float8);
	\copy result FROM '$WORK/results.csv' (FORMAT csv)
	\echo | workload | protocol | sampler | tps with | tps without | ratio | 95 % confidence | ratio by CPU | 95 % confidence |
	\echo |---|---|---|---:|---:|---:|---:|---:|---:|
	WITH each_round AS (
		SELECT workload, protocol, setting, round,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY rate_with) AS rate_with,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY rate_without) AS rate_without,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY ln(rate_with / rate_without)) AS rate,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY ln(yield_with / yield_without)) AS yield
		  FROM result
		 GROUP BY workload, protocol, setting, round
	), each AS (
		SELECT workload, protocol, setting, avg(rate_with) AS rate_with, avg(rate_without) AS rate_without,
		       avg(rate) AS rate, avg(yield) AS yield,
		       -- Student's t, by the first terms of its expansion
		       (1.96 + 2.37 / (count(*) - 1) + 2.82 / (count(*) - 1)^2) / sqrt(count(*)) AS reach,
		       stddev(rate) AS rate_spread, stddev(yield) AS yield_spread
		  FROM each_round
		 GROUP BY workload, protocol, setting
	)
	SELECT format('| %s | %s | %s | %s | %s | %s | %s to %s | %s | %s to %s |', workload, protocol, setting,
	              round(rate_with), round(rate_without),
	              shown(rate), shown(rate - reach * rate_spread), shown(rate + reach * rate_spread),
	              shown(yield), shown(yield - reach * yield_spread), shown(yield + reach * yield_spread))
	  FROM each
	 ORDER BY workload, protocol, setting;
END
