# shellcheck shell=bash
# process.sh - starting programs in the background and ending just these. Sourced.
#
# A pid alone is no name: it is given again. So a pid file holds the pid and the instant of its start (in clock ticks since boot, from /proc), and nothing is
# done to a process unless both fit.

started_at() {  # started_at PID: prints the instant; fails when there is no such process or it is dead and not yet collected
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	# The name, in parentheses, may hold anything. After it: state is the 1st field, the start the 20th.
	read -r -a stat <<< "${stat##*) }"
	[[ ${stat[0]} != Z ]] && echo "${stat[19]}"
}

# In a session of its own, so that Ctrl-C reaches only the script, and with none of the script's descriptors, so that nobody waits for it.
spawn() {  # spawn PID_FILE LOG COMMAND...
	local pid_file=$1 log=$2
	shift 2
	(
		for fd in /proc/self/fd/*; do
			fd=${fd##*/}
			((fd <= 2)) || eval "exec $fd>&-"
		done
		exec setsid "$@" < /dev/null >> "$log" 2>&1
	) &
	local pid=$!
	disown "$pid"
	echo "$pid $(started_at "$pid")" > "$pid_file"
}

pid_of() {  # pid_of PID_FILE: prints the pid when the process that was started is still running
	local pid start
	[[ -f $1 ]] && read -r pid start < "$1" && [[ -n $start && $(started_at "$pid") == "$start" ]] && echo "$pid"
}

# TERM, then KILL after STOP_GRACE_S seconds; a program that ends in order needs less. Removes the pid file.
stop_process() {  # stop_process PID_FILE
	local pid grace=${STOP_GRACE_S:-20}
	local deadline=$((SECONDS + grace))
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

# Below the range that the kernel hands out by itself, so that no outgoing connection takes it meanwhile.
free_port() {  # free_port: prints a port of 127.0.0.1 that nobody listens on
	local port
	while :; do
		port=$((20000 + RANDOM % 12000))
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
