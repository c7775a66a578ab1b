#!/bin/bash
# local.sh up [--kafka] [--clock event|wall] [--policy FILE] [--partitions N] [--build BUILD] --dir DIR
#     starts Redis, a broker and every program on free ports of this machine; state, logs and pids lie under DIR. Returns when all are ready.
#     The broker is devbroker, which keeps nothing and little (deploy/devbroker/README.md), or with --kafka a Kafka. The clock is the events' own; --clock wall
#     makes deadlines pass by themselves. The policy is deploy/policy/default.yaml. --build takes programs from there and builds nothing.
# local.sh env --dir DIR
#     prints what points a shell at it: eval "$(deploy/local.sh env --dir DIR)"
# local.sh start|stop NAME --dir DIR
#     one of what `up` started: redis, broker, hotline-tickets, hotline-units
# local.sh down --dir DIR
#     stops what `up` started, consumers first, by pid. With --kafka a later `up` in the same DIR goes on where this one stopped.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=deploy/packages.sh
. "$root/deploy/packages.sh"
# shellcheck source=deploy/process.sh
. "$root/deploy/process.sh"
# shellcheck source=deploy/build.sh
. "$root/deploy/build.sh"

programs="hotline-units hotline-tickets"  # in the order of their start; what reads starts before what writes
ready_s=90                                # the most that one of them may take; a Kafka on a busy machine takes 20 s
redis_port="" kafka_port="" controller_port=""  # chosen by up, kept in the stack file as all the rest

usage() { sed -n '2,12s/^# //p' "$0"; }
die() { echo "local.sh: $*" >&2; exit 1; }
refuse() { echo "local.sh: $*; local.sh --help tells more" >&2; exit 2; }

# --- what DIR is: one file that up writes and everybody reads ---

read_stack() {
	[[ -f $dir/stack ]] || die "nothing was started in $dir"
	# shellcheck source=/dev/null
	. "$dir/stack"
}

write_stack() {
	local name
	for name in kafka clock policy partitions build redis_port kafka_port controller_port ${!admin_port_*}; do
		printf '%s=%q\n' "$name" "${!name}"
	done > "$dir/stack.new"
	mv "$dir/stack.new" "$dir/stack"
}

