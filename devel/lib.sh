# SPDX-License-Identifier: GPL-2.0
# Shared by all scripts in devel/; sourced, not run.
# shellcheck shell=bash disable=SC2034

set -Eeuo pipefail
trap 'echo "${0##*/} stopped at line $LINENO" >&2' ERR

REPO=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=${MEMDESC_BUILD:-$REPO/build}
mkdir -p "$BUILD"
BUILD=$(cd "$BUILD" && pwd -P)
LOGS=$BUILD/logs
JOBS=${JOBS:-$(nproc)}
KSRC=${KSRC:-}
KSRC=${KSRC/#\~/$HOME}
KARCH=${ARCH:-x86_64}

# The base: Debian's linux-source-7.3 of this version, imported as this commit.
BASE_PKG=linux-source-7.3
BASE_DEBVER=7.3.4-1~bpo13+1
BASE_SHA256=76df1affb19f24926949369be1d74b60071c963c598ce8780bddd4bbf0fc3bc4
BASE_COMMIT=81ccaecd3b1eec7878c324b1de2fbe554bd9ee6a
BASE_TAG=v7.3.4

# What a user has exported for other builds must not reach the kernel's.
unset ARCH MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL GNUMAKEFLAGS CFLAGS CPPFLAGS CXXFLAGS \
	LDFLAGS ASFLAGS KCFLAGS KCPPFLAGS KAFLAGS KRUSTFLAGS KBUILD_OUTPUT KBUILD_EXTMOD \
	KBUILD_EXTRA_SYMBOLS KCONFIG_CONFIG KCONFIG_ALLCONFIG CROSS_COMPILE O M C W V CHECK CF \
	LLVM LLVM_IAS CC CXX LD AS AR HOSTCC HOSTCXX HOSTCFLAGS HOSTLDFLAGS USERCFLAGS \
	USERLDFLAGS KHDR_INCLUDES INSTALL_PATH INSTALL_MOD_PATH INSTALL_HDR_PATH CPATH \
	C_INCLUDE_PATH LIBRARY_PATH LD_LIBRARY_PATH GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE \
	CDPATH GREP_OPTIONS TERM BASH_ENV
export LC_ALL=C.UTF-8 TZ=UTC PATH=/usr/bin:/bin:/usr/sbin:/sbin:$PATH

# The same bytes whoever builds, wherever.
export KBUILD_BUILD_TIMESTAMP='Sun Nov 15 00:00:00 UTC 2026' KBUILD_BUILD_USER=memdesc \
	KBUILD_BUILD_HOST=memdesc KBUILD_BUILD_VERSION=1 LOCALVERSION=
export CCACHE_BASEDIR=$BUILD CCACHE_NOHASHDIR=1 CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-12G} \
	CCACHE_SLOPPINESS=include_file_mtime,include_file_ctime,time_macros

# Labels "[2/5]" are handed down to the scripts a script calls.
STEP=0 LABEL=${OUTER:-}
STEPS=${STEPS:-1}
say() { echo "${LABEL:-}$*"; }
step() { STEP=$((STEP + 1)); LABEL="${OUTER:-}[$STEP/$STEPS] "; say "$*"; }
sub() { OUTER="${LABEL:-}" "$@"; }
loud() { printf '\n*** %s\n\n' "$*" >&2; }
die() { echo "${LABEL:-}error: $*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
took() { local s=$((SECONDS - ${1:-0})); printf '%dm%02ds' $((s / 60)) $((s % 60)); }

# watch FILE REGEX TOTAL TEXT -- COMMAND...: run it into FILE, with a line now and then.
watch() {
	local file=$1 re=$2 total=$3 text=$4 start=$SECONDS pid last=$SECONDS rc=0
	shift 5
	: >"$file"
	"$@" >>"$file" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 1
		if ((SECONDS - last >= 25)); then
			last=$SECONDS
			say "$text: $(grep -cE "$re" "$file" || true) of ~$total, $(took "$start")"
		fi
	done
	wait $pid || rc=$?
	return $rc
}

# "base" and "ours" have folders of the same shape, so that ccache serves both.
side_dir() { case $1 in ours) echo "$BUILD" ;; base) echo "$BUILD/base" ;; *) die "no side $1" ;; esac; }
tree_dir() {
	if [[ -n $KSRC && $1 = ours ]]; then echo "$BUILD/ksrc/linux"; else echo "$(side_dir "$1")/linux"; fi
}
obj_dir() {
	if [[ -n $KSRC && $2 = ours ]]; then echo "$BUILD/ksrc/o/$1"; else echo "$(side_dir "$2")/o/$1"; fi
}
config_arch() { case ${1%%-*} in x86_64) echo x86_64 ;; arm64) echo arm64 ;; um) echo um ;; *) die "unknown configuration $1: x86_64, arm64 or um, then -debug or -n" ;; esac; }

# kmake CONFIG SIDE ARGUMENT...: the kernel's make, called the same way each time.
kmake() {
	local arch src out cc=gcc args
	arch=$(config_arch "$1") src=$(tree_dir "$2") out=$(obj_dir "$1" "$2")
	shift 2
	args=(-C "$src" O="$out" ARCH="$arch")
	if [[ $arch = arm64 && $(uname -m) != aarch64 ]]; then
		cc=aarch64-linux-gnu-gcc
		args+=(CROSS_COMPILE=aarch64-linux-gnu-)
	fi
	if have ccache; then args+=("CC=ccache $cc" "HOSTCC=ccache gcc"); else args+=("CC=$cc"); fi
	nice -n 5 make "${args[@]}" "$@"
}

