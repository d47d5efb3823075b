#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# walk.sh: build every commit of the series with CONFIG_MEMDESC=y and =n, in order, to the first that fails.
# CONFIG is a small configuration by default: all of mm, little else, and a whole kernel with modules. What has passed is
# remembered by tree and configuration, so a walk that was stopped or a series that changed at its end costs only what is new.
. "$(dirname "$0")/lib.sh"

config=${CONFIG:-x86_64-small}
"$REPO/devel/tree.sh" ours
walk=$BUILD/walk passed=$BUILD/walk/passed
tree=$BUILD/linux
mkdir -p "$walk"
touch "$passed"
# A work tree of its own: the developer's is left alone.
[[ -d $walk/linux/.git ]] || git clone -q --shared --no-checkout "$tree" "$walk/linux"
mapfile -t commits < <(git -C "$tree" rev-list --reverse base..memdesc)
((${#commits[@]})) || die "the series is empty"
STEPS=$((${#commits[@]} * 2))
confsum=$(cat "$REPO/configs/$config.config" "$REPO/configs/memdesc.config" | sha256sum | cut -c1-12)
start=$SECONDS
for c in "${commits[@]}"; do
	for conf in "$config" "$config-n"; do
		step "$(git -C "$tree" log -1 --format='%h %s' "$c") ($conf)"
		key="$(git -C "$tree" rev-parse "$c^{tree}") $conf $confsum"
		grep -qxF -- "$key" "$passed" && { say "passed before"; continue; }
		git -C "$walk/linux" fetch -q "$tree" "$c"
		git -C "$walk/linux" checkout -q -f --detach "$c"
		MEMDESC_BUILD=$walk KSRC='' WALK=1 sub "$REPO/devel/kernel.sh" "$conf" ours ||
			die "this patch does not build ($conf): $(git -C "$tree" log -1 --format='%h %s' "$c")"
		echo "$key" >>"$passed"
	done
done
say "every patch builds with CONFIG_MEMDESC=y and =n (${#commits[@]} patches, $config), $(took "$start")"
