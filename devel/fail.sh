#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# fail.sh: tools/testing/memdesc/fail.sh in a guest: allocations of descriptors and of pages fail while the owners of pages are busy.
# CONFIG=... (default x86_64; it needs CONFIG_MEMDESC_DEBUG and fault injection).
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-x86_64}
log=$LOGS/fail-$config initrd=$BUILD/initrd/vmtests-ours.gz
start=$SECONDS
STEPS=3

step "kernel"
sub "$REPO/devel/kernel.sh" "$config"
step "the mm selftests, of which scamem is needed, and swap"
sub "$REPO/devel/selftests.sh" "$config" ours
sub "$REPO/devel/initrd.sh" vmtests ours "$initrd" "$config"
new_disks fail-swap:1G
step "failures, in a guest; results in $log.log"
rm -f "$log.log"
sub "$REPO/devel/guest.sh" "$log.console" "${LIMIT:-1800}" x86_64 "$(obj_dir "$config" ours)/arch/x86/boot/bzImage" "$initrd" \
	"loglevel=4 kunit.enable=0 guestcmd=fail ${APPEND:-}" -serial "file:$log.log" "${DISKS[@]}" -nic user,model=virtio-net-pci
sed -i 's/\r//g' "$log.log"
grep -aE '^(not ok|# [0-9]+ tests)|: allocations failed|# SKIP' "$log.log" || true
scan_splats "$log.console" || die "the guest's log has what no log may have; see $log.console"
grep -aqE '^# [1-9][0-9]* tests, 0 failed' "$log.log" || die "not every test passed; see $log.log"
! grep -aq '# SKIP' "$log.log" || die "a test was skipped; see $log.log"
say "fail: ok, $(took "$start")"
