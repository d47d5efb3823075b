#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# perf.sh: what operations on memory cost, base against ours, in instructions and in cache lines.
# Under QEMU's TCG with -icount one instruction is one tick of the guest's TSC, so that the numbers depend neither on the
# machine nor on what else it does. Each kernel runs twice; the second run has a plugin that counts cache lines.
# CONFIGS="A B" compares others than "base:x86_64-perf ours:x86_64-perf", as in CONFIGS="x86_64-perf-n x86_64-perf"
# (both of ours); only the default writes results/perf.tsv. PART=frag measures something else: how broken up memory is after
# a long mixed load, and how many huge pages can be had then; it writes results/frag.tsv.
. "$(dirname "$0")/lib.sh"

default="base:x86_64-perf ours:x86_64-perf"
read -ra configs <<<"${CONFIGS:-$default}"
((${#configs[@]} == 2)) || die "CONFIGS=${CONFIGS:-}: two are to be compared"
part=${PART:-perf}
export SEEDS=${SEEDS:-8}
case $part in perf) guest="guestcmd=perf" mem=640M ;; frag) guest="guestcmd=frag brd.rd_size=262144" mem=864M ;; *) die "PART=$part: perf or frag" ;; esac
table=$REPO/results/$part.tsv
[[ ${configs[*]} = "$default" ]] || table=$LOGS/$part-${configs[0]#*:}-${configs[1]#*:}.tsv
work=$BUILD/perf bench=$REPO/devel/bench
start=$SECONDS
STEPS=5
mkdir -p "$work" "$LOGS"

side_of() { case $1 in *:*) echo "${1%%:*}" ;; *) echo ours ;; esac; }
name_of() { echo "$(side_of "$1")-${1#*:}"; }

step "packages"
sub "$REPO/devel/deps.sh" check
step "kernels: ${configs[*]}"
sub "$REPO/devel/tree.sh" ours
for c in "${configs[@]}"; do
	[[ $(side_of "$c") = ours ]] || sub "$REPO/devel/tree.sh" base
	[[ $c = *perf* ]] || die "$c: the module wants KPROBES and KALLSYMS_ALL, and checks would be measured: an x86_64-perf"
	sub "$REPO/devel/kernel.sh" "${c#*:}" "$(side_of "$c")"
done

step "benchmarks"
for b in ubench frag; do gcc -O2 -Wall -Werror -static -o "$work/$b" "$bench/$b.c"; done
plugin=$work/lines.so
gcc -O2 -Wall -Werror -shared -fPIC -o "$plugin" "$bench/lines.c"
# A QEMU without plugins, or with another version of their interface
if ! timeout 20 qemu-system-x86_64 -M none -display none -nodefaults -monitor stdio -plugin "file=$plugin" <<<quit >"$work/plugin.log" 2>&1; then
	say "no cache lines, only instructions: this QEMU does not take the plugin: $(tail -1 "$work/plugin.log")"
	plugin=
fi
rm -f "$work/ext4" "$work/ext4.gz"
truncate -s "$([[ $part = frag ]] && echo 256M || echo 32M)" "$work/ext4"
mkfs.ext4 -qF -U 6d656d64-6573-6300-0000-000000000000 -E lazy_itable_init=0,lazy_journal_init=0,hash_seed=6d656d64-6573-6300-0000-000000000000 "$work/ext4"
gzip -1n "$work/ext4"
for c in "${configs[@]}"; do
	n=$(name_of "$c") dir=$work/$n
	rm -rf "$dir"
	mkdir -p "$dir"
	cp "$bench"/{Makefile,bench.h,mbench.c} "$dir/"
	if ! kmake "${c#*:}" "$(side_of "$c")" M="$dir" modules >"$LOGS/perf-$n-module.log" 2>&1 ||
		grep 'warning:' "$LOGS/perf-$n-module.log"; then
		grep -A5 'error' "$LOGS/perf-$n-module.log" || true
		die "the module does not build without warnings for $c; log: $LOGS/perf-$n-module.log"
	fi
	sub "$REPO/devel/initrd.sh" perf "$dir" "$work/$n.gz"
done

# run NAME KERNEL NUMBER [QEMU ARGUMENT...]: one guest, all it says in $LOGS/perf-NAME-NUMBER.log
run() {
	local n=$1 kernel=$2 log=$LOGS/$part-$1-$3.log append
	append="console=ttyS0 loglevel=5 nokaslr norandmaps tsc=reliable clocksource=tsc mitigations=off zswap.enabled=1"
	append+=" random.trust_cpu=off random.trust_bootloader=off panic=-1 oops=panic rdinit=/init $guest guestarg=$3 ${APPEND:-}"
	local cmd=(nice -n 5 timeout "${LIMIT:-1800}" qemu-system-x86_64 -M q35 -cpu "qemu64,-rdrand,-rdseed" -accel "tcg,thread=single"
		-icount "shift=0,sleep=off" -rtc "base=2026-01-01,clock=vm" -seed 1 -m "$mem" -smp 1 -display none -no-reboot -nodefaults
		-serial stdio -kernel "$kernel" -initrd "$work/$n.gz" -append "$append")
	shift 3
	watch "$log" '^perf:' 110 "$n" -- "${cmd[@]}" "$@" || echo "HOST: qemu ended with $? (124: killed)" >>"$log"
	sed -i 's/\r//g' "$log"
	scan_splats "$log" || die "the guest's log has what no log may have; see $log"
	! grep -a '^perf: ' "$log" || die "an operation failed; see $log"
	grep -aq '^GUEST: done' "$log" || { tail -5 "$log"; die "the guest did not come to its end; see $log"; }
}

step "guests"
for c in "${configs[@]}"; do
	n=$(name_of "$c") t=$SECONDS
	kernel=$(obj_dir "${c#*:}" "$(side_of "$c")")/arch/x86/boot/bzImage
	if [[ $part = frag ]]; then
		for ((seed = 1; seed <= SEEDS; seed++)); do run "$n" "$kernel" "$seed"; done
		say "$c: $SEEDS loads, $(took "$t")"
		continue
	fi
	run "$n" "$kernel" 1
	say "$c: $(grep -ac '^perf:' "$LOGS/perf-$n-1.log") operations, $(took "$t")"
	t=$SECONDS
	rm -f "$work/$n.lines"
	run "$n" "$kernel" 2 ${plugin:+-plugin "file=$plugin" -d plugin -D "$work/$n.lines"}
	say "$c once more${plugin:+, with cache lines}: $(took "$t")"
done

step "comparing"
for c in "${configs[@]}"; do
	echo "# $c: $(git -C "$(tree_dir "$(side_of "$c")")" log -1 --format='%h %s')"
done >"$work/about"
script=$REPO/devel/${part}table.py
python3 "$script" "$table" "$work/about" "$(name_of "${configs[0]}")" "$(name_of "${configs[1]}")" "$LOGS" "$work" || die "no table"
say "$part: $table, $(took "$start")"
