#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# series.sh: write the series as it would be mailed into build/series: numbered, with cover letter and base-commit.
# Who mails it adds the Signed-off-by lines: the patches carry none.
. "$(dirname "$0")/lib.sh"

tree=$BUILD/linux out=$BUILD/series cover=$REPO/patches/cover-letter.txt
"$REPO/devel/tree.sh" ours
[[ $(git -C "$tree" rev-list --count base..memdesc) -gt 0 ]] || die "the series is empty"
[[ -f $cover ]] || die "no $cover"
rm -rf "$out"
git -C "$tree" -c user.name='memdesc developers' -c user.email=memdesc@example.org format-patch --quiet --cover-letter --base=base \
	--no-signature --numbered --no-renames --diff-algorithm=histogram --abbrev=12 --thread=shallow -o "$out" base..memdesc
subject=$(sed -n 's/^Subject: *//p;1q' "$cover")
[[ -n $subject ]] || die "$cover must begin with a Subject: line"
python3 - "$out/0000-cover-letter.patch" "$subject" "$cover" <<'EOF'
import sys
path, subject, cover = sys.argv[1:]
body = open(cover).read().split('\n', 2)[2].strip('\n')
s = open(path).read()
s = s.replace('*** SUBJECT HERE ***', subject).replace('*** BLURB HERE ***', body)
open(path, 'w').write(s)
EOF
# What is mailed must give what we have.
work=$BUILD/series.work
rm -rf "$work"
git clone -q --shared --no-checkout "$tree" "$work"
mapfile -t touched < <(git -C "$tree" diff --no-renames --name-only base memdesc)
git -C "$work" sparse-checkout set --no-cone "${touched[@]/#//}" >/dev/null
git -C "$work" checkout -q -B check "$(git -C "$tree" rev-parse base)"
mapfile -t mails < <(find "$out" -name '*.patch' ! -name '0000-*' | sort)
git -C "$work" -c user.name=check -c user.email=check@example.org am -q "${mails[@]}" || die "the mailable series does not apply"
[[ $(git -C "$work" rev-parse 'check^{tree}') = $(git -C "$tree" rev-parse 'memdesc^{tree}') ]] || die "the mailable series gives another tree"
rm -rf "$work"
say "$(find "$out" -name '*.patch' | wc -l) mails in $out; they apply to the base and give the tree of memdesc"
