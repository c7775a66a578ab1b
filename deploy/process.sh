# shellcheck shell=bash
# process.sh - starting programs in the background and ending just these. Sourced.
#
# A pid alone is no name: it is given again. So a pid file holds the pid and the instant of its start (in clock ticks since boot, from /proc), and nothing is
# done to a process unless both fit.

look_at_start() {  # look_at_start PID: sets started_at, the instant; fails when there is no such process or it is dead and not yet collected. Forks nothing
	local line="" stat
	started_at=""
	{ read -r -d '' line < "/proc/$1/stat"; } 2>/dev/null || [[ -n $line ]] || return 1
	# The name, in parentheses, may hold anything. After it: state is the 1st field, the start the 20th.
	read -r -a stat <<< "${line##*) }"
	[[ ${stat[0]} != Z ]] && started_at=${stat[19]}
}

# In a session of its own, so that Ctrl-C reaches only the script, and with none of the script's descriptors, so that nobody waits for it. The child itself, which
# Ctrl-C does not reach, writes the pid file, which is there before it: a script that is interrupted anywhere in here can stop what it started.
spawn() {  # spawn PID_FILE LOG COMMAND...
	local pid_file=$1 log=$2
	shift 2
	echo starting > "$pid_file"
	(
		look_at_start "$BASHPID"
		echo "$BASHPID $started_at" > "$pid_file"
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			((fd <= 2)) || eval "exec $fd>&-"
		done
		exec setsid "$@" < /dev/null >> "$log" 2>&1
	) &
	local pid=$!
	disown "$pid" 2>/dev/null || true
	while ! is_named "$pid_file" && look_at_start "$pid"; do sleep 0.01; done
}

is_named() {  # is_named PID_FILE: what was started has said who it is
	local pid start=""
	[[ -f $1 ]] && read -r pid start < "$1" && [[ -n $start ]]
}

pid_of() {  # pid_of PID_FILE: prints the pid when the process that was started is still running
	local pid start started_at
	[[ -f $1 ]] && read -r pid start < "$1" && [[ -n $start ]] && look_at_start "$pid" && [[ $started_at == "$start" ]] && echo "$pid"
}

# TERM, then KILL after STOP_GRACE_S seconds; a program that ends in order needs less. Removes the pid file.
stop_process() {  # stop_process PID_FILE
	local pid grace=${STOP_GRACE_S:-20}
	local deadline=$((SECONDS + grace))
	while [[ -f $1 ]] && ! is_named "$1" && ((SECONDS <= deadline)); do sleep 0.05; done  # started this instant
	if pid=$(pid_of "$1"); then
		kill "$pid" 2>/dev/null
		while pid_of "$1" > /dev/null; do
			if ((SECONDS > deadline)); then
				echo "process $pid ($1) did not stop when asked to: killed" >&2
				kill -9 "$pid" 2>/dev/null
				deadline=$((SECONDS + grace))
			fi
			sleep 0.05
		done
	fi
	rm -f "$1"
}

# Below the range that the kernel hands out by itself, so that no outgoing connection takes it meanwhile. It is claimed by a file, so that nobody else who asks
# here gets it before it is listened on; a claim that is older than any start is void. tests/real/case.py claims in the same place.
free_port() {  # free_port: prints a port of 127.0.0.1 that nobody listens on or is about to
	local port claims=/tmp/hotline-ports-$UID
	mkdir -p "$claims" || return 1
	find "$claims" -type f -mmin +10 -delete 2>/dev/null || true
	while :; do
		port=$((20000 + RANDOM % 12000))
		(set -C; : > "$claims/$port") 2>/dev/null || continue
		(exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
	done
	echo "$port"
}

# For conditions that are asked, not sent. Fails after the time, or at once when PID_FILE is given and its process is gone.
wait_until() {  # wait_until SECONDS [--while PID_FILE] COMMAND...
	local deadline=$((SECONDS + $1)) pid_file=""
	shift
	[[ $1 != --while ]] || { pid_file=$2; shift 2; }
	until "$@" > /dev/null 2>&1; do
		((SECONDS <= deadline)) || return 1
		[[ -z $pid_file ]] || pid_of "$pid_file" > /dev/null || return 1
		sleep 0.05
	done
}
