#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# export.sh [DIR]: write branch memdesc as patches/ and the files it adds (the view) into DIR (default: the repository).
. "$(dirname "$0")/lib.sh"

dest=${1:-$REPO}
tree=${EXPORT_TREE:-$BUILD/linux}
kgit() { git -C "$tree" "$@"; }

[[ -d $tree/.git ]] || die "no tree at $tree: run make tree"
[[ ! -d $tree/.git/rebase-apply && ! -d $tree/.git/rebase-merge ]] || die "a rebase or git am is under way in $tree: finish it first"
[[ $(kgit symbolic-ref -q --short HEAD) = memdesc ]] || die "$tree is not on branch memdesc"
dirty=$(kgit status --porcelain | sed -n 1,10p)
[[ -z $dirty ]] || { echo "$dirty"; die "$tree has changes that are not committed"; }
[[ $(kgit rev-parse base) = "$BASE_COMMIT" ]] || die "$tree does not stand on the pinned base ($BASE_COMMIT)"
kgit merge-base --is-ancestor base memdesc || die "memdesc is not on top of base"
[[ -z $(kgit rev-list --merges base..memdesc) ]] || die "memdesc has merges"
left=$(kgit log --format='%h %s' base..memdesc | grep -E '^[0-9a-f]+ (fixup|squash|amend)! ' || true)
[[ -z $left ]] || { echo "$left"; die "autosquash first: git -C $tree rebase -i --autosquash base"; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/in" "$tmp/patches"
kgit -c diff.noprefix=false -c core.quotePath=true format-patch --quiet --zero-commit --no-signature --no-numbered --no-renames \
	--no-cover-letter --no-base --no-attach --no-thread --subject-prefix=PATCH \
	--diff-algorithm=histogram --abbrev=12 --always -o "$tmp/in" base..memdesc

mapfile -t files < <(find "$tmp/in" -name '*.patch' | sort)
mapfile -t subjects < <(kgit log --reverse --format=%s base..memdesc)
((${#files[@]} == ${#subjects[@]})) || die "git format-patch wrote ${#files[@]} files for ${#subjects[@]} commits"
for i in "${!files[@]}"; do
	name=$(tr '[:upper:]' '[:lower:]' <<<"${subjects[i]}" | sed -E 's/[^a-z0-9_.+]+/-/g; s/^[-.]+//')
	if ((${#name} > 70)); then
		name=${name:0:71}
		name=${name%-*}
	fi
	name=$(sed -E 's/[-.]+$//' <<<"$name")
	n=2 unique=$name
	while [[ -e $tmp/patches/$unique.patch ]]; do unique=$name-$n n=$((n + 1)); done
	mv "${files[i]}" "$tmp/patches/$unique.patch"
	echo "$unique.patch" >>"$tmp/names"
done
touch "$tmp/names"

# Comments stay in front of the patch they stood before.
touch "$tmp/old"
[[ -f $REPO/patches/series ]] && cp "$REPO/patches/series" "$tmp/old"
awk 'FILENAME == ARGV[1] { if (/^[ \t]*#/ || /^[ \t]*$/) c = c $0 "\n"; else { before[$1] = c; c = "" } next }
	{ printf "%s%s\n", before[$1], $1 }' "$tmp/old" "$tmp/names" >"$tmp/patches/series"

cat >"$tmp/patches/BASE" <<EOF
Linux ${BASE_TAG#v}, upstream tag $BASE_TAG
Debian $BASE_PKG $BASE_DEBVER, tarball sha256 $BASE_SHA256
base-commit: $BASE_COMMIT (make tree gives the same everywhere)
EOF
kgit diff --no-renames --diff-filter=A --name-only base memdesc >"$tmp/patches/view"
[[ -f $REPO/patches/cover-letter.txt ]] && cp "$REPO/patches/cover-letter.txt" "$tmp/patches/"

# The view: old files that are no longer added go, the others are written anew.
if [[ -f $dest/patches/view ]]; then
	while read -r f; do
		grep -qxF -- "$f" "$tmp/patches/view" && continue
		rm -f "$dest/$f"
		(cd "$dest" && rmdir -p --ignore-fail-on-non-empty "$(dirname "$f")" 2>/dev/null) || true
	done <"$dest/patches/view"
fi
mkdir -p "$dest/patches"
if [[ -s $tmp/patches/view ]]; then
	mapfile -t view <"$tmp/patches/view"
	kgit archive memdesc -- "${view[@]}" | tar -x -C "$dest" -m --no-same-owner --no-same-permissions -f -
fi
find "$dest/patches" -name '*.patch' -delete
cp "$tmp"/patches/* "$dest/patches/"
if [[ $dest = "$REPO" ]]; then
	echo "$(fingerprint) $(kgit rev-parse memdesc)" >"$tree/.git/memdesc-applied"
fi
say "wrote ${#files[@]} patches and $(wc -l <"$tmp/patches/view") files they add"
