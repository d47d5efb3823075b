#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kunit.sh [x86_64|arm64|um]: build if needed, run every built-in KUnit suite, fail if one fails or is not there.
# UML runs through kunit.py exec; for the others we start QEMU ourselves (kunit.py would take a KVM that hangs)
# and give the log to kunit.py parse.
. "$(dirname "$0")/lib.sh"

# What was asked for goes before CONFIG, which make exports.
config=${1:-${CONFIG:-x86_64}} side=${SIDE:-ours}
arch=$(config_arch "$config")
obj=$(obj_dir "$config" "$side") tree=$(tree_dir "$side")
log=$LOGS/kunit-$config-$side.log
[[ ${NOBUILD:-} ]] || sub "$REPO/devel/kernel.sh" "$config" "$side"
kunit() { (cd "$tree" && PYTHONDONTWRITEBYTECODE=1 python3 tools/testing/kunit/kunit.py "$@"); }

rc=0
case $arch in
um)
	kunit exec --arch=um --build_dir="$obj" --timeout=600 --raw_output=all \
		--kernel_args=seccomp=on --kernel_args=ncpus=2 </dev/null >"$log" 2>&1 || rc=$?
	stty sane 2>/dev/null </dev/tty || true
	;;
*)
	image=$obj/arch/x86/boot/bzImage
	[[ $arch = x86_64 ]] || image=$obj/arch/arm64/boot/Image.gz
	sub "$REPO/devel/initrd.sh" small "$arch" "$BUILD/initrd/small-$arch.gz"
	sub "$REPO/devel/guest.sh" "$log" "${LIMIT:-900}" "$arch" "$image" "$BUILD/initrd/small-$arch.gz" \
		"loglevel=7 kunit.enable=1"
	grep -aq '^GUEST: done' "$log" || { tail -30 "$log"; die "the guest did not come to its end; see $log"; }
	;;
esac
tr -d '\r' <"$log" >"$log.txt"
kunit parse "$log.txt" >"$log.parsed" 2>&1 </dev/null || rc=1
grep -E '^\[[0-9:]+\] (Testing complete|\[(FAILED|CRASHED|TIMED OUT|ERROR))' "$log.parsed" || grep -E 'Testing complete|FAILED|ERROR' "$log.parsed" || true
((rc == 0)) || { grep -E 'FAILED|EXPECTATION|ASSERTION|not ok' "$log.parsed" | head -30; die "KUnit on $config failed; see $log.txt"; }

suites="slub_test damon iov_iter usercopy"
[[ $side = base ]] || ! grep -q '^CONFIG_MEMDESC_KUNIT_TEST=' "$obj/.config" || suites+=" memdesc"
for s in $suites; do
	grep -qE "# Subtest: $s\$" "$log.txt" || die "suite $s did not run; see $log.txt"
done
# Suites that provoke reports on purpose are taken out before the scan.
sed -n 's/^suite //p' "$REPO/devel/splats.txt" | while read -r s; do
	sed -i -E "/# Subtest: $s\$/,/ok [0-9]+ $s(\$| #)/d" "$log.txt"
done
scan_splats "$log.txt" || die "the log has what no log may have; see $log"
say "KUnit on $config ($side): $(grep -oE 'Ran [0-9]+ tests.*' "$log.parsed" | tail -1)"