admin_of() { local name=admin_port_${1//-/_}; echo "127.0.0.1:${!name}"; }

choose_ports() {  # the earlier ones stay when they are free, so that what people wrote down goes on working
	local name port
	for name in redis_port kafka_port controller_port $(for p in $programs; do echo "admin_port_${p//-/_}"; done); do
		port=${!name:-}
		if [[ -z $port ]] || (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then port=$(free_port); fi
		printf -v "$name" %s "$port"
	done
}

brokers() { if [[ $kafka == yes ]]; then echo "127.0.0.1:$kafka_port"; else cat "$dir/brokers"; fi; }
running() { pid_of "$dir/pids/$1" > /dev/null; }
pong() { [[ $(redis-cli -p "$redis_port" ping 2>/dev/null) == PONG ]]; }
ready() { curl -fs -m 2 -o "$dir/ready" "http://$(admin_of "$1")/readyz"; }

# --- starting ---

tell_failure() {  # tell_failure NAME
	echo "local.sh: $1 did not come up; $dir/logs/$1.log ends with" >&2
	[[ ! -s $dir/ready ]] || sed 's/^/  readyz: /' "$dir/ready" >&2
	tail -n 20 "$dir/logs/$1.log" >&2
}

await() {  # await NAME COMMAND...
	local name=$1
	shift
	wait_until "$ready_s" --while "$dir/pids/$name" "$@" || { tell_failure "$name"; return 1; }
}

launch() {
	! running "$1" || die "$1 is running already"
	spawn "$dir/pids/$1" "$dir/logs/$1.log" "${@:2}"
}

start_redis() {
	mkdir -p "$dir/redis"
	"$root/deploy/redis/mend" "$dir/redis"
	launch redis redis-server "$root/deploy/redis/redis.conf" --port "$redis_port" --dir "$dir/redis" --daemonize no
	await redis pong
}

start_broker() {
	local topics=()
	[[ -z $partitions ]] || topics=(--partitions "$partitions")
	if [[ $kafka == yes ]]; then
		"$root/deploy/kafka/start" "$dir/kafka" "$kafka_port" "$controller_port" || return 1
		mv "$dir/kafka/broker.pid" "$dir/pids/broker"
		ln -sf ../kafka/broker.log "$dir/logs/broker.log"
		"$dir/bin/hotline-topics" -b "$(brokers)" "${topics[@]}" > "$dir/logs/topics.log" || return 1
	else
		rm -f "$dir/brokers"
		launch broker "$dir/bin/devbroker" --port-file "$dir/brokers" "${topics[@]}"
		await broker test -s "$dir/brokers"
	fi
}

start_program() {  # start_program NAME: does not wait for it
	local options=(-b "$(brokers)" -r "127.0.0.1:$redis_port" --policy "$policy" --admin "$(admin_of "$1")")
	# devbroker lets a group wait for session.timeout.ms less one second whenever somebody joins
	[[ $kafka == yes ]] || options+=(-X session.timeout.ms=4000 -X heartbeat.interval.ms=1000)
	[[ $1 != hotline-tickets ]] || options+=(--clock "$clock")
	launch "$1" "$dir/bin/$1" "${options[@]}"
}

start_one() {  # start_one NAME: and wait until it is ready
	case " redis broker $programs " in
		*" $1 "*) ;;
		*) refuse "there is no \"$1\"" ;;
	esac
	case $1 in
		redis) start_redis ;;
		broker) start_broker ;;
		*) start_program "$1" && await "$1" ready "$1" ;;
	esac
}

# --- the commands ---

link_programs() {
	local name path
	rm -rf "${dir:?}/bin"
	mkdir -p "$dir/bin"
	for name in $hotline_programs; do
		path=$(program_in "$build" "$name") || { [[ " $programs devbroker hotline-topics " != *" $name "* ]] || die "there is no $name in $build"; continue; }
		ln -s "$path" "$dir/bin/$name"
	done
}

prepare() {
	if [[ -z $build ]]; then
		ensure_built || exit 1
		build=$root/build/release
	fi
	if [[ $kafka == yes ]]; then
		ensure_packages run kafka || exit 1
		"$root/deploy/kafka/build" || die "Kafka's jars could not be fetched"
	else
		ensure_packages run || exit 1
	fi
}

# devbroker forgets everything, so Redis may not remember what was read from it.
forget_what_the_broker_forgot() {
	[[ $kafka == no && -d $dir/redis ]] || return 0
	echo "The embedded broker starts empty, and so does Redis."
	rm -rf "$dir/redis"
}

up() {
	local asked_kafka=$kafka asked_clock=$clock asked_policy=$policy asked_partitions=$partitions asked_build=$build name
	mkdir -p "$dir/pids" "$dir/logs"
	if [[ -f $dir/stack ]]; then
		for name in "$dir"/pids/*; do
			[[ ! -f $name ]] || ! pid_of "$name" > /dev/null || die "${name##*/} is running in $dir already: local.sh down --dir $dir"
		done
		read_stack
		[[ $kafka == "$asked_kafka" ]] || die "$dir was used $([[ $kafka == yes ]] && echo with || echo without) --kafka before: take another directory"
	fi
	kafka=$asked_kafka clock=$asked_clock policy=$asked_policy partitions=$asked_partitions build=$asked_build
	prepare
	choose_ports
	write_stack
	link_programs
	trap 'give_up' EXIT
	trap 'trap "" INT TERM; exit 130' INT
	trap 'trap "" INT TERM; exit 143' TERM
	forget_what_the_broker_forgot
	start_redis
	start_broker
	for name in $programs; do start_program "$name"; done
	for name in $programs; do await "$name" ready "$name"; done
	trap - EXIT
	rm -f "$dir/ready"
	show
}

