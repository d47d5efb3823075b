#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# words.sh: tools/testing/memdesc/words.sh in a guest: every owner of pages takes some and gives them back,
# with the words of all pages checked after each, before and after some pages were poisoned.
# CONFIG=... (default x86_64; it needs CONFIG_MEMDESC_DEBUG), MEM=.
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-x86_64}
log=$LOGS/words-$config initrd=$BUILD/initrd/small-x86_64.gz
start=$SECONDS
STEPS=3

step "kernel"
sub "$REPO/devel/kernel.sh" "$config"
step "initramfs and swap"
sub "$REPO/devel/initrd.sh" small x86_64 "$initrd"
new_disks words-swap:1G
step "the owners of pages, in a guest; results in $log.log"
obey "$log"
trap 'kill $(jobs -p) 2>/dev/null' EXIT
sub "$REPO/devel/guest.sh" "$log.console" "${LIMIT:-1200}" x86_64 "$(obj_dir "$config" ours)/arch/x86/boot/bzImage" "$initrd" \
	"loglevel=5 kunit.enable=0 guestcmd=words guestarg=2048 ${APPEND:-}" -serial "file:$log.log" \
	"${DISKS[@]}" -nic user,model=virtio-net-pci "${MONITOR[@]}"
sed -i 's/\r//g' "$log.log"
grep -aE '^(not ok|# [0-9]+ tests)|# SKIP' "$log.log" || true
scan_splats "$log.console" || die "the guest's log has what no log may have; see $log.console"
grep -aqE '^# [1-9][0-9]* tests, 0 failed' "$log.log" || die "not every test passed; see $log.log"
! grep -aq '# SKIP' "$log.log" || die "a test was skipped; see $log.log"
say "words: ok, $(took "$start")"
