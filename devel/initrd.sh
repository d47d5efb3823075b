#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# initrd.sh small ARCH OUT: busybox and our init.
# initrd.sh vmtests SIDE OUT CONFIG: the mm selftests of that side with the programs they call, from this machine.
# initrd.sh stress SIDE OUT CONFIG: stress-ng and guest/stress.sh instead of the tests.
. "$(dirname "$0")/lib.sh"

kind=$1 what=$2 out=$3 config=${4:-x86_64}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
umask 022
chmod 755 "$root" # a test runs as nobody
mkdir -p "$root"/{bin,sbin,usr/bin,usr/sbin,lib,lib64,proc,sys,dev,tmp,run,root,mnt,etc,boot,var/tmp,var/run}
cp "$REPO/devel/guest/init.sh" "$root/init"
chmod 755 "$root/init"

pack() {
	mkdir -p "$(dirname "$out")"
	(cd "$root" && find . -print0 | sort -z | cpio --null -o -H newc --quiet -R 0:0 | gzip -1n) >"$out.tmp"
	mv "$out.tmp" "$out"
}

busybox_for() {
	local native
	native=$(uname -m)
	case $1 in
	um | "$native" | x86_64)
		have busybox || die "no busybox: apt-get install busybox-static"
		command -v busybox
		;;
	arm64)
		local dir=$BUILD/dl/arm64
		if [[ ! -x $dir/bin/busybox ]]; then
			mkdir -p "$dir/bin"
			say "fetching busybox-static for arm64" >&2
			(apt_private arm64 arm64 bookworm trixie >&2 && cd "$dir" && apt-get -qq download busybox-static >&2 &&
				dpkg-deb -x busybox-static_*.deb .) || die "no busybox for arm64: put a static one at $dir/bin/busybox"
			[[ -x $dir/bin/busybox ]] || ln -sf ../usr/bin/busybox "$dir/bin/busybox"
		fi
		echo "$dir/bin/busybox"
		;;
	esac
}

if [[ $kind = small ]]; then
	cp -L "$(busybox_for "$what")" "$root/bin/busybox"
	for a in $(busybox --list); do [[ -e $root/bin/$a ]] || ln -s busybox "$root/bin/$a"; done
	words=$(tree_dir ours)/tools/testing/memdesc/words.sh
	[[ ! -e $words ]] || cp "$words" "$root/"
	pack
	exit 0
fi

if [[ $kind = perf ]]; then
	cp -L "$(busybox_for x86_64)" "$root/bin/busybox"
	for a in $(busybox --list); do [[ -e $root/bin/$a ]] || ln -s busybox "$root/bin/$a"; done
	cp "$what/mbench.ko" "$BUILD/perf/ubench" "$BUILD/perf/frag" "$BUILD/perf/ext4.gz" "$root/"
	pack
	exit 0
fi

tests=$BUILD/selftests/mm obj=$(obj_dir "$config" "$what")
# libs FILE...: the shared objects they need
libs() { # none for a script or a static program
	local l
	for l in $({ ldd "$@" 2>/dev/null || true; } | { grep -o "/[^ :]*" || true; } | sort -u); do
		[[ ! -e $l || -e $root/lib/$(basename "$l") ]] || cp -L "$l" "$root/lib/"
	done
}
cp "$(command -v busybox)" "$root/bin/busybox"
for a in $(busybox --list); do [[ -e $root/bin/$a ]] || ln -s busybox "$root/bin/$a"; done
# The tests rely on what the full programs do and busybox's do not.
for b in bash sed grep mount umount modprobe modinfo insmod rmmod lsmod mktemp tr ls cat stat truncate gawk bc timeout \
	gzip zcat date sort uniq head tail wc losetup dd pgrep pkill killall findmnt mountpoint getconf ps free sysctl \
	taskset numactl mkfs.xfs mkfs.ext4 cut tee seq expr find xargs dmesg swapon swapoff; do
	p=$(command -v "$b") || die "the mm selftests need $b: run make deps"
	p=$(readlink -f "$p")
	rm -f "$root/bin/$b"
	cp -L "$p" "$root/bin/$b"
	libs "$p"
