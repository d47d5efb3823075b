#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vmtests.sh: the mm selftests through run_vmtests.sh in a guest with two NUMA nodes.
# CATS=a,b (default: all; quick: the quick set), SIDE=ours|base|both, CONFIG=x86_64|x86_64-debug. What base passes and ours does not is a failure,
# once it has been repeated. SIDE=base and SIDE=both write results/vmtests.tsv; SIDE=ours compares with it.
. "$(dirname "$0")/lib.sh"

side=${SIDE:-ours} config=${CONFIG:-x86_64} table=$REPO/results/vmtests.tsv flaky=$REPO/results/flaky.txt
quick=mdwe,mkdirty,madv_populate,mlock,mmap,rmap,pkey,mremap,process_mrelease,hugevm,madv_guard,process_madv,vma_merge,memfd_secret,pfnmap,gup_test,compaction,pagemap,memory-failure,cow,soft_dirty
case $side in both) sides=(base ours) ;; base | ours) sides=("$side") ;; *) die "SIDE=$side: base, ours or both" ;; esac
case $config in x86_64 | x86_64-debug) ;; *) die "CONFIG=$config: x86_64 or x86_64-debug" ;; esac
# The table is of the ordinary kernel.
[[ $side = ours || $config = x86_64 ]] || die "SIDE=$side writes $table: not with CONFIG=$config"
STEPS=$((4 + ${#sides[@]}))
start=$SECONDS

step "packages"
sub "$REPO/devel/deps.sh" check
step "kernels"
sub "$REPO/devel/tree.sh" ours
for s in "${sides[@]}"; do
	[[ $s = ours ]] || sub "$REPO/devel/tree.sh" base
	sub "$REPO/devel/kernel.sh" "$config" "$s"
done
step "selftests"
sub "$REPO/devel/selftests.sh" "$config" "${sides[@]}"
for s in "${sides[@]}"; do sub "$REPO/devel/initrd.sh" vmtests "$s" "$BUILD/initrd/vmtests-$s.gz" "$config"; done

all=$(sed -n 's/^[[:space:]]*CATEGORY="\([^"]*\)".*/\1/p' "$BUILD/selftests/mm/tools/testing/selftests/mm/run_vmtests.sh" | awk '!s[$0]++' | paste -sd,)
case ${CATS:-} in '') cats=$all ;; quick) cats=$quick ;; *) cats=$CATS ;; esac
for c in ${cats//,/ }; do [[ ,$all, = *,$c,* ]] || die "no category $c; there are: $all"; done

# run SIDE CATS NAME: one guest; its tests in NAME.log, its console in NAME.console
run() {
	local s=$1 c=$2 base=$LOGS/vmtests-$3
	new_disks swap:1G xfs:2G ext4:1G btrfs:1G
	rm -f "$base.log"
	MEM=${MEM:-4G} SMP=${4:-${SMP:-2}} sub "$REPO/devel/guest.sh" "$base.console" 7200 x86_64 \
		"$(obj_dir "$config" "$s")/arch/x86/boot/bzImage" "$BUILD/initrd/vmtests-$s.gz" \
		"loglevel=5 mitigations=off kunit.enable=0 guestcmd=vmtests guestarg=$c ${APPEND:-}" -serial "file:$base.log" "${DISKS[@]}" &
	local pid=$! t=$SECONDS last=$SECONDS
	while kill -0 $pid 2>/dev/null; do
		sleep 1
		((SECONDS - last >= 30)) || continue
		last=$SECONDS
		say "$s: $(grep -ac '=== CATEGORY .* END' "$base.log" 2>/dev/null || true) of $(tr , '\n' <<<"$c" | wc -l) categories, in $(grep -a '=== CATEGORY .* START' "$base.log" 2>/dev/null | tail -1 | cut -d' ' -f3), $(took "$t")"
	done
	wait $pid || true
	sed -i 's/\r//g' "$base.log"
	if ! scan_splats "$base.console" || ! scan_splats <(grep -a '^GUEST' "$base.log"); then
		echo "$s: a splat in $base.console" | tee -a "$BUILD/vmtests-splats"
	fi
	if ! grep -aq '^GUEST: done' "$base.log"; then
		tail -n 5 "$base.console" "$base.log"
		echo "$s: the guest did not come to its end: $base.console" | tee -a "$BUILD/vmtests-splats"
	fi
}

# run_all SIDE CATS NAME: the migration tests want four processors
run_all() {
	local rest
	rest=$(tr , '\n' <<<"$2" | sed '/^migration$/d' | paste -sd,)
	LOGFILES=()
	if [[ -n $rest ]]; then run "$1" "$rest" "$3" && LOGFILES+=("$LOGS/vmtests-$3.log"); fi
	if [[ ,$2, = *,migration,* ]]; then run "$1" migration "$3-smp4" 4 && LOGFILES+=("$LOGS/vmtests-$3-smp4.log"); fi
}

rm -f "$BUILD/vmtests-splats"
declare -A logs
for s in "${sides[@]}"; do
	step "$s: categories ${cats//,/ }; log $LOGS/vmtests-$s.log"
	run_all "$s" "$cats" "$s"
	logs[$s]="${LOGFILES[*]}"
done

step "comparing"
if [[ -n ${logs[base]:-} ]]; then
	# shellcheck disable=SC2086
	python3 "$REPO/devel/vmtable.py" update "$table" base ${logs[base]}
fi
rc=0
if [[ -n ${logs[ours]:-} ]]; then
	for n in 1 2 3; do
		# shellcheck disable=SC2086
		diffs=$(python3 "$REPO/devel/vmtable.py" compare "$table" ${logs[ours]}) && break
		echo "$diffs"
		again=$(cut -f1 <<<"$diffs" | sort -u | paste -sd,)
		say "repeating $again ($n of 3)"
		run_all ours "$again" "ours-again$n"
		logs[ours]+=" ${LOGFILES[*]}"
		if [[ $side = both ]]; then
			run_all base "$again" "base-again$n"
			logs[base]+=" ${LOGFILES[*]}"
			# shellcheck disable=SC2086
			python3 "$REPO/devel/vmtable.py" update "$table" base ${logs[base]}
		fi
	done
	# shellcheck disable=SC2086
	[[ $side != both ]] || python3 "$REPO/devel/vmtable.py" update "$table" ours ${logs[ours]}
	# shellcheck disable=SC2086
	if ! diffs=$(python3 "$REPO/devel/vmtable.py" compare "$table" ${logs[ours]}); then
		say "passes on base and not on ours:"
		echo "$diffs"
		rc=1
	fi
	# A test that passed only when repeated must be known to be flaky, or be seen to fail on base as well.
	for l in ${logs[ours]}; do
		python3 "$REPO/devel/vmtable.py" compare "$table" "$l" || true
	done | sort -u | while IFS=$'\t' read -r c t _; do
		grep -qF "$c	$t	" "$flaky" && { say "flaky, and known: $c: $t"; continue; }
		awk -F'\t' -v c="$c" -v t="$t" '$1 == c && $2 == t && $3 ~ /runs failed/ { f = 1 } END { exit !f }' "$table" &&
			{ say "flaky, on base too (add it to results/flaky.txt): $c: $t"; continue; }
		say "failed at least once, and base did not: $c: $t"
		exit 1
	done || rc=1
fi
if [[ -s $BUILD/vmtests-splats ]]; then
	cat "$BUILD/vmtests-splats"
	rc=1
fi
say "mm selftests ($side): $([[ $rc = 0 ]] && echo ok || echo FAILED), $(took "$start")"
exit $rc
