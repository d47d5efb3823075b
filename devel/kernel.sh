#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh CONFIG [ours|base]: configure and build one kernel (or TARGETS of it).
# CONFIG is x86_64, x86_64-small, x86_64-perf, arm64 or um, then any of -debug (debug.config) and -n (CONFIG_MEMDESC=n).
. "$(dirname "$0")/lib.sh"

config=$1 side=${2:-ours}
arch=$(config_arch "$config")
src=$(tree_dir "$side") out=$(obj_dir "$config" "$side")
[[ -f $src/Kbuild ]] || die "no kernel tree at $src: run make tree"
mkdir -p "$out" "$LOGS"
log=$LOGS/build-$config-$side.log

exec 9>"$out/.lock"
flock 9

fragments=("$REPO/configs/$arch.config")
[[ $config = *-small* ]] && fragments=("$REPO/configs/$arch-small.config")
[[ $config = *-perf* ]] && fragments=("$REPO/configs/$arch-perf.config")
[[ $config = *-debug* ]] && fragments+=("$REPO/configs/debug.config")
if [[ $side = ours && $config != *-n ]]; then
	if grep -qs '^config MEMDESC$' "$src/mm/Kconfig"; then
		# In the middle of the series (walk.sh) some of these options do not exist yet.
		if [[ ${WALK:-} ]]; then
			awk 'FNR == NR { have["CONFIG_" $2]; next } !/^CONFIG_(MEMDESC|FREE_LIST|BUMP_KUNIT|TEST_SCAMEM)/ || substr($0, 1, index($0, "=") - 1) in have' \
				<(grep -hsE '^config (MEMDESC|FREE_LIST|BUMP_KUNIT|TEST_SCAMEM)' "$src"/{mm,lib}/Kconfig*) "$REPO/configs/memdesc.config" >"$out/memdesc.config"
		elif [[ $config = *-perf* ]]; then
			echo CONFIG_MEMDESC=y >"$out/memdesc.config" # as it would be used: without its checks
		else
			cp "$REPO/configs/memdesc.config" "$out/"
		fi
		fragments+=("$out/memdesc.config")
	else
		say "note: this tree has no CONFIG_MEMDESC; building without it"
	fi
fi

# Configuration: made anew each time, put in place only if it differs.
case $config in
*-small* | *-perf*) goals=(tinyconfig) ;;
x86_64*) goals=(x86_64_defconfig kvm_guest.config) ;;
*) goals=(alldefconfig) ;;
esac
new=$out/.config.new
rm -f "$new"
kmake "$config" "$side" KCONFIG_CONFIG="$new" "${goals[@]}" >"$LOGS/config-$config-$side.log" 2>&1 ||
	{ tail -20 "$LOGS/config-$config-$side.log"; die "configuration failed"; }
cat "${fragments[@]}" >>"$new"
kmake "$config" "$side" KCONFIG_CONFIG="$new" olddefconfig >>"$LOGS/config-$config-$side.log" 2>&1 ||
	{ tail -20 "$LOGS/config-$config-$side.log"; die "configuration failed"; }

# Every option asked for is there; a later fragment overrides an earlier one.
# "# optional: REASON" on the line before excuses an option.
missing=0
while read -r line; do
	name=${line%%=*}
	if [[ ${line#*=} = n ]]; then
		! grep -q "^$name=" "$new" && continue
	else
		grep -qxF -- "$line" "$new" && continue
	fi
	echo "  $line asked for, but the configuration has: $(grep -w "$name" "$new" || echo nothing)" >&2
	missing=$((missing + 1))
done < <(awk '/^# optional: /{ skip = 1; next } /^CONFIG_/ { if (!skip) print; skip = 0 }' "${fragments[@]}" | tac | awk -F= '!seen[$1]++' | tac)
((missing == 0)) || die "$missing options of configs/ are not in the $config configuration"
if cmp -s "$new" "$out/.config"; then rm -f "$new"; else mv "$new" "$out/.config"; fi
rm -f "$new.old"
[[ ${CONFIG_ONLY:-} ]] && exit 0

case $arch in
arm64) targets=(Image.gz) image=arch/arm64/boot/Image.gz ;;
um) targets=(all) image=linux ;;
*) targets=(all) image=arch/x86/boot/bzImage ;;
esac
# shellcheck disable=SC2206
[[ -z ${TARGETS:-} ]] || targets=(prepare $TARGETS) image=
total=$(sed -n 's/^# objects: //p' "${fragments[0]}")
start=$SECONDS
say "building the $config kernel ($side) in $out"
if ! watch "$log" '^  (CC|AS)' "${total:-3000}" "building $config" -- kmake "$config" "$side" -j"$JOBS" "${targets[@]}"; then
	grep -nE -m 20 -A6 'error|Error|undefined|\*\*\*' "$log" | head -60
	die "the $config kernel does not build; log: $log"
fi
if grep -nEi 'warning:' "$log" | grep -v 'reassigning to symbol'; then
	die "warnings in the build of $config; log: $log"
fi
say "built $config: $(grep -cE '^  (CC|AS)' "$log" || true) objects in $(took "$start"): $out/$image"
