#!/bin/bash
# mend.sh - an append-only file that ends within a transaction: Redis refuses it, is started after mending, and what is written then outlives the next start.
# shellcheck source=tests/lib.sh
. "$(dirname "$0")/../lib.sh"
need redis-server redis-check-aof

mkdir "$tmp/redis"
port=$(free_port)
ask() { redis-cli -p "$port" "$@"; }
arguments=("$root/deploy/redis/redis.conf" --port "$port" --dir "$tmp/redis" --daemonize no)
up() {
	start redis redis-server "${arguments[@]}"
	wait_for "Redis" is_pong "$port"
}

"$root/deploy/redis/mend" "$tmp/redis"  # nothing is there yet
up
printf 'SET whole 1\nMULTI\nSET half 1\nSET other 1\nEXEC\n' | ask > /dev/null
stop redis
truncate -s -25 "$tmp/redis/appendonlydir/"*.incr.aof  # into the transaction

rc=0
refused=$(timeout "$guard_s" redis-server "${arguments[@]}" 2>&1) || rc=$?
is_equal "exit status without mending" 1 "$rc"
has_line "why" "Unexpected end of file" "$refused"

"$root/deploy/redis/mend" "$tmp/redis" > "$tmp/said"
has_line "what was cut" "^This will shrink" "$(cat "$tmp/said")"
up
is_equal "what is there after mending" "1 " "$(ask mget whole half | xargs -d '\n')"
printf 'MULTI\nSET later 1\nEXEC\n' | ask > /dev/null
stop redis
"$root/deploy/redis/mend" "$tmp/redis"
up
is_equal "after the next start" "1  1" "$(ask mget whole half later | xargs -d '\n')"
stop redis