# The list of patches, in order.
series() { grep -v -e "^[[:space:]]*#" -e "^[[:space:]]*$" "$REPO/patches/series" 2>/dev/null || true; }

# What the patches are, in one number.
fingerprint() {
	series | while read -r p; do sha256sum <"$REPO/patches/$p"; done | sha256sum | cut -d' ' -f1
}

# scan_splats LOG: print what no guest log may have; true if there is nothing.
scan_splats() {
	local deny allow found
	deny=$(grep -v -e '^#' -e '^$' "$REPO/devel/splats.txt" | grep -v -e '^allow ' -e '^suite ')
	allow=$(sed -n 's/^allow //p' "$REPO/devel/splats.txt")
	[[ -n $deny ]] || die "devel/splats.txt is empty"
	found=$(tr -d '\r' <"$1" | grep -naE -f <(echo "$deny") | grep -vE -f <(echo "${allow:-^$}") || true)
	[[ -n $found ]] || return 0
	sed -n 1,40p <<<"$found"
	return 1
}

# new_disks NAME:SIZE...: empty disk images, made anew; DISKS has QEMU's arguments for them, in this order. What comes after the
# last dash of NAME says what is made on a disk: swap, xfs, ext4 or btrfs.
new_disks() {
	local d img
	DISKS=()
	mkdir -p "$BUILD/disks"
	for d; do
		img=$BUILD/disks/${d%:*}.img
		rm -f "$img"
		truncate -s "${d#*:}" "$img"
		case ${d%:*} in
		*swap) mkswap "$img" ;;
		*xfs) mkfs.xfs -qf "$img" ;;
		*ext4) mkfs.ext4 -qF "$img" ;;
		*btrfs) mkfs.btrfs -qf "$img" ;;
		*) false ;;
		esac >/dev/null 2>&1 || die "no disk $d could be made"
		DISKS+=(-drive "file=$img,if=virtio,format=raw,cache=unsafe")
	done
}

# obey LOG: what the guest asks for in LOG.log ("HOST: balloon MIB", "HOST: dimm add", "HOST: dimm del") goes to QEMU's monitor;
# MONITOR has QEMU's arguments. The jobs this starts are the caller's to kill.
obey() {
	rm -f "$1.log" "$1".mon.*
	mkfifo "$1.mon.in" "$1.mon.out"
	: >"$1.log"
	cat "$1.mon.out" >/dev/null &
	tail -n +1 -f "$1.log" | sed -un 's/\r//; s/^HOST: \(balloon [0-9]*\)$/\1/p
		s/^HOST: dimm add$/object_del plug\nobject_add memory-backend-ram,id=plug,size=512M\ndevice_add pc-dimm,id=dimm,memdev=plug,node=1/p
		s/^HOST: dimm del$/device_del dimm/p' >"$1.mon.in" &
	MONITOR=(-device "virtio-balloon-pci,free-page-reporting=on" -m "slots=4,maxmem=8G"
		-chardev "pipe,id=mon,path=$1.mon" -mon chardev=mon)
}

# git as everybody has it, not as this user has configured it.
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_COUNT=1 \
	GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*' GIT_TERMINAL_PROMPT=0

# apt_private NAME ARCH SUITE...: an apt configuration of its own that knows these
# suites of the mirror this machine uses; sets APT_CONFIG for the caller's command.
apt_private() {
	local dir=$BUILD/apt/$1 arch=$2 site suite key=/usr/share/keyrings/debian-archive-keyring.gpg
	shift 2
	have apt-get || return 1
	# shellcheck disable=SC2016
	site=$(apt-get indextargets --format '$(LABEL)|$(SITE)' 2>/dev/null | sed -n 's/^Debian|//p' | sed -n 1,1p)
	# shellcheck disable=SC2016
	[[ -n $site ]] || site=$(apt-get indextargets --format '$(SITE)' 2>/dev/null | grep '/debian/*$' | sed -n 1,1p)
	[[ -n $site ]] || return 1
	mkdir -p "$dir"/{none,state/lists/partial,cache/archives/partial}
	: >"$dir/status"
	for suite; do echo "${TYPE:-deb} [signed-by=$key] $site $suite main"; done >"$dir/sources.list"
	cat >"$dir/apt.conf" <<-EOF
		Dir::Etc::sourcelist "$dir/sources.list";
		Dir::Etc::sourceparts "$dir/none";
		Dir::Etc::preferences "/dev/null";
		Dir::Etc::preferencesparts "$dir/none";
		Dir::State "$dir/state";
		Dir::State::status "$dir/status";
		Dir::Cache "$dir/cache";
		APT::Architecture "$arch";
		APT::Architectures { "$arch"; };
		APT::Sandbox::User "root";
		Acquire::Languages "none";
		Acquire::Check-Valid-Until "false";
	EOF
	export APT_CONFIG=$dir/apt.conf
	[[ -n $(find "$dir/state/lists" -maxdepth 1 \( -name '*_Packages*' -o -name '*_Sources*' \) -mmin -1440 -print -quit) ]] ||
		apt-get -qq update
}
