#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# static.sh [NAME...]: checks that boot nothing; status 77 of a single one means skipped.
# shellcheck disable=SC2317
. "$(dirname "$0")/lib.sh"

all="series-files tags scripts roundtrip checkpatch kernel-doc configs htmldocs w1 body sparse"
tree=$(tree_dir ours) obj=$(obj_dir x86_64 ours)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
mapfile -t view < <(cat "$REPO/patches/view" 2>/dev/null)

# patches/ holds what patches/series names and no other patch.
check_series_files() {
	diff <(find "$REPO/patches" -name '*.patch' -printf '%P\n' | sort) <(series | sort)
}

check_tags() {
	! grep -rnE '^(Signed-off-by|Reviewed-by|Acked-by|Tested-by|Co-developed-by|Reported-by|Suggested-by|Cc|Change-Id):' \
		"$REPO/patches" --include='*.patch' || return 1
	! grep -rnE '^Subject: \[PATCH\] (fixup|squash|amend)!' "$REPO/patches" --include='*.patch'
}

check_scripts() {
	(cd "$REPO" && shellcheck devel/*.sh devel/guest/*.sh .ci/run)
	python3 -c 'import ast, sys; [ast.parse(open(f).read(), f) for f in sys.argv[1:]]' "$REPO"/devel/*.py
}

# The patches applied to the base and exported again are the same bytes, patches and view, and are what the tree has.
check_roundtrip() {
	local t=$tmp/tree touched
	git clone -q --shared --no-checkout -b base "$BUILD/linux" "$t"
	mapfile -t touched < <(series | while read -r p; do sed -nE 's/^diff --git a\/.* b\/(.*)$/\/\1/p' "$REPO/patches/$p"; done | sort -u)
	if ((${#touched[@]})); then
		git -C "$t" sparse-checkout set --no-cone /.gitattributes "${touched[@]}"
		git -C "$t" checkout -q -B memdesc base
		series | sed "s|^|$REPO/patches/|" | GIT_COMMITTER_NAME='memdesc developers' GIT_COMMITTER_EMAIL=memdesc@example.org xargs -d '\n' \
			git -C "$t" am -q --committer-date-is-author-date --keep-non-patch --no-scissors --no-gpg-sign
	else
		git -C "$t" sparse-checkout set --no-cone /COPYING
		git -C "$t" checkout -q -B memdesc base
	fi
	EXPORT_TREE=$t "$REPO/devel/export.sh" "$tmp/out"
	diff -r "$REPO/patches" "$tmp/out/patches" || return 1
	local f
	for f in "${view[@]}"; do
		cmp "$REPO/$f" "$tmp/out/$f" || return 1
		[[ -x $REPO/$f && -x $tmp/out/$f || ! -x $REPO/$f && ! -x $tmp/out/$f ]] || { echo "$f: mode differs"; return 1; }
	done
	[[ -z $KSRC && $(git -C "$BUILD/linux" rev-parse 'memdesc^{tree}') = $(git -C "$t" rev-parse 'memdesc^{tree}') ]] ||
		{ echo "build/linux has commits that are not exported"; return 1; }
}

check_checkpatch() {
	local allow out
	out=$(python3 -c 'import codespell_lib as c, os; print(os.path.dirname(c.__file__) + "/data/dictionary.txt")')
	[[ -f $out ]] || { echo "no dictionary of codespell"; return 1; }
	allow=$(grep -v -e '^#' -e '^$' "$REPO/devel/checkpatch-allow.txt" || true)
	out=$(cd "$tree"; series | sed "s|^|$REPO/patches/|" | { xargs -d '\n' -n 12 -P "$JOBS" perl scripts/checkpatch.pl --root="$tree" --strict \
		--no-signoff --codespell --codespellfile="$out" --show-types --terse --no-summary 2>&1 || true; } |
		sed "s|^$REPO/patches/||" | { if [[ $allow ]]; then grep -vE -f <(echo "$allow"); else cat; fi; } || true)
	[[ -z $out ]] || { echo "$out"; return 1; }
}

check_kernel_doc() {
	local f out rc=0 kd=$tree/scripts/kernel-doc
	[[ -e $kd ]] || kd=$tree/tools/docs/kernel-doc
	for f in "${view[@]}"; do
		[[ $f = *.[ch] && $f != tools/* ]] || continue
		out=$(cd "$tree"; python3 "$kd" -none -Wall "$f" 2>&1 || true)
		[[ -z $out ]] || { echo "$out"; rc=1; }
	done
	return "$rc"
}

# Every build with CONFIG_MEMDESC=y proves that nobody uses the members of struct page but between page_body_begin() and
# page_body_end().  Here: that is only in the files that the documentation names, and the compiler refuses each member elsewhere.
check_body() {
	local doc=$tree/Documentation/mm/memdesc.rst types=$tree/include/linux/mm_types.h body members m rc=0
	diff <(sed -n 's/^\* \([a-z][^ ,]*\.[ch]\).*/\1/p' "$doc" | sort) <(cd "$tree" && git grep -l 'page_body_begin()' -- '*.[ch]' | sort) ||
		{ echo "page_body_begin(): < in $doc, > in the tree"; return 1; }
	body=$(sed -n '/^struct page {/,/^}/{/^struct page {/d;/^}/d;/^#ifndef CONFIG_MEMDESC$/,/^#endif/d;p}' "$types" | gcc -fpreprocessed -dD -E -P - | grep ';$' | grep -v '^ *};$')
	mapfile -t members < <(sed -nE 's/.*[ *]([a-z_]+) __page_body;$/\1/p' <<<"$body")
	m=$(grep -vE '__page_body;$|^ *memdesc_t memdesc;$' <<<"$body" || true)
	[[ -z $m && ${#members[@]} -gt 15 ]] || { echo "not marked with __page_body: $m"; return 1; }
	mkdir "$tmp/probe"
	echo 'obj-m := probe.o' >"$tmp/probe/Makefile"
	{
		echo '#include <linux/mm.h>'
		echo 'size_t f(void); size_t f(void) { return'
		for m in "${members[@]}"; do
			echo "offsetof(struct page, $m) +"
		done
		echo '0; }'
	} >"$tmp/probe/probe.c"
	kmake x86_64 ours M="$tmp/probe" probe.o >"$tmp/probe.log" 2>&1 && { echo "the compiler accepts members of struct page"; return 1; }
	for m in "${members[@]}"; do
		m=${m/#rcu_head/callback_head} # a macro
		grep -qE "error: .$m. is deprecated|has no member named .$m." "$tmp/probe.log" || { echo "$m: the compiler accepts it"; rc=1; }
	done
	echo "${#members[@]} members"
	return "$rc"
}

check_configs() {
	local c
	for c in x86_64 x86_64-n x86_64-debug x86_64-perf arm64 um; do
		CONFIG_ONLY=1 "$REPO/devel/kernel.sh" "$c" ours || return 1
		echo "$c: every option asked for is there"
	done
}

# No warning of the documentation of mm names a file of ours.
check_htmldocs() {
	local out=$BUILD/o/docs log=$LOGS/htmldocs.log names f
	rm -rf "$out/Documentation/output"
	mkdir -p "$out"
	make -C "$tree" O="$out" SPHINXDIRS=mm htmldocs >"$log" 2>&1 || { tail -20 "$log"; return 1; }
	for f in Documentation/mm/index.rst "${view[@]}"; do
		[[ $f = Documentation/*.rst ]] || continue
		[[ $f != Documentation/mm/* || -f $out/Documentation/output/${f:14:-4}.html ]] || { echo "$f gave no page; log: $log"; return 1; }
	done
	names=$(printf '%s\n' memdesc "${view[@]}")
	! sed "s|$tree/||g" "$log" | grep -iE 'warning|error' | grep -iF -f <(echo "$names")
}

check_w1() {
	local objs=() f
	for f in "${view[@]}"; do
		[[ $f = *.c && $f != tools/* ]] && objs+=("${f%.c}.o")
	done
	((${#objs[@]})) || { echo "the series adds no .c file"; return 0; }
	touch "${objs[@]/#/$obj/}" 2>/dev/null || true
	rm -f "${objs[@]/#/$obj/}"
	kmake x86_64 ours W=1 "${objs[@]}" >"$LOGS/w1.log" 2>&1 || { grep -E -A5 'error|warning' "$LOGS/w1.log" | head -40; return 1; }
	! grep -n 'warning:' "$LOGS/w1.log" || return 1
	for f in "${objs[@]}"; do [[ -f $obj/$f ]] || { echo "$f was not built"; return 1; }; done
	echo "${#objs[@]} files"
}

# Debian 12's sparse is refused by the kernel, which then checks nothing and says ok: build a newer one.
get_sparse() {
	local dir=$BUILD/sparse s
	valid() { (cd "$tree" && sh scripts/checker-valid.sh "$@") 2>/dev/null; }
	for s in sparse "$dir/sparse"; do
		have "$s" && [[ $(valid "$s") = 1 ]] && { command -v "$s"; return; }
	done
	mkdir -p "$dir"
	(
		TYPE=deb-src apt_private sources "$(dpkg --print-architecture)" forky sid
		cd "$dir"
		rm -rf src
		apt-get -qq source --download-only sparse
		dpkg-source --no-check -x sparse_*.dsc src
		make -C src -j"$JOBS" CC=gcc GCC_BASE="$(gcc --print-file-name=)" HAVE_LIBXML=no HAVE_GTK=no HAVE_SQLITE=no HAVE_LLVM=no sparse
		cp src/sparse sparse
	) >"$LOGS/sparse-build.log" 2>&1 || return 1
	[[ $(valid "$dir/sparse") = 1 ]] && echo "$dir/sparse"
}

# sparse on each .c file the series touches; warnings are counted by file and text and compared with those of the base
# in results/sparse.tsv, which SIDE=base writes.
check_sparse() {
	local side=${SIDE:-ours} sparse o=$obj t=$tree files=() f
	sparse=$(get_sparse) || { echo "no sparse that $tree accepts could be built: $LOGS/sparse-build.log"; return 77; }
	printf 'typedef unsigned int __attribute__((bitwise)) b;\nstatic int f(b x) { return x; }\nint g(int y) { return f(y); }\n' >"$tmp/probe.c"
	[[ $("$sparse" -Wbitwise "$tmp/probe.c" 2>&1 || true) = *'incorrect type'* ]] || { echo "$sparse finds nothing in a wrong file"; return 1; }
	if [[ $side = base ]]; then
		o=$(obj_dir x86_64 base) t=$(tree_dir base)
	fi
	while read -r f; do
		[[ -f $t/$f && -f $o/${f%.c}.o ]] && files+=("${f%.c}.o")
	done < <(git -C "$tree" diff --no-renames --name-only base memdesc -- '*.c' ':!tools')
	((${#files[@]})) || { echo "the series touches no .c file of this configuration"; return 0; }
	kmake x86_64 "$side" C=2 CHECK="$sparse" "${files[@]}" >"$LOGS/sparse-$side.log" 2>&1 ||
		{ tail -20 "$LOGS/sparse-$side.log"; return 1; }
	for f in "${files[@]}"; do
		grep -qE "^ +CHECK +.*${f%.o}\.c\$" "$LOGS/sparse-$side.log" || { echo "sparse did not look at ${f%.o}.c"; return 1; }
	done
	{
		for f in "${files[@]}"; do printf '0\t%s\tchecked\n' "${f%.o}.c"; done
		sed -nE 's/^(\.\/|\.\.\/)*([^: ]+):[0-9]+:[0-9]+: ((warning|error): .*)/\2\t\3/p' "$LOGS/sparse-$side.log" |
			sed -E "s|^$t/||; s/(byte count of) [0-9]+/\1 N/" | sort | uniq -c | sed -E 's/^ *([0-9]+) /\1\t/'
	} >"$tmp/sparse"
	if [[ $side = base ]]; then
		{ echo "# sparse on the base: count, file, text; written by: SIDE=base devel/static.sh sparse"; cat "$tmp/sparse"; } >"$REPO/results/sparse.tsv"
		return 0
	fi
	awk -F'\t' 'FNR == NR { base[$2 FS $3] = $1; next } $1 > base[$2 FS $3] + 0 { print; bad = 1 } END { exit bad }' \
		"$REPO/results/sparse.tsv" "$tmp/sparse" || return 1
	echo "${#files[@]} files, nothing that the base does not have"
}

names=("$@")
(($#)) || read -ra names <<<"$all"
mkdir -p "$LOGS"
failed=0
for n in "${names[@]}"; do
	[[ " $all " = *" $n "* ]] || die "no check $n; there are: $all"
	t=$SECONDS rc=0
	(
		set -e
		"check_${n//-/_}"
	) || rc=$?
	if ((${#names[@]} == 1)); then exit $rc; fi
	case $rc in
	0) echo "ok $n ($((SECONDS - t)) s)" ;;
	77) echo "skip $n" ;;
	*) echo "FAIL $n" failed=1 ;;
	esac
done
exit $failed
