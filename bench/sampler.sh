#!/bin/bash
# What the sampler costs: transactions per second of pgbench on two servers that
# take turns of a fifth of a second, one of which does not load the library at all.
#
#   script/sandbox bench/sampler.sh [-os] [ROUNDS [TURNS [CLIENTS]]]     default 12 12 8
#
#   -o         one server with the library, in which half of the sessions sample while the
#              others, which run at the same time, do not: what else the machine does hits
#              both alike, and how a server happens to be started makes no difference, but
#              what the hooks cost while nothing is sampled is not seen;
#              bench/sampler_count.sh counts it
#   -s         select-only alone, which has least work to hide the sampler's in
#
# Turns so short that whatever else the machine does hits all alike: the clients of one
# server are stopped while those of the other run.  Each round starts the servers anew,
# the one that was second before first, since where a process has its memory makes a
# difference of its own; each processor has a pgbench and the backends that serve it,
# since who shares one with whom makes another.  Clients count once they have done some
# thousand transactions each: of a session's first executions more is looked at.  A turn
# is compared with those next to it, and the mean of the middle half of these ratios is
# that of the round: a turn in which somebody else had the processor says nothing.
#
# With -o the halves change places in every second turn, and the geometric mean of two
# such turns counts: each process has its memory somewhere, too.  The server itself is
# not told of a change, only the backends of one half are, which read the settings when
# they run next; before a turn counts all run for a twentieth of a second.
#
# Prints a row of a Markdown table per workload, protocol and setting of the sampler:
# the mean of the rounds' ratios of the rates and the interval in which it lies with 95 %
# confidence; and the same of the transactions per second of processor time that the
# server's backends took, which the clients, and what else runs, disturb less.  All
# processors are busy, so that the rate cannot fall by more than these do.  (The rates of
# the halves with -o are those of sessions that compete for the same processors.)  Two settings
# are controls: "none" compares two servers without the library, or two halves without
# samples, which shows the error of the method; "idle" a server with auto_explain, which
# is in the way of each statement and does nothing.
set -euo pipefail
. "$(dirname "$0")/common.sh"

workloads=(select tpcb)
one=false
settings=(none idle default full)
while getopts os option; do
	case $option in
		o) one=true settings=(one) ;;
		s) workloads=(select) ;;
		*) usage ;;
	esac
done
shift $((OPTIND - 1))
[ $# -le 3 ] && [ "${1:-2}" -ge 2 ] && [ "${2:-4}" -ge 4 ] || usage
rounds=${1:-12}
turns=${2:-12}
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
			default) library=,dbadvisor own=(dbadvisor.worker=off) ;;
			full | one) library=,dbadvisor own=(dbadvisor.worker=off dbadvisor.sampler_rate=1) ;;
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
		ask "$server" -c "SELECT pg_prewarm(c) FROM unnest('{pgbench_accounts,pgbench_accounts_pkey}'::regclass[]) c" \
			-c 'SELECT pg_stat_statements_reset()' >/dev/null
	done
}

