#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Let allocations of descriptors fail, of one type after the other, and then
# those of any page, while the owners of pages take some and give them back.
# Then see that
#   - some have failed, and the kernel log has nothing to say about that,
#   - /sys/kernel/debug/memdesc_check finds no page that is half attached,
#   - all descriptors have pages, and there are as many as before.
#
# For a throw-away guest, as root, with CONFIG_MEMDESC_DEBUG and what is in the
# file config next to this one.  What is needed for some types is used if given:
#   fail.sh [INTERFACE [SWAPDEV [SCAMEM]]]
# a network interface with page_pool, a swap device, and the program scamem of
# tools/testing/selftests/mm, for which the module test_scamem must be loaded.
#
# Needs nothing but a POSIX shell and busybox.  Prints KTAP.

report=/sys/kernel/debug/memdesc
check=/sys/kernel/debug/memdesc_check
faults=/sys/kernel/debug
iface=$1
swapdev=$2
scamem=$3
dir=/tmp/fail
times=1000000
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

# Allocations as counted page by page, or descriptors as attached
allocations() { awk -v r="$1" '$1 == r { print $4; exit }' $report; }
descs() { awk -v r="$1" '$1 == r { print $5; exit }' $report; }

# Caches keep empty slabs, and page tables and vmalloc areas are freed later.
settle() {
	echo 3 >/proc/sys/vm/drop_caches
	for f in /sys/kernel/slab/*/shrink; do
		echo 1 >"$f"
	done 2>/dev/null
	sleep 2
}

no_splats() { # NAME
	dmesg -c >$dir.log
	l=$(grep -E -m 1 'WARNING:|BUG:|Oops|memdesc: lie|KASAN:|KCSAN:|bad page' $dir.log)
	[ -z "$l" ]
	result $? "$1: nothing in the kernel log" "${l:+# $l}"
}

no_lies() { # NAME
	l=$(cat $check)
	case $l in
	"checked "[1-9]*" pages, 0 lies") result 0 "$1: no lies" ;;
	*) result 1 "$1: no lies" "# $l" ;;
	esac
}

# There is always somebody who allocates something meanwhile.
same() { # ROW SLACK NAME BEFORE
	i=0
	while :; do
		a=$(allocations "$1")
		d=$(descs "$1")
		[ "$a" = "$d" ] && [ "$d" -le $(($4 + $2)) ] && break
		[ $i -lt 10 ] || break
		i=$((i + 1))
		sleep 1
	done
	# A page may come or go while they are counted.
	x=$((a - d))
	[ ${x#-} -le "$2" ] && [ "$d" -le $(($4 + $2)) ]
	result $? "$3: descriptors" "# $4 before, $d after, $a allocations"
}

fault_on() { # KIND PERCENT FILTER
	f=$faults/$1
	echo "$3" >"$f/task-filter"
	echo 1 >"$f/interval"
	echo 0 >"$f/space"
	echo 0 >"$f/verbose"
	echo N >"$f/ignore-gfp-wait"
	echo $times >"$f/times"
	echo "$2" >"$f/probability"
}

fault_off() { # KIND
	echo 0 >"$faults/$1/probability"
	injected=$((times - $(cat "$faults/$1/times")))
}

# Only those who ask for it get failures, so that this script goes on.  A shell
# that cannot fork ends, so there are more.
faulty() { # COMMAND
	for i in 1 2 3 4 5; do
		(
			echo 1 >/proc/self/make-it-fail
			"$1"
		) >/dev/null 2>&1
	done
}

files() {
	i=0
	while [ $i -lt 1000 ]; do
		: >$dir/$i
		ln $dir/$i $dir/l$i
		i=$((i + 1))
	done
	rm -f $dir/[0-9]* $dir/l[0-9]*
}

tasks() {
	i=0
	while [ $i -lt 100 ]; do
		busybox true &
		busybox ls -lR /proc/self/fd | busybox wc -l
		i=$((i + 1))
	done
	wait
}

scamems() {
	"$scamem"
	"$scamem"
}

# The buffers of an interface live as long as it is bound to its driver.
net() {
	[ -e "/sys/class/net/$iface" ] || echo "$netdev" >"$netdrv/bind"
	busybox ip link set "$iface" up
	sleep 1
	echo "$netdev" >"$netdrv/unbind"
	echo "$netdev" >"$netdrv/bind"
}

zswap_up() {
	swapon "$swapdev"
	echo 1 >/sys/module/zswap/parameters/enabled
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p /sys/fs/cgroup/fail
}

zswap_run() {
	# A shell of its own, as $$ is the pid of this one even in a subshell
	sh -c "echo \$\$ >/sys/fs/cgroup/fail/cgroup.procs
	       dd if=/dev/urandom of=$dir/random bs=4k count=64
	       i=0
	       while [ \$i -lt 100 ]; do
		       cat $dir/random >>$dir/swapped
		       i=\$((i + 1))
	       done
	       echo 24M >/sys/fs/cgroup/fail/memory.reclaim
	       cat $dir/swapped
	       rm -f $dir/random $dir/swapped"
	rm -f $dir/random $dir/swapped
}

zswap_down() {
	swapoff "$swapdev"
	echo 0 >/sys/module/zswap/parameters/enabled
	rmdir /sys/fs/cgroup/fail
}

# fail ROW SLACK PERCENT FILTER LOAD: of the cache with the name of the row
fail() {
	name="$1 $3%"
	cache=/sys/kernel/slab/$1/failslab
	if [ ! -e "$cache" ]; then
		result 1 "$name" "# no $cache"
		return
	fi
	settle
	before=$(descs "$1")
	dmesg -c >/dev/null
	echo 1 >"$cache"
	echo Y >$faults/failslab/cache-filter
	fault_on failslab "$3" "$4"
	faulty "$5"
	fault_off failslab
	echo 0 >"$cache"
	[ "$injected" -gt 0 ]
	result $? "$name: allocations failed" "# $injected"
	# Without failures it works again.
	$5 >/dev/null 2>&1
	settle
	no_lies "$name"
	same "$1" "$2" "$name" "$before"
	no_splats "$name"
}

everybody() {
	files
	tasks
	[ -z "$scamem" ] || scamems
	[ -z "$iface" ] || net
	[ -z "$swapdev" ] || zswap_run
}

# Pages of any kind, including those that the caches of descriptors need
fail_pages() { # PERCENT
	settle
	b_slab=$(descs slab)
	b_ptdesc=$(descs ptdesc)
	b_scamem=$(descs scamem)
	b_bump=$(descs bump)
	b_zpdesc=$(descs zpdesc)
	dmesg -c >/dev/null
	echo 0 >$faults/fail_page_alloc/min-order
	echo N >$faults/fail_page_alloc/ignore-gfp-highmem
	fault_on fail_page_alloc "$1" Y
	faulty everybody
	fault_off fail_page_alloc
	[ "$injected" -gt 0 ]
	result $? "pages $1%: allocations failed" "# $injected"
	everybody >/dev/null 2>&1
	settle
	no_lies "pages $1%"
	same slab $((b_slab / 20 + 100)) "pages $1%: slab" "$b_slab"
	same ptdesc 64 "pages $1%: ptdesc" "$b_ptdesc"
	same scamem 4 "pages $1%: scamem" "$b_scamem"
	[ -z "$iface" ] || same bump 8 "pages $1%: bump" "$b_bump"
	[ -z "$swapdev" ] || same zpdesc 4 "pages $1%: zpdesc" "$b_zpdesc"
	no_splats "pages $1%"
}

for f in $report $check $faults/failslab $faults/fail_page_alloc /proc/self/make-it-fail; do
	[ -r "$f" ] || { echo "1..0 # SKIP no $f"; exit 4; }
done
mkdir -p $dir
mount -t tmpfs fail $dir
if [ -n "$iface" ]; then
	netdrv=$(readlink -f "/sys/class/net/$iface/device/driver")
	netdev=$(readlink -f "/sys/class/net/$iface/device")
	netdev=${netdev##*/}
	net
fi
echo "KTAP version 1"
no_lies boot
[ -z "$swapdev" ] || zswap_up
for percent in 2 20; do
	fail slab $(($(descs slab) / 20 + 100)) $percent Y files
	fail ptdesc 64 $percent Y tasks
	if [ -n "$scamem" ]; then
		fail scamem 4 $percent Y scamems
	else
		skip "scamem $percent%" "no program given"
	fi
	# Allocated in bulk, so there are few that can fail; and by whoever is
	# interrupted.
	if [ -n "$iface" ]; then
		fail bump 8 $((20 + 3 * percent)) N net
	else
		skip "bump $((20 + 3 * percent))%" "no interface given"
	fi
	if [ -n "$swapdev" ]; then
		fail zpdesc 4 $percent Y zswap_run
	else
		skip "zpdesc $percent%" "no swap device given"
	fi
	fail_pages $percent
done
[ -z "$swapdev" ] || zswap_down
umount $dir
echo "1..$n"
echo "# $n tests, $failed failed"
[ $failed = 0 ]
