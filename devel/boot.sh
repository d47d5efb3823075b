#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# boot.sh: everything from packages to a guest that prints the memdesc report.
# ARCH=x86_64|arm64|um, CONFIG=... (default: ARCH), MEM=, SIDE=ours|base.
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-$KARCH} side=${SIDE:-ours}
arch=$(config_arch "$config")
obj=$(obj_dir "$config" "$side")
case $arch in
x86_64) kernel=$obj/arch/x86/boot/bzImage ;;
arm64) kernel=$obj/arch/arm64/boot/Image.gz ;;
um) kernel=$obj/linux ;;
esac
log=$LOGS/boot-$config-$side.log initrd=$BUILD/initrd/small-$arch.gz
start=$SECONDS
STEPS=5

step "packages"
sub "$REPO/devel/deps.sh" "boot-$arch"
step "kernel tree"
sub "$REPO/devel/tree.sh" "$side"
step "kernel"
sub "$REPO/devel/kernel.sh" "$config" "$side"
step "initramfs: busybox and a script"
sub "$REPO/devel/initrd.sh" small "$arch" "$initrd"
step "booting ${MEM:-2G}, ${SMP:-2} processors; console in $log"
t=$SECONDS
sub "$REPO/devel/guest.sh" "$log" "${LIMIT:-600}" "$arch" "$kernel" "$initrd" "quiet kunit.enable=0 ${APPEND:-}"
tr -d '\r' <"$log" | sed -n 's/^GUEST: /  /p'
if ! scan_splats "$log"; then die "the guest's log has what no log may have; see $log"; fi
if ! grep -aq '^GUEST: done' "$log"; then
	tail -30 "$log"
	die "the guest did not come to its end; see $log"
fi
if grep -qs '^CONFIG_MEMDESC_DEBUG=y' "$obj/.config" && ! grep -aqE '^GUEST: checked [1-9][0-9]* pages, 0 lies' "$log"; then
	die "the walk over all pages did not say that it found no lie; see $log"
fi
say "booted $config ($side) and powered off in $(took "$t"); $(took "$start") in all"
