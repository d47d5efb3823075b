#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /init of every guest. guestcmd= on the kernel command line says what to do:
# report (default), words and fail (tools/testing/memdesc/*.sh), vmtests with
# guestarg=CATEGORY,CATEGORY..., stress with guestarg=MINUTES,MIB, hibernate,
# perf, frag with guestarg=SEED, or shell.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
mkdir -p /dev/shm /dev/pts /tmp /sys/fs/cgroup
mount -t devpts pts /dev/pts
mount -t tmpfs -o size=70% shm /dev/shm
mount -t tmpfs -o size=70% tmp /tmp
mount -t debugfs debug /sys/kernel/debug
mount -t tracefs trace /sys/kernel/tracing 2>/dev/null
mount -t cgroup2 cgroup /sys/fs/cgroup 2>/dev/null
busybox ip link set lo up 2>/dev/null
uptime_s() { cut -d' ' -f1 /proc/uptime; }
opt() { sed -n "s/.*\\b$1=\\([^ ]*\\).*/\\1/p" /proc/cmdline; }

# The report and the walk over all pages; nothing on a kernel which has neither.
memdesc() {
	for f in memdesc memdesc_check; do
		[ -e /sys/kernel/debug/$f ] || continue
		echo "GUEST: --- /sys/kernel/debug/$f ($1)"
		sed 's/^/GUEST: /' /sys/kernel/debug/$f
	done
}

# Tests talk on the second serial line, so that no kernel message cuts into their lines.
case $(opt guestcmd) in
vmtests | words | stress | fail) [ ! -c /dev/ttyS1 ] || exec >/dev/ttyS1 2>&1 ;;
esac
echo "GUEST: up after $(uptime_s) s"
case $(opt guestcmd) in
shell)
	setsid sh -c 'exec sh </dev/console >/dev/console 2>&1'
	;;
vmtests)
	swapon /dev/vda
	for d in xfs:vdb ext4:vdc btrfs:vdd; do
		[ -b "/dev/${d#*:}" ] || continue
		mkdir -p "/mnt/${d%:*}"
		mount -t "${d%:*}" "/dev/${d#*:}" "/mnt/${d%:*}"
	done
	memdesc before
	# some tests want their directory on a real file system
	cp -a /kselftest /mnt/xfs/
	cd /mnt/xfs/kselftest/mm || exit
	for c in $(opt guestarg | tr , ' '); do
		s=$(uptime_s)
		echo "=== CATEGORY $c START $s"
		echo "<5>selftests: category $c" >/dev/kmsg
		timeout 1800 ./run_vmtests.sh -t "$c"
		echo "=== CATEGORY $c END rc=$? secs=$(echo "$(uptime_s) $s" | awk '{print $1 - $2}')"
	done
	cd /
	memdesc after
	;;
stress)
	swapon /dev/vda
	mkdir -p /mnt/xfs
	mount -t xfs /dev/vdb /mnt/xfs
	memdesc before
	# shellcheck disable=SC2046
	bash /stress.sh /mnt/xfs $(opt guestarg | tr , ' ')
	memdesc after
	;;
fail)
	modprobe test_scamem
	memdesc before
	sh /fail.sh eth0 /dev/vda /kselftest/mm/scamem
	memdesc after
	;;
words)
	sh /words.sh eth0 /dev/vda "$(opt guestarg)"
	;;
hibernate)
	swapon /dev/vda
	memdesc before
	# Memory in use and memory that was, so that there is free memory of every age.
	head -c 150M /dev/urandom >/dev/shm/keep
	head -c 200M /dev/zero >/dev/shm/gone
	find /sys /proc/sys -type f >/tmp/names 2>/dev/null
	rm /dev/shm/gone
	sum=$(md5sum /dev/shm/keep /tmp/names)
	echo shutdown >/sys/power/disk
	for n in 1 2; do
		echo "GUEST: going to sleep $n"
		echo disk >/sys/power/state || break
		[ "$sum" = "$(md5sum /dev/shm/keep /tmp/names)" ] && echo "GUEST: resumed $n, nothing lost"
		cp /dev/shm/keep /dev/shm/again && rm /dev/shm/again
	done
	memdesc after
	;;
perf)
	zcat /ext4.gz >/dev/ram0 && mount -t ext4 /dev/ram0 /mnt
	rm /ext4.gz
	mkswap /dev/ram1 >/dev/null && swapon /dev/ram1
	# as a service would run: its memory is charged to a cgroup
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir /sys/fs/cgroup/perf && echo $$ >/sys/fs/cgroup/perf/cgroup.procs
	dmesg -c >/dev/null
	# The last part leaves the pageblocks in disorder.
	insmod /mbench.ko part=ops && rmmod mbench
	dmesg -c | sed -n 's/.*\(perf:\)/\1/p'
	/ubench
	insmod /mbench.ko part=steal && rmmod mbench
	dmesg -c | sed -n 's/.*\(perf:\)/\1/p'
	;;
frag)
	# Disks of memory; all of it is taken now, so that the load finds it in one place.
	dd if=/dev/zero of=/dev/ram0 bs=1M 2>/dev/null
	dd if=/dev/zero of=/dev/ram1 bs=1M count=160 2>/dev/null
	zcat /ext4.gz >/dev/ram0 && mount -t ext4 /dev/ram0 /mnt
	rm /ext4.gz
	mkswap /dev/ram1 163840 >/dev/null && swapon /dev/ram1
	/frag "$(opt guestarg)" 4000
	;;
*)
	echo "GUEST: $(uname -srvm)"
	echo "GUEST: $(grep MemTotal /proc/meminfo)"
	[ -e /sys/kernel/debug/memdesc ] || echo "GUEST: this kernel has no memdesc report"
	memdesc boot
	;;
esac
echo "GUEST: done after $(uptime_s) s"
sync
# The small kernel of make perf cannot switch off; QEMU runs with -no-reboot.
case $(opt guestcmd) in perf | frag) echo b >/proc/sysrq-trigger ;; esac
echo o >/proc/sysrq-trigger
sleep 5
busybox poweroff -f
