#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# stress.sh: MINUTES (20) of mixed load in a guest (guest/stress.sh), by default with the debug kernel, while memory is plugged
# and unplugged and a balloon that reports free pages comes and goes; the words of all pages are checked before and after.
# CONFIG=... (default x86_64-debug), SIDE=, MEM=.
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-x86_64-debug} side=${SIDE:-ours} minutes=${MINUTES:-20}
log=$LOGS/stress-$config-$side initrd=$BUILD/initrd/stress-$side.gz
start=$SECONDS
STEPS=4

step "packages"
sub "$REPO/devel/deps.sh" stress
step "kernel"
sub "$REPO/devel/kernel.sh" "$config" "$side"
step "initramfs and disks"
sub "$REPO/devel/selftests.sh" "$config" "$side"
sub "$REPO/devel/initrd.sh" stress "$side" "$initrd" "$config"
new_disks stress-swap:1G stress-xfs:2G
# An emulated processor may not run for half a minute when the host has other work, which is no stall of the guest.
step "$minutes minutes of load in a guest; log $log.log"
obey "$log"
trap 'kill $(jobs -p) 2>/dev/null' EXIT
MEM=${MEM:-3G} sub "$REPO/devel/guest.sh" "$log.console" $((minutes * 60 + 1200)) x86_64 "$(obj_dir "$config" "$side")/arch/x86/boot/bzImage" "$initrd" \
	"loglevel=5 mitigations=off rcupdate.rcu_cpu_stall_timeout=120 kunit.enable=0 guestcmd=stress guestarg=$minutes,$(($(numfmt --from=iec "${MEM:-3G}") >> 20)) ${APPEND:-}" -serial "file:$log.log" \
	"${DISKS[@]}" "${MONITOR[@]}"
sed -i 's/\r//g' "$log.log"
grep -a '^=== STRESS' "$log.log" || true
rc=0
scan_splats "$log.console" || rc=1
scan_splats <(grep -a '^GUEST' "$log.log") || rc=1
grep -aq '^GUEST: done' "$log.log" || { tail -n 5 "$log.console" "$log.log"; echo "the guest did not come to its end"; rc=1; }
grep -aqE '^=== STRESS [1-9][0-9]* rounds' "$log.log" || { echo "no load ran"; rc=1; }
# stress-ng gives up a run for want of memory or of something the kernel lacks, so not each has to succeed.
! grep -aqE '^=== STRESS ([0-9]+) rounds, 0 of' "$log.log" || { echo "no run of stress-ng succeeded"; rc=1; }
! grep -aqE ' 0 zero-copy,' "$log.log" || { echo "no zero-copy transfer succeeded"; rc=1; }
! grep -aqE ' 0 times memory plugged and unplugged' "$log.log" || { echo "no memory was plugged and unplugged"; rc=1; }
say "stress ($config, $side): $([[ $rc = 0 ]] && echo ok || echo FAILED), $(took "$start"); log $log.log"
exit $rc
