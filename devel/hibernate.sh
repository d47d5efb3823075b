#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# hibernate.sh: a guest writes its memory to disk and gets it back, twice; the words of all pages are checked before and after.
# CONFIG=x86_64, SIDE=ours|base, MEM=1G.
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-x86_64} side=${SIDE:-ours}
log=$LOGS/hibernate-$config-$side initrd=$BUILD/initrd/small-x86_64.gz
start=$SECONDS
STEPS=3

step "kernel"
sub "$REPO/devel/kernel.sh" "$config" "$side"
step "initramfs and swap"
sub "$REPO/devel/initrd.sh" small x86_64 "$initrd"
new_disks hibernate-swap:2G
step "three boots: sleep, resume and sleep, resume; log $log-1.log to -3.log"
disk=$BUILD/disks/hibernate-swap.img
for n in 1 2 3; do
	cp --sparse=always "$disk" "$disk.before"
	AGAIN="cp --sparse=always $disk.before $disk" \
		MEM=${MEM:-1G} sub "$REPO/devel/guest.sh" "$log-$n.log" "${LIMIT:-600}" x86_64 "$(obj_dir "$config" "$side")/arch/x86/boot/bzImage" "$initrd" \
		"loglevel=5 kunit.enable=0 guestcmd=hibernate resume=/dev/vda ${APPEND:-}" "${DISKS[@]}"
	tr -d '\r' <"$log-$n.log" | sed -n 's/^GUEST: /  /p'
	scan_splats "$log-$n.log" || die "the guest's log has what no log may have; see $log-$n.log"
	((n == 1)) || grep -aq "^GUEST: resumed $((n - 1)), nothing lost" "$log-$n.log" || die "boot $n did not resume; see $log-$n.log"
	((n == 3)) || grep -aq "^GUEST: going to sleep $n" "$log-$n.log" || die "boot $n did not go to sleep; see $log-$n.log"
done
grep -aq '^GUEST: done' "$log-3.log" || die "the guest did not come to its end; see $log-3.log"
if grep -qs '^CONFIG_MEMDESC_DEBUG=y' "$(obj_dir "$config" "$side")/.config" && ! grep -aqE '^GUEST: checked [1-9][0-9]* pages, 0 lies' "$log-3.log"; then
	die "the walk over all pages did not say that it found no lie; see $log-3.log"
fi
say "hibernated and resumed twice ($config, $side), $(took "$start")"
