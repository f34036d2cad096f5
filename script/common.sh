# Shared by the scripts of this folder; sourced, not run.

fail() {
	echo "${0##*/}: $*" >&2
	exit 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "root or sudo is needed for: $*"
	fi
}

# Print the pg_config to build with: $PG_CONFIG, else the one in the PATH, else
# Debian's newest; only those that come with what building an extension needs.
find_pg_config() {
	local config
	for config in ${PG_CONFIG:-$(command -v pg_config) \
		$(ls -d /usr/lib/postgresql/*/bin/pg_config 2>/dev/null | sort -rV)}; do
		if [ -e "$("$config" --pgxs 2>/dev/null)" ]; then
			"$config" --bindir | sed 's,$,/pg_config,'
			return
		fi
	done
	return 1
}

# Print the major version of a pg_config.
major_of() { "$1" --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/'; }
