#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Make every owner of pages take some and give them back, and see that
#   - /sys/kernel/debug/memdesc counts them,
#   - /sys/kernel/debug/memdesc_check finds no lie, at the top and after.
# Then poison some pages, which makes the kernel write the words in another
# way, and do it again.
#
# For a throw-away guest with two memory nodes or more than 1 GiB, as root,
# with CONFIG_MEMDESC_DEBUG: memory gets poisoned and nothing is cleaned up.
# A network interface with page_pool and a swap device are used if given:
#   words.sh [INTERFACE [SWAPDEV [SIZE]]]
# SIZE is the memory of the guest in MiB if there is a host that reads the
# output and acts on these lines:
#   HOST: balloon N	leave N MiB to the guest
#   HOST: dimm add	plug a DIMM of 512 MiB
#   HOST: dimm del	unplug it
#
# Needs nothing but a POSIX shell and busybox.  Prints KTAP.

report=/sys/kernel/debug/memdesc
check=/sys/kernel/debug/memdesc_check
iface=$1
swapdev=$2
size=$3
dir=/tmp/words
n=0
failed=0

result() { # RC NAME [MORE]
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n $2 $3"
	else
		echo "not ok $n $2 $3"
		failed=$((failed + 1))
	fi
}

skip() { # NAME REASON
	n=$((n + 1))
	echo "ok $n $1 # SKIP $2"
}

count() { # ROW: the number of pages
	sed -n "s/^$1  *\([0-9]*\).*/\1/p" $report | head -n 1
}

no_lies() { # NAME
	l=$(cat $check)
	case $l in
	"checked "[1-9]*" pages, 0 lies") result 0 "$1: no lies" ;;
	*) result 1 "$1: no lies" "# $l" ;;
	esac
}

# grows ROW PAGES NAME UP DOWN: UP makes the count of ROW grow by so many pages
grows() {
	before=$(count "$1")
	$4
	after=$(count "$1")
	[ "$((after - before))" -ge "$2" ]
	result $? "$3: $1 grows" "# from $before to $after, by $2 at least"
	no_lies "$3"
	$5
	no_lies "$3 gone"
}

files_up() {
	mkdir -p $dir/files
	i=0
	while [ $i -lt 2000 ]; do
		: >$dir/files/$i
		i=$((i + 1))
	done
}
files_down() { rm -rf $dir/files; }

data_up() { dd if=/dev/zero of=$dir/data bs=1M count=64 2>/dev/null; }
data_down() { rm -f $dir/data; }

huge_up() { echo 16 >/proc/sys/vm/nr_hugepages; }
huge_down() { echo 0 >/proc/sys/vm/nr_hugepages; }

thp_up() {
	mkdir -p $dir/thp
	mount -t tmpfs -o huge=always thp $dir/thp
	dd if=/dev/zero of=$dir/thp/data bs=1M count=64 2>/dev/null
	# splits what it cuts through
	truncate -s 33333333 $dir/thp/data
}
thp_down() { umount $dir/thp; }

tasks_up() {
	i=0
	pids=
	while [ $i -lt 100 ]; do
		sleep 1000 &
		pids="$pids $!"
		i=$((i + 1))
	done
}
tasks_down() {
	# shellcheck disable=SC2086
	kill $pids
	wait 2>/dev/null
}

cgroups_up() {
	i=0
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	while [ $i -lt "$cgroups" ]; do
		mkdir /sys/fs/cgroup/words$i
		i=$((i + 1))
	done
}
cgroups_down() { rmdir /sys/fs/cgroup/words[0-9]*; }

net_up() { busybox ip link set "$iface" up; }
net_down() { busybox ip link set "$iface" down; }

zswap_up() {
	swapon "$swapdev"
	echo 1 >/sys/module/zswap/parameters/enabled
	mkdir -p /sys/fs/cgroup/wordsz
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	echo 16M >/sys/fs/cgroup/wordsz/memory.high
	sh -c "echo \$\$ >/sys/fs/cgroup/wordsz/cgroup.procs
	       dd if=/bin/busybox of=$dir/swapped bs=4k count=256 2>/dev/null
	       for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24
	       do cat $dir/swapped >>$dir/swapped2; done"
}
zswap_down() {
	rm -f $dir/swapped $dir/swapped2
	swapoff "$swapdev"
	rmdir /sys/fs/cgroup/wordsz
}

balloon_to() { # MIB PAGES PAGES: until so many are offline, or a minute has gone
	echo "HOST: balloon $1"
	i=0
	while [ $i -lt 60 ]; do
		sleep 1
		o=$(count offline)
		[ "$o" -ge "$2" ] && [ "$o" -le "$3" ] && break
		i=$((i + 1))
	done
}
balloon_up() { balloon_to $((size - 256)) 60000 70000; }
balloon_down() { balloon_to "$size" 0 1000; }