# Start the clients of the server $1, each half as a user of its own, and stop them when
# they are warm.
start_clients() {
	local core pid half
	local -A transactions=([0]=0 [1]=0) nanoseconds
	client[$1]=
	for ((core = 0; core < cores; core++)); do
		for half in 0 1; do
			PGAPPNAME=pgbench$core taskset -c $core pgbench -h "$WORK/$1" -p 5432 -U "half$half" -n -M "$protocol" \
				"${script[@]}" -c $((clients / cores / 2)) -T 3600 postgres >/dev/null 2>&1 &
			client[$1]+=" $!"
		done
	done
	sleep 1
	backend[${1}0]='' backend[${1}1]=''
	while read -r core half pid; do
		taskset -cp "$core" "$pid" >/dev/null
		backend[$1$half]+=" $pid"
	done < <(ask "$1" -c "SELECT substr(application_name, 8), substr(usename, 5), pid
							FROM pg_stat_activity WHERE application_name LIKE 'pgbench%'")
	open_session "$1"
	until [ $((transactions[0] + transactions[1])) -ge $((clients * 1000)) ]; do
		sleep 0.5
		count "$1"
	done
	signal STOP "$1"
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

# Set transactions[] and nanoseconds[] of each half: what the server $1 has done, each
# transaction reads one balance, and the processor time of the backends of its clients.
count() {
	local half pid own rest
	echo "SELECT sum(calls) FILTER (WHERE userid = 'half0'::regrole), sum(calls) FILTER (WHERE userid = 'half1'::regrole)
			FROM pg_stat_statements WHERE query LIKE 'SELECT abalance%';" >&"${to[$1]}"
	read -r -u "${from[$1]}" "transactions[0]" "transactions[1]"
	for half in 0 1; do
		nanoseconds[$half]=0
		for pid in ${backend[$1$half]}; do
			read -r own rest <"/proc/$pid/schedstat"
			nanoseconds[$half]=$((nanoseconds[$half] + own))
		done
	done
}

# Let the clients of the server $1 run for $2 seconds.
run_clients() {
	signal CONT "$1"
	sleep "$2"
	signal STOP "$1"
}

# Let the clients of the server $1 run for a fifth of a second; sets rate[], transactions
# per second, and yield[], those per second of the backends' processor time: of all as
# $2, of the halves as ${2}0 and ${2}1.
turn() {
	local start end half ran used all_ran=0 all_used=0
	local -A transactions nanoseconds ran_before used_before
	count "$1"
	for half in 0 1; do
		ran_before[$half]=${transactions[$half]} used_before[$half]=${nanoseconds[$half]}
	done
	start=$EPOCHREALTIME
	run_clients "$1" 0.2
	end=$EPOCHREALTIME
	count "$1"
	for half in 0 1 ''; do
		if [ -n "$half" ]; then
			ran=$((transactions[$half] - ran_before[$half])) used=$((nanoseconds[$half] - used_before[$half]))
			all_ran=$((all_ran + ran)) all_used=$((all_used + used))
		else
			ran=$all_ran used=$all_used
		fi
		rate[$2$half]=$((ran * 1000000 / (${end/./} - ${start/./})))
		yield[$2$half]=$((ran * 1000000000 / used))
	done
}

# Append round, workload, protocol, setting, and with and without the rates and the
# yields, to the results.
note() {
	local IFS=,
	echo "$round,$workload,$protocol,$*" >>"$WORK/results.csv"
}

# Let both servers take turns at the setting $1.
compare_servers() {
	local i
	for ((i = 0; i < turns; i++)); do
		turn "${order[0]}" "${order[0]}"
		turn "${order[1]}" "${order[1]}"
		note "$1" "${rate[with]}" "${rate[without]}" "${yield[with]}" "${yield[without]}"
		order=("${order[1]}" "${order[0]}")
	done
}

# Have a half of the sessions, $1, of the one server sample the share $2.
sample() {
	local answer
	echo "ALTER SYSTEM SET dbadvisor.sampler_rate = $2; SELECT 1;" >&"${to[with]}"
	read -r -u "${from[with]}" answer
	# shellcheck disable=SC2086
	kill -HUP ${backend[with$1]}
	run_clients with 0.05
}

# The geometric mean of two numbers.
mean() { awk -v a="$1" -v b="$2" 'BEGIN { print sqrt(a * b) }'; }

# Let the halves of the sessions take turns.
compare_halves() {
	local i setting
	local -A share=([none]=0 [default]=0.01 [full]=1)
	for ((i = 0; i < turns; i++)); do
		for setting in none default full; do
			sample 0 "${share[$setting]}"
			sample 1 0
			turn with a
			sample 0 0
			sample 1 "${share[$setting]}"
			turn with b
			note "$setting" "$(mean "${rate[a0]}" "${rate[b1]}")" "$(mean "${rate[a1]}" "${rate[b0]}")" \
				"$(mean "${yield[a0]}" "${yield[b1]}")" "$(mean "${yield[a1]}" "${yield[b0]}")"
		done
	done
}

# Measure at the setting $1.
measure() {
	local server order=(with without)
	local -A client backend to from rate yield
	[ $((round % 2)) = 1 ] || order=(without with)
	! $one || order=(with)
	start_servers "$1" "${order[@]}"
	for server in "${order[@]}"; do
		start_clients "$server"
	done
	if $one; then
		compare_halves
		ask with -c 'ALTER SYSTEM RESET ALL'
	else
		compare_servers "$1"
	fi
	for server in "${order[@]}"; do
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
	ask "$server" -c 'CREATE EXTENSION pg_prewarm' -c 'CREATE EXTENSION pg_stat_statements' \
		-c 'CREATE ROLE half0 LOGIN IN ROLE pg_read_all_data, pg_write_all_data' \
		-c 'CREATE ROLE half1 LOGIN IN ROLE pg_read_all_data, pg_write_all_data'
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
	WITH ranked AS (
		SELECT *,
		       ntile(4) OVER (each_round ORDER BY rate_with / rate_without) AS rate_quarter,
		       ntile(4) OVER (each_round ORDER BY yield_with / yield_without) AS yield_quarter
		  FROM result
		WINDOW each_round AS (PARTITION BY workload, protocol, setting, round)
	), each_round AS (
		SELECT workload, protocol, setting, round,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY rate_with) AS rate_with,
		       percentile_cont(0.5) WITHIN GROUP (ORDER BY rate_without) AS rate_without,
		       avg(ln(rate_with / rate_without)) FILTER (WHERE rate_quarter IN (2, 3)) AS rate,
		       avg(ln(yield_with / yield_without)) FILTER (WHERE yield_quarter IN (2, 3)) AS yield
		  FROM ranked
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
