# shellcheck shell=bash disable=SC2034  # what is set here is for the test
# lib.sh - what end-to-end tests in bash have in common. Sourced by a test, which then has: a temporary directory $tmp that goes away, servers of its own on
# free ports, checks that print both values, and at the end nothing left running. A test is a script that ctest runs with its level as label.
#
# Programs are looked for in $HOTLINE_BUILD (set by ctest), a build directory.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=deploy/process.sh
. "$root/deploy/process.sh"
tmp=$(mktemp -d "${TMPDIR:-/tmp}/hotline-test.XXXXXX")
mkdir "$tmp/pids" "$tmp/logs"
guard_s=240  # against hanging, with the logs shown, which ctest's TIMEOUT would not do: nothing is judged by it

# In the order in which they were started, the newest first. What was started by other means can be stopped by a function named at_exit.
clean_up() {
	local rc=$? pid_file
	trap - EXIT
	set +e
	[[ $(type -t at_exit) != function ]] || at_exit
	for pid_file in $(find "$tmp/pids" -type f -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2); do
		stop_process "$pid_file"
	done
	if ((rc != 0 && rc != 77)); then
		tail -n 20 "$tmp"/logs/* 2>/dev/null
	fi
	if [[ -n ${KEEP:-} ]]; then echo "kept $tmp"; else rm -rf "$tmp"; fi
	exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

fail() { printf 'FAIL: %s\n' "$*" >&2; exit 1; }
skip() { printf 'SKIP: %s\n' "$*"; exit 77; }

need() {  # need PROGRAM...: skips when one is not installed
	local program
	for program; do
		command -v "$program" > /dev/null || skip "$program is not installed"
	done
}

program() {  # program NAME: the path of one of ours; skips when it is not built
	local path
	path=$(find "${HOTLINE_BUILD:-$root/build/release}" -name "$1" -type f -perm -u+x -not -path '*/CMakeFiles/*' -print -quit 2>/dev/null)
	[[ -n $path ]] || { echo "SKIP: $1 is not built" >&2; return 1; }
	echo "$path"
}

is_equal() {  # is_equal WHAT WANTED GOT
	[[ $2 == "$3" ]] || fail "$1: wanted \"$2\", got \"$3\""
}
has_line() {  # has_line WHAT PATTERN TEXT: an extended regular expression
	grep -Eq -- "$2" <<< "$3" || fail "$1: no line like \"$2\" in \"$3\""
}
fails_with() {  # fails_with STATUS COMMAND...: leaves what it printed in $output
	local want=$1 got=0
	shift
	output=$("$@" 2>&1) || got=$?
	is_equal "status of $*" "$want" "$got"
}

start() {  # start NAME COMMAND...: in the background; its log is $tmp/logs/NAME
	local name=$1
	shift
	spawn "$tmp/pids/$name" "$tmp/logs/$name" "$@"
}
stop() { stop_process "$tmp/pids/$1"; }

wait_for() {  # wait_for WHAT COMMAND...
	local what=$1
	shift
	wait_until "$guard_s" "$@" || fail "not within $guard_s s: $what"
}

own_redis() {  # own_redis [OPTION...]: sets redis, an address. Its data outlives a restart with own_redis
	need redis-server redis-cli
	local try port
	for try in 1 2 3; do
		port=$(free_port)
		mkdir -p "$tmp/redis"
		start redis redis-server "$root/deploy/redis/redis.conf" --port "$port" --dir "$tmp/redis" --daemonize no "$@"
		redis=127.0.0.1:$port
		! wait_until "$guard_s" --while "$tmp/pids/redis" is_pong "$port" || return 0
		[[ $try != 3 ]] || fail "redis-server does not answer"
	done
}
is_pong() { [[ $(redis-cli -p "$1" ping) == PONG ]]; }

own_devbroker() {  # own_devbroker [OPTION...]: sets brokers, the address
	local devbroker
	devbroker=$(program devbroker) || exit 77
	rm -f "$tmp/brokers"
	start devbroker "$devbroker" --port-file "$tmp/brokers" "$@"
	wait_until "$guard_s" --while "$tmp/pids/devbroker" test -s "$tmp/brokers" || fail "devbroker did not come up"
	brokers=$(cat "$tmp/brokers")
}

own_kafka() {  # own_kafka: sets brokers. A real Kafka with our topics
	need java mvn kcat
	local port topics
	topics=$(program hotline-topics) || exit 77
	"$root/deploy/kafka/build" > "$tmp/logs/kafka-build" 2>&1 || skip "Kafka's jars could not be fetched"
	port=$(free_port)
	KAFKA_HEAP=${KAFKA_HEAP:-512m} "$root/deploy/kafka/start" "$tmp/kafka" "$port" "$(free_port)" || fail "Kafka did not come up"
	mv "$tmp/kafka/broker.pid" "$tmp/pids/kafka"
	brokers=127.0.0.1:$port
	"$topics" -b "$brokers" > "$tmp/logs/topics"
}

not_running() { ! pid_of "$1" > /dev/null; }  # not_running PID_FILE