done
ln -sf gawk "$root/bin/awk"
ln -sf bash "$root/bin/sh"
mv "$root/lib/ld-linux-x86-64.so.2" "$root/lib64/"
for l in libgcc_s.so.1 libnss_files.so.2; do # opened at run time
	cp -L "$(gcc -print-file-name=$l)" "$root/lib/" 2>/dev/null || cp -L "/lib/x86_64-linux-gnu/$l" "$root/lib/"
done
printf 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nnogroup:x:65534:\n' >"$root/etc/group"
printf 'passwd: files\ngroup: files\n' >"$root/etc/nsswitch.conf"
# all that the tests ask of sudo is "sudo -u USER COMMAND"
cat >"$root/bin/sudo" <<'EOF'
#!/bin/bash
user=root
while getopts "u:n" o; do case $o in u) user=$OPTARG ;; esac; done
shift $((OPTIND - 1))
[ "$user" = root ] && exec "$@"
exec /bin/busybox su -s /bin/sh "$user" -c "$*"
EOF
chmod 755 "$root/bin/sudo"

if [[ $kind = stress ]]; then
	cp "$REPO/devel/guest/stress.sh" "$root/"
	cp -L "$(command -v stress-ng)" "$root/bin/"
	# 8 MiB in a transfer, not 32 GiB, and what the server says is seen though it is killed in the end.
	net=$(tree_dir ours)/tools/testing/selftests/net
	sed 's/1ULL << 35/1ULL << 23/' "$net/tcp_mmap.c" >"$root/tcp_mmap.c"
	grep -q '1ULL << 23' "$root/tcp_mmap.c" || die "tcp_mmap.c has changed"
	printf '#include <stdio.h>\n__attribute__((constructor)) static void lines(void) { setvbuf(stdout, NULL, _IOLBF, 0); }\n' >"$root/lines.c"
	inc=(-isystem "$BUILD/selftests/hdr/usr/include" -I"$net/.." -I"$net")
	gcc -O2 -w "${inc[@]}" -o "$root/bin/tcp_mmap" "$root/tcp_mmap.c" "$root/lines.c" -lcrypto -lpthread || die "tcp_mmap does not build"
	gcc -O2 -w "${inc[@]}" -o "$root/bin/msg_zerocopy" "$net/msg_zerocopy.c" || die "msg_zerocopy does not build"
	libs "$root"/bin/{stress-ng,tcp_mmap,msg_zerocopy}
	pack
	exit 0
fi

mkdir -p "$root/kselftest"
cp -a "$tests/tools/testing/selftests/mm" "$tests/tools/testing/selftests/kselftest" "$root/kselftest/"
find "$root/kselftest" \( -name '*.[cdoS]' -o -name '.*.cmd' -o -name '*.mod' \) -delete
cp "$tests/page_frag-$config-$what/page_frag_test.ko" "$root/kselftest/mm/page_frag/"
find "$root/kselftest/mm" -maxdepth 1 -type f -perm -100 ! -name '*.sh' | while read -r b; do libs "$b"; done
release=$(cat "$obj/include/config/kernel.release")
mods=$root/lib/modules/$release
mkdir -p "$mods/extra"
(cd "$obj" && find . -name '*.ko' -not -path './.*' -exec cp {} "$mods/extra/" \;)
cp "$obj"/modules.{builtin,builtin.modinfo,order} "$mods/"
depmod -b "$root" "$release"
fail=$(tree_dir ours)/tools/testing/memdesc/fail.sh
[[ ! -e $fail ]] || cp "$fail" "$root/"
cp "$obj/.config" "$root/boot/config-$release"
pack
