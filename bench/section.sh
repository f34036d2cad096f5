#!/bin/bash
# Put what standard input brings into a section of RESULTS.md.
#
#   bench/compare.sh ... | bench/section.sh NAME [FILE]
#
# The section stands between the lines "<!-- NAME -->" and "<!-- end NAME -->" of
# FILE (RESULTS.md beside this program); it is replaced as a whole.
set -euo pipefail

[ $# -ge 1 ] || {
	sed -n '2,/^set -e/{/^#/s/^# \{0,1\}//p}' "$0" >&2
	exit 2
}
name=$1 file=${2:-$(dirname "$0")/RESULTS.md}
grep -qx "<!-- $name -->" "$file" && grep -qx "<!-- end $name -->" "$file" || {
	echo "section.sh: $file has no section \"$name\"" >&2
	exit 1
}
text=$(mktemp)
trap 'rm -f "$text"' EXIT
cat >"$text"
[ -s "$text" ] || {
	echo "section.sh: nothing to put there" >&2
	exit 1
}
awk -v from="<!-- $name -->" -v to="<!-- end $name -->" -v text="$text" '
	$0 == to { inside = 0 }
	!inside { print }
	$0 == from { inside = 1; while ((getline line < text) > 0) print line }' "$file" >"$text.new"
cat "$text.new" >"$file"
rm "$text.new"
