#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [quick]: every check, the quick ones first, one kernel build at a time.
# Ends with "N passed, N failed, N skipped"; fails if one failed. Logs in build/logs/check-*.log.
. "$(dirname "$0")/lib.sh"

quick=${1:-}
passed=0 failed=0 skipped=0 broken=''
start=$SECONDS
mkdir -p "$LOGS"

# check NAME [needs NAME2] COMMAND...
check() {
	local name=$1 t=$SECONDS rc=0 log=$LOGS/check-$1.log
	shift
	if [[ $1 = needs ]]; then
		if [[ " $broken " = *" $2 "* ]]; then
			echo "FAIL $name: needs $2, which failed"
			failed=$((failed + 1)) broken+=" $name"
			return
		fi
		shift 2
	fi
	echo "==== $name"
	"$@" </dev/null 2>&1 | tee "$log" | sed -u 's/^/     /' || rc=${PIPESTATUS[0]}
	case $rc in
	0)
		echo "ok $name ($((SECONDS - t)) s)"
		passed=$((passed + 1))
		return
		;;
	77)
		if grep -qx "$name" "$REPO/devel/skips.txt"; then
			echo "skip $name: $(tail -1 "$log")"
			skipped=$((skipped + 1))
			return
		fi
		;;
	esac
	echo "FAIL $name ($((SECONDS - t)) s); log: $log"
	failed=$((failed + 1)) broken+=" $name"
}

end() {
	echo
	[[ -z $broken ]] || echo "failed:$broken"
	echo "$(((SECONDS - start) / 60)) minutes"
	echo "$passed passed, $failed failed, $skipped skipped"
	((failed == 0)) || exit 1
	exit 0
}

D=$REPO/devel
check deps "$D/deps.sh" check
check tree needs deps "$D/tree.sh" ours
[[ -z $broken ]] || end
for n in series-files tags scripts roundtrip checkpatch kernel-doc configs htmldocs; do
	check "$n" "$D/static.sh" "$n"
done
check free-list needs tree make -s -C "$(tree_dir ours)/tools/testing/memdesc" run
check build-x86_64 needs configs "$D/kernel.sh" x86_64
check boot-x86_64 needs build-x86_64 "$D/boot.sh"
check words needs boot-x86_64 "$D/words.sh"
check fail needs boot-x86_64 "$D/fail.sh"
check hibernate needs boot-x86_64 "$D/hibernate.sh"
check w1 needs build-x86_64 "$D/static.sh" w1
check body needs build-x86_64 "$D/static.sh" body
check sparse needs build-x86_64 "$D/static.sh" sparse
check kunit-x86_64 needs build-x86_64 "$D/kunit.sh" x86_64
check vmtests-quick needs build-x86_64 env CATS=quick SIDE=ours "$D/vmtests.sh"
[[ $quick = quick ]] && end
for a in um arm64; do
	check build-$a needs configs "$D/kernel.sh" $a
	check boot-$a needs build-$a env ARCH=$a CONFIG=$a "$D/boot.sh"
	check kunit-$a needs build-$a "$D/kunit.sh" $a
done
end
