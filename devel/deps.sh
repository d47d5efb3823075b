#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# deps.sh [boot-x86_64|boot-arm64|boot-um|check|stress]: what is needed, installed if we are root on Debian and named otherwise.
. "$(dirname "$0")/lib.sh"

what=${1:-check}
# package:program it is there for (or :/file, or :- to ask dpkg)
need="build-essential:gcc bc:bc bison:bison flex:flex libelf-dev:/usr/include/libelf.h libssl-dev:/usr/include/openssl/ssl.h
	cpio:cpio kmod:depmod xz-utils:xz git:git python3:python3 gawk:gawk ccache:ccache busybox-static:busybox procps:ps"
case $what in boot-x86_64 | check | stress) need+=" qemu-system-x86:qemu-system-x86_64" ;; esac
case $what in boot-arm64 | check) need+=" qemu-system-arm:qemu-system-aarch64 gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc" ;; esac
if [[ $what = check || $what = stress ]]; then
	need+=" libcap-dev:/usr/include/sys/capability.h libnuma-dev:/usr/include/numa.h liburing-dev:/usr/include/liburing.h
		xfsprogs:mkfs.xfs btrfs-progs:mkfs.btrfs e2fsprogs:mkfs.ext4 numactl:numactl psmisc:killall util-linux:findmnt
		shellcheck:shellcheck codespell:codespell python3-sphinx:sphinx-build python3-yaml:- python3-ply:- python3-git:-
		dpkg-dev:dpkg-source"
fi
[[ $what != stress ]] || need+=" stress-ng:stress-ng"

missing=() programs=()
for pair in $need; do
	pkg=${pair%%:*} prog=${pair#*:}
	case $prog in
	-) ! have dpkg || dpkg -s "$pkg" >/dev/null 2>&1 || missing+=("$pkg") ;;
	/*) [[ -e $prog || -e ${prog/include/include/x86_64-linux-gnu} ]] || { missing+=("$pkg"); programs+=("$prog"); } ;;
	*) PATH=$PATH:/usr/sbin:/sbin have "$prog" || { missing+=("$pkg"); programs+=("$prog"); } ;;
	esac
done
if ((${#missing[@]} == 0)); then
	say "all there"
	exit 0
fi
if ! have apt-get; then
	die "missing programs and headers: ${programs[*]} (in Debian: ${missing[*]})"
fi
install="apt-get install -y --no-install-recommends ${missing[*]}"
((EUID == 0)) || die "missing packages; as root: $install"
say "$install"
export DEBIAN_FRONTEND=noninteractive
mkdir -p "$LOGS"
if ! $install >"$LOGS/deps.log" 2>&1; then # the lists may be old or absent
	apt-get -q update >>"$LOGS/deps.log" 2>&1 || true
	$install >>"$LOGS/deps.log" 2>&1 || { tail -20 "$LOGS/deps.log"; die "could not install: $install"; }
fi
say "installed ${#missing[@]} packages"
