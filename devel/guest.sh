#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh LOG SECONDS ARCH KERNEL INITRD APPEND [QEMU ARGUMENT...]: run a guest to its end, console in LOG.
# AGAIN is a command to run before a run is repeated (see below).
# MEM (default 2G) and SMP (default 2) as the guest shall have them. KVM is used only where a probe has shown that it runs.
. "$(dirname "$0")/lib.sh"

log=$1 limit=$2 arch=$3 kernel=$4 initrd=$5 append=$6
shift 6
mem=${MEM:-2G} smp=${SMP:-2}
mkdir -p "$(dirname "$log")"

# An ordinary guest must get to its panic (no root) within 12 s; a /dev/kvm that opens and then hangs exists.
accel() {
	local probe=$BUILD/kvm-probe out
	if [[ ! -c /dev/kvm || ! -w /dev/kvm || $arch != x86_64 || $(uname -m) != x86_64 ]]; then
		echo tcg,thread=multi
		return
	fi
	if [[ ! -f $probe || $(cat "$probe.boot" 2>/dev/null) != "$(cat /proc/sys/kernel/random/boot_id)" ]]; then
		out=$(timeout 12 qemu-system-x86_64 -M q35 -accel kvm -m 512M -smp 2 -nodefaults -no-reboot -display none -serial stdio \
			-kernel "$kernel" -append 'console=ttyS0 panic=-1' </dev/null 2>/dev/null | tr -d '\0' || true)
		if [[ $out = *'Kernel panic'* ]]; then
			echo kvm >"$probe"
		else
			echo tcg,thread=multi >"$probe"
		fi
		cat /proc/sys/kernel/random/boot_id >"$probe.boot"
	fi
	cat "$probe"
}

nodes() { # two NUMA nodes, each with half of the memory and of the processors
	local size=$(($(numfmt --from=iec "$mem") / 2)) i
	for i in 0 1; do
		echo "-object memory-backend-ram,id=node$i,size=$size"
		echo "-numa node,nodeid=$i,memdev=node$i,cpus=$((i * smp / 2))-$(((i + 1) * smp / 2 - 1))"
	done
}

case $arch in
x86_64)
	accel=$(accel)
	cpu=max
	[[ $accel = kvm ]] && cpu=host
	mapfile -t numa < <(nodes | tr ' ' '\n')
	((smp > 1)) || numa=()
	cmd=(qemu-system-x86_64 -M q35 -cpu "$cpu" -accel "$accel" "${numa[@]}")
	machine=$smp
	((smp < 2)) || machine=$smp,sockets=2
	# On a busy host the watchdog would take the guest's TSC for broken, and the HPET is slow to emulate.
	append="console=ttyS0 tsc=reliable $append"
	;;
arm64)
	# Without pauth-impdef QEMU computes QARMA for every call: four times slower.
	cmd=(qemu-system-aarch64 -M 'virt,gic-version=3' -cpu 'max,pauth-impdef=on' -accel 'tcg,thread=multi')
	append="console=ttyAMA0 $append"
	;;
um)
	rc=0
	# shellcheck disable=SC2086
	TMPDIR=${TMPDIR:-/tmp} timeout "$limit" "$kernel" mem="$mem" initrd="$initrd" con=null con0=fd:0,fd:1 ssl=null \
		seccomp=on ncpus="$smp" rdinit=/init panic=-1 $append </dev/null >"$log" 2>&1 || rc=$?
	stty sane 2>/dev/null </dev/tty || true
	[[ $rc != 124 ]] || echo "HOST: guest killed after $limit s" | tee -a "$log"
	exit 0
	;;
esac
# QEMU's TCG can still run a breakpoint which the kernel's text patching has taken out again ("Oops: int3"), on any
# kernel, about once in 20 boots on a busy host. Such a run says nothing: it is repeated, twice at most.
for try in 1 2 3; do
	rc=0
	((try == 1)) || ${AGAIN:-true}
	timeout "$limit" "${cmd[@]}" -m "$mem" -smp "${machine:-$smp}" -display none -no-reboot -nodefaults -serial stdio \
		-kernel "$kernel" -initrd "$initrd" -append "$append rdinit=/init panic=-1 oops=panic" "$@" </dev/null >"$log" 2>&1 || rc=$?
	grep -aq 'Oops: int3' "$log" || break
	cp "$log" "$log.int3-$try"
	say "the emulator tripped over a stale breakpoint (kept as $log.int3-$try): again"
done
((rc == 0)) || echo "HOST: qemu ended with $rc (124: killed after $limit s)" | tee -a "$log"
exit 0
