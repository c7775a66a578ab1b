#!/bin/sh
# The generated calendar: generate.mjs must write common/calendar_cn.c byte for byte, and holiday-calendar must agree on every day.
# Usage: calendar_cn_sources.sh PROGRAM, where PROGRAM is calendar_days.
set -eu

here=$(dirname "$0")
root=$here/../..

skip() {
	echo "SKIP: $1"
	exit 77
}

command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root"/deploy/calendar/package.json "$root"/deploy/calendar/package-lock.json "$root"/deploy/calendar/.npmrc "$root"/deploy/calendar/generate.mjs "$dir"
if ! (cd "$dir" && npm ci --no-audit --no-fund >npm.log 2>&1); then
	cat "$dir/npm.log"
	skip "the packages of deploy/calendar cannot be fetched"
fi

node "$dir/generate.mjs" >"$dir/calendar_cn.c"
cmp "$dir/calendar_cn.c" "$root/common/calendar_cn.c"
echo "generate.mjs writes common/calendar_cn.c"

"$1" >"$dir/ours"
first=$(head -n 1 "$dir/ours" | cut -c 1-4)
last=$(tail -n 1 "$dir/ours" | cut -c 1-4)
node "$here/holiday_calendar_days.mjs" "$dir/node_modules/holiday-calendar" "$first" "$last" >"$dir/theirs"
diff "$dir/ours" "$dir/theirs"
echo "holiday-calendar agrees on $(wc -l <"$dir/ours") days, $first to $last"