blocks() {
	set -- /sys/devices/system/memory/memory[0-9]*
	echo $#
}

# Have the host add or delete a DIMM, and wait until there is a change from $b blocks.
dimm() {
	b=$(blocks)
	echo "HOST: dimm $1"
	i=0
	while [ "$(blocks)" = "$b" ] && [ $i -lt 60 ]; do
		sleep 1
		i=$((i + 1))
	done
}

dimm_up() {
	dimm add
	sleep 1
	for b in /sys/devices/system/memory/memory[0-9]*; do
		[ "$(cat "$b/state")" = online ] || echo online_movable >"$b/state"
	done
}

dimm_down() {
	dimm del
	[ "$(blocks)" -lt "$b" ]
	result $? "DIMM unplugged" "# from $b blocks to $(blocks)"
}

# Movable blocks can be taken off and put back; how many is up to the machine.
hotplug() {
	done=0
	for b in /sys/devices/system/memory/memory[0-9]*; do
		[ $done -lt 4 ] || break
		[ "$(cat "$b/removable")" = 1 ] || continue
		echo offline >"$b/state" 2>/dev/null || continue
		done=$((done + 1))
		offline="$offline $b"
	done
	no_lies "memory offline"
	for b in $offline; do
		echo online >"$b/state"
	done
	offline=
	[ $done -gt 0 ]
	result $? "memory blocks offline and online" "# $done"
	no_lies "memory online"
}

compact() {
	echo 1 >/proc/sys/vm/compact_memory
	echo 3 >/proc/sys/vm/drop_caches
	no_lies compaction
}

owners() {
	grows slab 50 "$1 files" files_up files_down
	grows folio 16000 "$1 tmpfs" data_up data_down
	if [ -e /proc/sys/vm/nr_hugepages ]; then
		grows folio 8000 "$1 hugetlb" huge_up huge_down
	else
		skip "$1 hugetlb" "not configured"
	fi
	if [ -d /sys/kernel/mm/transparent_hugepage ]; then
		grows folio 8000 "$1 THP" thp_up thp_down
	else
		skip "$1 THP" "not configured"
	fi
	grows ptdesc 200 "$1 tasks" tasks_up tasks_down
	grows vmalloc 100 "$1 stacks" tasks_up tasks_down
	if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
		grows percpu 1 "$1 cgroups" cgroups_up cgroups_down
	else
		skip "$1 cgroups" "not mounted"
	fi
	if [ -n "$iface" ]; then
		grows bump 64 "$1 page_pool" net_up net_down
	else
		skip "$1 page_pool" "no interface given"
	fi
	if [ -n "$swapdev" ] && [ -e /sys/module/zswap ]; then
		grows zpdesc 100 "$1 zswap" zswap_up zswap_down
	else
		skip "$1 zswap" "no swap device given"
	fi
	if [ -n "$size" ]; then
		grows offline 60000 "$1 balloon" balloon_up balloon_down
		grows pages 131072 "$1 DIMM" dimm_up dimm_down
	else
		skip "$1 balloon and DIMM" "no host that would"
	fi
	compact
	if [ -d /sys/devices/system/memory ]; then
		hotplug
	else
		skip "$1 memory hotplug" "not configured"
	fi
}

# Hard: most of the pages are free.  Soft: goes through migration.
poison() {
	f=/sys/devices/system/memory
	if [ ! -e $f/hard_offline_page ]; then
		skip poison "not configured"
		return
	fi
	before=$(count "hwpoison pages")
	i=0
	while [ $i -lt 32 ]; do
		# from 512 MiB up, a page in every 8 MiB, not the first of a block
		a=$(((512 + i * 8) * 1048576 + (i * 37 + 1) * 4096))
		if [ $((i % 2)) = 0 ]; then
			echo $a >$f/hard_offline_page
		else
			echo $a >$f/soft_offline_page
		fi 2>/dev/null
		i=$((i + 1))
	done
	after=$(count "hwpoison pages")
	[ $((after - before)) -ge 16 ]
	result $? "poisoned pages" "# $((after - before))"
	no_lies poison
}

for f in $report $check; do
	[ -r "$f" ] || { echo "1..0 # SKIP no $f"; exit 4; }
done
mkdir -p $dir
mount -t tmpfs words $dir
echo "KTAP version 1"
no_lies boot
cgroups=400
owners clean
poison
# more than before: what was freed is still there
cgroups=1200
owners poisoned
echo "1..$n"
echo "# $n tests, $failed failed"
[ $failed = 0 ]
