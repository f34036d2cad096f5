#!/bin/bash
# What the sampler costs: transactions per second, and processor time per
# transaction, of pgbench with it off, at its defaults, and with everything taken
# down.
#
#   script/sandbox bench/sampler.sh [ROUNDS [SECONDS [CLIENTS]]]     default 5 4 8
#
# Rounds are interleaved, each in another order, so that what else the machine does
# hits all alike; ratios are taken within a round.  Processor time is that of the
# server's processes, without pgbench: it says more than the rate where others use
# the same processors.  Prints one row of a Markdown table per workload, protocol
# and setting: the median ratio to "off" and the range over the rounds.
set -euo pipefail
. "$(dirname "$0")/common.sh"

[ $# -le 3 ] || usage
rounds=${1:-5}
seconds=${2:-4}
clients=${3:-8}
[ -z "${PGHOST:-}${PGPORT:-}" ] || fail "runs on a server of its own: script/sandbox bench/sampler.sh"

use_server shared_preload_libraries=pg_stat_statements,dbadvisor dbadvisor.worker=off \
	fsync=off synchronous_commit=off
export PGOPTIONS=
make_database dbadvisor_sampler
pgbench -i -q -s 10 2>/dev/null

# Choose a setting of the sampler, and wait until the server has it.
choose() {
	local on=on rate=0.01 estimates=0.1
	[ "$1" != off ] || on=off
	[ "$1" != full ] || { rate=1 estimates=0.1; }
	run_sql -c "ALTER SYSTEM SET dbadvisor.sampler = $on" \
		-c "ALTER SYSTEM SET dbadvisor.sampler_rate = $rate" \
		-c "ALTER SYSTEM SET dbadvisor.sampler_estimate_rate = $estimates" \
		-c "SELECT pg_reload_conf()" >/dev/null
	until [ "$(run_sql -c "SELECT current_setting('dbadvisor.sampler') || current_setting('dbadvisor.sampler_rate')")" = "$on$rate" ]; do
		sleep 0.1
	done
}

# Processor time of the server and all its past and present children, in ticks.
server_ticks() {
	local main pid sum=0
	main=$(head -n 1 "$(run_sql -c 'SHOW data_directory')/postmaster.pid")
	for pid in $main $(pgrep -P "$main"); do
		sum=$((sum + $(awk '{ print $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || echo 0)))
	done
	awk -v now="$sum" '{ print now + $16 + $17 }' "/proc/$main/stat"
}

# Run pgbench; append workload, protocol, setting, round, rate and microseconds of
# processor time per transaction to the results.
measure() {
	local workload=$1 protocol=$2 setting=$3 round=$4 before after count tps script=()
	[ "$workload" != select ] || script=(-S)
	choose "$setting"
	before=$(server_ticks)
	read -r count tps < <(pgbench -n -M "$protocol" "${script[@]}" -c "$clients" -j 2 -T "$seconds" 2>/dev/null |
		awk '/actually processed/ { sub("/.*", "", $NF); count = $NF } /^tps/ { tps = $3 } END { print count, tps }')
	after=$(server_ticks)
	echo "$workload,$protocol,$setting,$round,$tps,$(awk -v a="$before" -v b="$after" -v n="$count" \
		-v hz="$(getconf CLK_TCK)" 'BEGIN { print (b - a) / hz * 1e6 / n }')" >>"$WORK/results.csv"
}

settings=(off default full)
for workload in select tpcb; do
	for protocol in prepared simple; do
		measure "$workload" "$protocol" off warm
		for round in $(seq "$rounds"); do
			say "$workload $protocol $round"
			for i in 0 1 2; do
				measure "$workload" "$protocol" "${settings[(round + i) % 3]}" "$round"
			done
		done
	done
done

run_sql <<-END
	CREATE TABLE result (workload text, protocol text, setting text, round text, tps float8, cpu_us float8);
	\copy result FROM '$WORK/results.csv' (FORMAT csv)
	\echo | workload | protocol | sampler | tps | ratio of tps (range) | server CPU per transaction | ratio of CPU (range) |
	\echo |---|---|---|---:|---:|---:|---:|
	SELECT format('| %s | %s | %s | %s | %s (%s to %s) | %s us | %s (%s to %s) |', workload, protocol, r.setting,
	              round(avg(r.tps)),
	              round(percentile_cont(0.5) WITHIN GROUP (ORDER BY r.tps / o.tps)::numeric, 3),
	              round(min(r.tps / o.tps)::numeric, 3), round(max(r.tps / o.tps)::numeric, 3),
	              round(avg(r.cpu_us)::numeric, 1),
	              round(percentile_cont(0.5) WITHIN GROUP (ORDER BY r.cpu_us / o.cpu_us)::numeric, 3),
	              round(min(r.cpu_us / o.cpu_us)::numeric, 3), round(max(r.cpu_us / o.cpu_us)::numeric, 3))
	  FROM result r
	  JOIN result o USING (workload, protocol, round)
	 WHERE o.setting = 'off' AND r.setting <> 'off' AND r.round <> 'warm'
	 GROUP BY workload, protocol, r.setting
	 ORDER BY workload, protocol, r.setting;
END
