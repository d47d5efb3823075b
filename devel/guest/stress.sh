#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# stress.sh DIR MINUTES MIB: a mixed load in a guest: memory, files, pipes, splice, sockets, zero-copy send and receive, hotplug.
# DIR is on a real file system; swap is on; the guest has MIB of memory. Each round takes a minute and has another mix.
# The host does what "HOST: " asks for.
dir=$1 end=$((SECONDS + $2 * 60)) rounds=0 good=0 copies=0 plugs=0 mib=$3
cd "$dir" || exit
echo 1 >/sys/kernel/mm/ksm/run
echo always >/sys/kernel/mm/transparent_hugepage/enabled
echo 1 >/proc/sys/vm/compact_memory
echo 16 >/proc/sys/vm/nr_hugepages

memory=(vm vm-rw vm-addr mmap mmapfork mmaphuge mremap brk bigheap malloc madvise mlock mlockmany mincore fork vforkmany clone
	exec stack rmap pagemove pageswap physpage userfaultfd remap munmap numa tlb-shootdown memfd secretmem
	shm shm-sysv memhotplug fault mprotect)
files=(hdd iomix aio aiol io-uring copy-file fallocate readahead sendfile msync mmapaddr ramfs dentry xattr sync-file seek
	fsize link revio filename flock chmod)
pipes=(pipe pipeherd splice vm-splice tee fifo sock sockpair sockmany sockfd udp udp-flood epoll
	netlink-task eventfd mq)

stress-ng --help >/tmp/stressors

# load N LIST...: N of them at random, all at the same time, for a minute
load() (
	local n=$1 args=() s
	shift
	for s in $(printf '%s\n' "$@" | shuf -n "$n"); do
		grep -q -- "--$s N" /tmp/stressors && args+=("--$s" 1)
	done
	echo "stress-ng ${args[*]}"
	ulimit -v 600000 # who grows until it fails shall not meet the OOM killer, whose report is a splat
	stress-ng "${args[@]}" --sock-zerocopy --vm-bytes 20% --hdd-bytes 64M --iomix-bytes 64M --fallocate-bytes 16M --readahead-bytes 32M \
		--timeout 50 --temp-path "$dir" --oomable --no-rand-seed --skip-silent --log-brief --metrics-brief 2>&1 | grep -E 'fail|error|bogo|completed'
	exit "${PIPESTATUS[0]}"
)

# zero-copy receive from, and send to, TCP sockets; fails unless both directions went well
zerocopy() {
	local rc=0
	tcp_mmap -s -z -i >/tmp/tcp_mmap.server 2>&1 &
	sleep 3
	timeout 100 tcp_mmap -H ::1 -z -i >/tmp/tcp_mmap.client 2>&1 || rc=1
	sleep 3
	kill $! 2>/dev/null
	wait $! 2>/dev/null
	grep -q 'SHA256 is correct' /tmp/tcp_mmap.server || rc=1
	# The receiver has to be the last to go.
	timeout 60 msg_zerocopy -4 -t 25 -D 127.0.0.1 -r tcp >/tmp/zerocopy.rx 2>&1 &
	sleep 3
	timeout 40 msg_zerocopy -4 -t 8 -D 127.0.0.1 -z tcp >/tmp/zerocopy.tx 2>&1 || rc=1
	wait $! || rc=1
	tail -n 2 /tmp/tcp_mmap.* /tmp/zerocopy.rx /tmp/zerocopy.tx
	echo "zero-copy: $rc"
	return $rc
}

blocks() { set -- /sys/devices/system/memory/memory[0-9]*; echo $#; }

# until_blocks COUNT SECONDS: wait for so many blocks of memory
until_blocks() {
	local i
	for ((i = 0; i < $2; i++)); do
		[[ $(blocks) != "$1" ]] || return 0
		sleep 1
	done
	return 1
}

# A DIMM comes, is used, and goes, while an eighth of the memory is in the balloon. To go can fail, as its pages may be in use for
# long; then the next round tries again.
plug() {
	local have i b
	have=$(blocks)
	echo "HOST: balloon $((mib * 7 / 8))"
	if ((have == first)); then
		echo "HOST: dimm add"
		until_blocks $((first + 4)) 20 || return 1
		for b in /sys/devices/system/memory/memory[0-9]*; do
			[[ $(cat "$b/state") = online ]] || echo online_movable >"$b/state"
		done
	fi
	sleep 15
	echo "HOST: balloon $mib"
	for i in 1 2 3; do
		echo "HOST: dimm del"
		until_blocks "$first" 15 && return 0
	done
	return 1
}
first=$(blocks)

while ((SECONDS < end)); do
	rounds=$((rounds + 1))
	echo "=== ROUND $rounds at $SECONDS"
	echo "<5>stress: round $rounds" >/dev/kmsg
	zerocopy &
	z=$!
	plug &
	p=$!
	load 3 "${memory[@]}" &
	a=$!
	load 3 "${files[@]}" &
	b=$!
	load 3 "${pipes[@]}" && good=$((good + 1))
	wait $a && good=$((good + 1))
	wait $b && good=$((good + 1))
	wait $z && copies=$((copies + 1))
	wait $p && plugs=$((plugs + 1))
done
echo "=== STRESS $rounds rounds, $good of $((3 * rounds)) runs of stress-ng, $SECONDS seconds, $copies zero-copy, $plugs times memory plugged and unplugged"
