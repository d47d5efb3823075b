#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# tree.sh [ours|base]: assemble the kernel tree: the base imported as one commit
# (branch base) with the series on it (branch memdesc). Never throws away work.
. "$(dirname "$0")/lib.sh"

side=${1:-ours}
tree=$(tree_dir "$side")
dl=$BUILD/dl

# deb_tarball DEB: take the source tarball out of the package.
deb_tarball() {
	mkdir -p "$dl"
	if have dpkg-deb; then
		dpkg-deb --fsys-tarfile "$1" | tar -xf - -C "$dl" --strip-components=3 --wildcards './usr/src/linux-source-*.tar.xz'
	else
		local member
		member=$(ar t "$1" | grep '^data\.tar') || return 1
		ar p "$1" "$member" | tar -xJf - -C "$dl" --strip-components=3 --wildcards './usr/src/linux-source-*.tar.xz'
	fi
	tarball=$dl/$BASE_PKG.tar.xz
	[[ -f $tarball ]]
}

apt_deb() { # apt_deb VERSION: with the machine's own apt, then with backports of its mirror
	mkdir -p "$dl"
	have apt-get || return 1
	(cd "$dl" && apt-get -qq download "$BASE_PKG=$1" 2>/dev/null) ||
		(apt_private backports "$(dpkg --print-architecture)" trixie-backports trixie &&
			cd "$dl" && apt-get -qq download "$BASE_PKG=$1") || return 1
	find "$dl" -name "${BASE_PKG}_*.deb" | sort -V | tail -1
}