give_up() {
	local rc=$?
	trap '' INT TERM  # the end is not interrupted
	trap - EXIT
	echo "local.sh: giving up; stopping what was started" >&2
	down
	exit $((rc == 0 ? 1 : rc))
}

show() {
	local name
	printf '%-16s %s\n' Redis "127.0.0.1:$redis_port"
	printf '%-16s %s\n' "$([[ $kafka == yes ]] && echo Kafka || echo "Embedded broker")" "$(brokers)"
	for name in $programs; do printf '%-16s %s\n' "$name" "http://$(admin_of "$name")/metrics"; done
	# shellcheck disable=SC2016  # for another shell to expand
	printf 'Ready. To use it from a shell:\n  eval "$(%s env --dir %q)"\n' "$0" "$dir"
}

env_lines() {
	local name
	printf 'export HOTLINE_BROKERS=%q\n' "$(brokers)"
	printf 'export HOTLINE_REDIS=%q\n' "127.0.0.1:$redis_port"
	printf 'export HOTLINE_POLICY=%q\n' "$policy"
	printf 'export HOTLINE_CLOCK=%q\n' "$clock"
	for name in $programs; do
		name=${name#hotline-}
		printf 'export HOTLINE_%s_URL=%q\n' "${name^^}" "http://$(admin_of "hotline-$name")"
	done
	# shellcheck disable=SC2016
	printf 'export PATH=%q:"$PATH"\n' "$dir/bin"
}

# What reads and writes first, then what it reads from and writes to.
down() {
	local pid_file
	for pid_file in "$dir"/pids/hotline-* "$dir/kafka/broker.pid" "$dir/pids/broker" "$dir/pids/redis"; do
		[[ ! -f $pid_file ]] || stop_process "$pid_file"
	done
}

# --- the command line ---

[[ $# -ge 1 ]] || { usage >&2; exit 2; }
case $1 in
	up | env | down) command=$1 name="" ;;
	start | stop)
		[[ $# -ge 2 ]] || refuse "$1 what?"
		command=$1 name=$2
		shift
		;;
	-h | --help) usage; exit 0 ;;
	*) refuse "there is no command \"$1\"" ;;
esac
shift
dir="" kafka=no clock=event policy=$root/deploy/policy/default.yaml partitions="" build=""
while [[ $# -gt 0 ]]; do
	case $1 in
		--kafka) kafka=yes; shift; continue ;;
		-h | --help) usage; exit 0 ;;
		--dir | --clock | --policy | --partitions | --build) [[ $# -ge 2 ]] || refuse "$1 needs a value" ;;
		*) refuse "what is \"$1\"?" ;;
	esac
	case $1 in
		--dir) dir=$2 ;;
		--clock) clock=$2 ;;
		--policy) policy=$2 ;;
		--partitions) partitions=$2 ;;
		--build) build=$2 ;;
	esac
	shift 2
done
[[ -n $dir ]] || refuse "say --dir DIR"
[[ $clock == event || $clock == wall ]] || refuse "--clock is event or wall"
[[ $partitions =~ ^[0-9]*$ ]] || refuse "--partitions is a number"
[[ -f $policy ]] || refuse "there is no policy $policy"
policy=$(realpath "$policy")
if [[ -n $build ]]; then build=$(realpath "$build"); fi
if [[ $command == up ]]; then mkdir -p "$dir"; fi
[[ -d $dir ]] || die "there is no $dir"
dir=$(realpath "$dir")
# What the programs are told is all on their command lines: nothing of the caller's shell decides.
# shellcheck disable=SC2086  # a list of names
unset ${!HOTLINE_@}

case $command in
	up) up ;;
	env) read_stack; env_lines ;;
	down) down ;;
	start) read_stack; start_one "$name" ;;
	stop) read_stack; stop_process "$dir/pids/$name" ;;
esac
