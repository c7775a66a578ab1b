# shellcheck shell=bash
# packages.sh - what has to be installed, by purpose, and ensure_packages, which installs what is missing. Sourced by the scripts that start, build and test.
#
# Names are Debian 12's. On another system nothing is installed: the names are told, and the script that asked goes on.

declare -A hotline_packages=(
	[build]="gcc libc6-dev cmake ninja-build pkg-config librdkafka-dev libhiredis-dev libprotobuf-c-dev protobuf-c-compiler libjansson-dev libyaml-dev libxxhash-dev
		zlib1g-dev libmicrohttpd-dev libcmocka-dev"
	[run]="redis-server redis-tools kcat curl procps"
	[kafka]="openjdk-17-jre-headless maven kcat"
	[test]="python3 shellcheck redis-server redis-tools kcat curl procps"
	[fuzz]="clang libclang-rt-14-dev"
	[browser]="chromium"
	[static]="clang clang-tidy"
	[valgrind]="valgrind libc6-dbg"
)

missing_packages() {  # missing_packages GROUP...: the names, one a line
	local group package
	for group; do
		for package in ${hotline_packages[$group]}; do
			[[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
		done
	done | sort -u
}

# Debian starts a server as soon as it is installed. Ours are started by the scripts, on ports of their own, so nothing of that: Debian asks this file.
install_packages() {  # install_packages AS_ROOT PACKAGE...; AS_ROOT is "" or sudo
	local as_root=$1 rc=0 policy=/usr/sbin/policy-rc.d ours=""
	shift
	if [[ ! -e $policy ]]; then
		printf '#!/bin/sh\nexit 101\n' | $as_root tee "$policy" > /dev/null && $as_root chmod 755 "$policy" && ours=$policy
	fi
	{ $as_root apt-get -q -o DPkg::Lock::Timeout=300 update &&
		$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends "$@"; } >&2 || rc=$?
	[[ -z $ours ]] || $as_root rm -f "$ours"
	return "$rc"
}

# Returns when everything is there; otherwise tells what is missing and returns 1.
ensure_packages() {  # ensure_packages GROUP...
	local missing
	if ! command -v dpkg-query > /dev/null; then
		echo "Not a Debian: going on. These are needed: $(for group; do echo "${hotline_packages[$group]}"; done | xargs)" >&2
		return 0
	fi
	missing=$(missing_packages "$@" | xargs)
	[[ -n $missing ]] || return 0
	echo "Installing $missing" >&2
	# shellcheck disable=SC2086  # a list of words
	if [[ $EUID == 0 ]]; then
		install_packages "" $missing && return 0
	elif command -v sudo > /dev/null && { sudo -n true 2>/dev/null || [[ -t 0 && -t 2 ]]; }; then
		install_packages sudo $missing && return 0
	fi
	echo "These packages are missing and could not be installed here; as root: apt-get install $missing" >&2
	return 1
}
