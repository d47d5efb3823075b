#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# selftests.sh CONFIG SIDE...: build the mm selftests of the patched tree in a copy, and the page_frag module for these kernels.
. "$(dirname "$0")/lib.sh"

config=$1 tree=$(tree_dir ours) copy=$BUILD/selftests/mm log=$LOGS/selftests.log
mkdir -p "$copy" "$LOGS"
tar -C "$tree" -cf - tools/testing/selftests/{lib.mk,kselftest,kselftest_harness.h,kselftest.h,mm,pidfd,clone3,ipc} \
	tools/{arch,build,include,lib,scripts} include mm/gup_test.h lib/test_{hmm,scamem}_uapi.h scripts 2>/dev/null | tar -C "$copy" -xf - || true
[[ -f $copy/tools/testing/selftests/mm/run_vmtests.sh ]] || die "no mm selftests in $tree"
{
	make -C "$tree" -s ARCH=x86_64 O="$BUILD/selftests/hdr" headers &&
		nice -n 5 make -C "$copy/tools/testing/selftests/mm" -j"$JOBS" ARCH=x86_64 \
			KHDR_INCLUDES="-isystem $BUILD/selftests/hdr/usr/include" KDIR=/nonexistent
} >"$log" 2>&1 || { tail -30 "$log"; die "the mm selftests do not build; log: $log"; }
shift
for side; do
	rm -rf "$copy/page_frag-$config-$side"
	cp -a "$copy/tools/testing/selftests/mm/page_frag" "$copy/page_frag-$config-$side"
	kmake "$config" "$side" M="$copy/page_frag-$config-$side" modules >"$log.page_frag" 2>&1 || { tail -20 "$log.page_frag"; die "page_frag_test.ko does not build"; }
done
say "mm selftests built in $copy"