find_base() {
	local deb=''
	pinned=1
	if [[ -n ${LINUX_SOURCE_DEB:-} ]]; then
		[[ -f $LINUX_SOURCE_DEB ]] || die "LINUX_SOURCE_DEB=$LINUX_SOURCE_DEB: no such file"
		deb=$LINUX_SOURCE_DEB
	fi
	[[ -n $deb ]] || deb=$(find "$REPO/../shared/base" "$dl" -name "${BASE_PKG}_${BASE_DEBVER}_*.deb" 2>/dev/null | sed -n 1,1p) || true
	if [[ -z $deb ]]; then
		say "fetching $BASE_PKG $BASE_DEBVER with apt"
		deb=$(apt_deb "$BASE_DEBVER") || deb=''
	fi
	if [[ -z $deb ]] && have apt-cache; then
		local newest
		newest=$( (apt_private backports "$(dpkg --print-architecture)" trixie-backports trixie &&
			apt-cache madison "$BASE_PKG") 2>/dev/null | awk -F'|' '{gsub(/ /, "", $2); print $2}' | sort -rV | sed -n 1,1p) || true
		if [[ -n $newest ]]; then
			loud "THE BASE HAS MOVED: $BASE_DEBVER is gone, taking $newest and applying with git am -3"
			pinned=0
			deb=$(apt_deb "$newest") || deb=''
		fi
	fi
	if [[ -n $deb ]]; then
		say "base: $(basename "$deb")"
		deb_tarball "$deb" || die "no source tarball in $deb"
	else
		local url=https://cdn.kernel.org/pub/linux/kernel/v7.x/linux-${BASE_TAG#v}.tar.xz
		pinned=0
		loud "no $BASE_PKG package to be had: taking kernel.org's ${BASE_TAG#v}, UNVERIFIED but for https"
		mkdir -p "$dl"
		tarball=$dl/linux-${BASE_TAG#v}.tar.xz
		if have curl; then curl -fL -sS -o "$tarball" "$url"; else wget -q -O "$tarball" "$url"; fi ||
			die "cannot fetch $url; give a package with LINUX_SOURCE_DEB= or a tree with KSRC="
	fi
	if ((pinned)); then
		say "checking the sha256 of the tarball"
		if ! echo "$BASE_SHA256  $tarball" | sha256sum --quiet -c - >/dev/null 2>&1; then
			[[ -n ${LINUX_SOURCE_DEB:-} ]] || die "$tarball does not have the pinned checksum"
			loud "THE BASE HAS MOVED: $LINUX_SOURCE_DEB is not $BASE_DEBVER; applying with git am -3"
			pinned=0
		fi
	fi
}

# import DIR DESCRIPTION: make DIR a repository whose one commit depends on the files alone.
import() {
	(
		cd "$1"
		git init -q -b base
		git config core.compression 1
		git config gc.auto 0
		# Debian adds a line that makes git ignore every new file.
		sed -i -z 's,\n\n#\n# Debian packaging: ignore everything.*$,\n,' .gitignore
		git add -A -f
		GIT_AUTHOR_NAME="Linux ${BASE_TAG#v}" GIT_AUTHOR_EMAIL=base@example.org \
			GIT_AUTHOR_DATE=2026-11-15T00:00:00Z GIT_COMMITTER_NAME="Linux ${BASE_TAG#v}" \
			GIT_COMMITTER_EMAIL=base@example.org GIT_COMMITTER_DATE=2026-11-15T00:00:00Z \
			git commit -q -m "$2"
	)
}

import_base() {
	local tmp=$tree.tmp desc
	STEPS=4
	step "looking for the base"
	find_base
	step "unpacking $(basename "$tarball") (20 s)"
	rm -rf "$tmp"
	mkdir -p "$tmp"
	tar -xJf "$tarball" -C "$tmp" --strip-components=1
	step "importing it into git (50 s)"
	if ((pinned)); then desc="Linux ${BASE_TAG#v} (Debian $BASE_PKG $BASE_DEBVER)"; else desc="Linux: $(basename "$tarball")"; fi
	import "$tmp" "$desc"
	git -C "$tmp" branch memdesc
	git -C "$tmp" checkout -q memdesc
	if ((pinned)) && [[ $(git -C "$tmp" rev-parse base) != "$BASE_COMMIT" ]]; then
		die "the import gave $(git -C "$tmp" rev-parse base) and not $BASE_COMMIT: is a file system or git option changing files?"
	fi
	((pinned)) || touch "$tmp/.git/memdesc-moved"
	mv "$tmp" "$tree"
	rm -f "$dl/$BASE_PKG.tar.xz"
	step "applying the series"
}

# apply: put the series on base as branch memdesc
apply() {
	local three=() list=() p old n
	[[ -e $tree/.git/memdesc-moved || -n $KSRC ]] && three=(-3)
	while read -r p; do
		[[ -f $REPO/patches/$p ]] || die "patches/series names $p, which is not there"
		list+=("$REPO/patches/$p")
	done < <(series)
	old=$(git -C "$tree" rev-parse memdesc)
	if [[ $old != "$(git -C "$tree" rev-parse base)" ]]; then
		git -C "$tree" update-ref refs/heads/memdesc-previous "$old"
		say "patches/ has changed; what memdesc was is branch memdesc-previous"
	fi
	git -C "$tree" checkout -q -B memdesc base
	if ((${#list[@]})); then
		export GIT_COMMITTER_NAME='memdesc developers' GIT_COMMITTER_EMAIL=memdesc@example.org
		if ! git -C "$tree" am -q "${three[@]}" --committer-date-is-author-date --keep-non-patch \
			--no-scissors --no-gpg-sign "${list[@]}" >"$BUILD/am.log" 2>&1; then
			n=$(cat "$tree/.git/rebase-apply/next" 2>/dev/null || echo 1)
			echo "$(basename "${list[n - 1]}") (patch $n of ${#list[@]}) does not apply:" >&2
			grep -v '^hint:' "$BUILD/am.log" | sed 's/^/  /' >&2
			git -C "$tree" diff --diff-filter=U 2>/dev/null | head -60 | sed 's/^/  /' >&2
			git -C "$tree" am --abort || true
			git -C "$tree" checkout -q -B memdesc "$old"
			die "the series does not apply to $(git -C "$tree" log -1 --format=%s base). git am was aborted and branch memdesc is as before;
to work on it: git -C $tree checkout base && git -C $tree am -3 $REPO/patches/PATCH..."
		fi
	fi
	echo "$(fingerprint) $(git -C "$tree" rev-parse memdesc)" >"$tree/.git/memdesc-applied"
	say "applied ${#list[@]} patches: memdesc is $(git -C "$tree" rev-parse --short=12 memdesc) in $tree"
}

if [[ $side = base ]]; then
	if [[ ! -d $tree/.git ]]; then
		[[ -d $BUILD/linux/.git ]] || sub "$0" ours
		say "a second work tree, of the base alone (25 s)"
		rm -rf "$tree"
		mkdir -p "$(dirname "$tree")"
		git clone -q --shared -b base "$BUILD/linux" "$tree.tmp"
		mv "$tree.tmp" "$tree"
	fi
	exit 0
fi

if [[ -n $KSRC ]]; then
	[[ -f $KSRC/Kbuild ]] || die "KSRC=$KSRC is not a kernel tree"
	from=$(cd "$KSRC" && pwd -P)
	if [[ -d $from/.git || -f $from/.git ]]; then id=$(git -C "$from" rev-parse HEAD); else id="files of $from"; fi
	if [[ ! -d $tree/.git || $(cat "$tree/.git/memdesc-from" 2>/dev/null) != "$id" ]]; then
		if [[ -d $tree/.git && $(git -C "$tree" rev-parse memdesc) != $(cut -d' ' -f2 "$tree/.git/memdesc-applied" 2>/dev/null) ]]; then
			die "$tree has commits of its own: move it away first"
		fi
		rm -rf "$tree" "$tree.tmp"
		mkdir -p "$tree.tmp"
		if [[ $id = files* ]]; then
			say "copying and importing $from (1 to 2 minutes)"
			tar -C "$from" --exclude='*.o' --exclude=./.git -cf - . | tar -C "$tree.tmp" -xf -
			import "$tree.tmp" "Linux: copy of a user's tree"
		else
			say "cloning $from at $id"
			[[ -z $(git -C "$from" status --porcelain -uno) ]] || loud "changes in $from that are not committed are not taken"
			git clone -q --shared --no-checkout "$from" "$tree.tmp"
			git -C "$tree.tmp" checkout -q -B base "$id"
		fi
		git -C "$tree.tmp" branch -f memdesc base
		git -C "$tree.tmp" checkout -q memdesc
		echo "$id" >"$tree.tmp/.git/memdesc-from"
		mv "$tree.tmp" "$tree"
	fi
elif [[ ! -d $tree/.git ]]; then
	import_base
fi

now=$(fingerprint)
read -r was at < <(cat "$tree/.git/memdesc-applied" 2>/dev/null || echo "none none")
tip=$(git -C "$tree" rev-parse -q --verify memdesc) || die "$tree has no branch memdesc"
[[ ! -d $tree/.git/rebase-apply && ! -d $tree/.git/rebase-merge ]] || die "a rebase or git am is under way in $tree: finish it first"
dirty=$(git -C "$tree" status --porcelain | sed -n 1,5p)
on=$(git -C "$tree" symbolic-ref -q --short HEAD || echo 'a detached HEAD')

if [[ $on != memdesc ]]; then
	die "$tree is on $on: git -C $tree checkout memdesc"
fi
if [[ $was = none && $tip != "$(git -C "$tree" rev-parse base)" ]]; then
	# A tree this script did not apply to: is it what the patches say?
	tmp=$(mktemp -d)
	if [[ -z $dirty ]] && "$REPO/devel/export.sh" "$tmp" >/dev/null 2>&1 && diff -rq "$tmp/patches" "$REPO/patches" >/dev/null 2>&1; then
		was=$now at=$tip
		echo "$now $tip" >"$tree/.git/memdesc-applied"
	elif [[ -z $(series) ]]; then
		was=$now at=none
	fi
	rm -rf "$tmp"
fi
if [[ $tip = "$(git -C "$tree" rev-parse base)" && -z $dirty && -n $(series) ]]; then
	was=none # nothing on the branch: nothing to lose
fi
if [[ $was = "$now" ]]; then
	[[ $tip = "$at" ]] || loud "$tree has commits that make export has not written yet: taking the tree as it is"
	[[ -z $dirty ]] || loud "$tree has changes that are not committed: taking the tree as it is"
	[[ $tip != "$at" || -n $dirty ]] || say "$tree is up to date: $(series | wc -l) patches, memdesc is ${tip:0:12}"
	exit 0
fi
if [[ -n $dirty || ($tip != "$at" && $tip != "$(git -C "$tree" rev-parse base)") ]]; then
	echo "$dirty" >&2
	die "patches/ has changed, and $tree has work which is not in it; nothing was touched.
Keep it:  git -C $tree branch -m memdesc mine; git -C $tree checkout -b memdesc base; make tree; then rebase mine (git range-diff base..mine base..memdesc)
or write it out over patches/:  make export
or drop it:  git -C $tree reset --hard base"
fi
apply
