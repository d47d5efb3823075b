#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""perftable.py TABLE ABOUT A B LOGS WORK: compare what two kernels said in perf.sh's guests.

LOGS/perf-A-1.log and -2.log are two runs of the same kernel, WORK/A.lines the cache lines that the plugin counted for
the operations in turn. Writes TABLE and prints it; fails if there are no numbers or not the same operations.
"""
import os
import sys

table, about, a, b, logs, work = sys.argv[1:7]
LIMIT = 1.05


def read(name, run):
    """operation -> (typical, min, max); those that begin with '#' are results and no cost"""
    ops = {}
    with open(f"{logs}/perf-{name}-{run}.log", errors="replace") as f:
        for line in f:
            field = line.rstrip("\n").split("\t")
            if field[0] == "perf:":
                if len(field) != 5 or field[1] in ops and not field[1].endswith("nothing"):
                    sys.exit(f"{f.name}: {line!r}?")
                ops[field[1]] = tuple(map(int, field[2:]))
    if len(ops) < 20:
        sys.exit(f"{name}: {len(ops)} operations in {f.name}: something went wrong")
    return ops


def read_lines(name, run):
    """operation -> (lines of the memmap, lines of all data)"""
    path = f"{work}/{name}.lines"
    if not os.path.exists(path):
        return {}
    order = []
    with open(f"{logs}/perf-{name}-{run}.log", errors="replace") as f:
        order = [x.split("\t")[1] for x in f if x.startswith("perf:\t") and not x.startswith("perf:\t#")]
    with open(path) as f:
        rows = [tuple(map(int, x.split())) for x in f]
    if len(rows) != len(order):
        sys.exit(f"{name}: {len(order)} operations, but {len(rows)} of them in {path}")
    return {op: row[1:] for op, row in zip(order, rows)}


def ratio(x, y):
    return f"{y / x:.3f}" if x else "1.000" if x == y else "-"


runs = {n: (read(n, 1), read(n, 2)) for n in (a, b)}
lines = {n: read_lines(n, 2) for n in (a, b)}
names = {n: [list(r) for r in runs[n]] for n in (a, b)}
if any(r != names[a][0] for n in (a, b) for r in names[n]):
    odd = set(names[a][0]) ^ set(names[b][0]) or "another order"
    sys.exit(f"not the same operations in all runs: {odd}")

rows, spread, over = [], {}, 0
for op in names[a][0]:
    x, y = runs[a][0][op][0], runs[b][0][op][0]
    what = "result" if op.startswith("#") else "instructions"
    for n in (a, b):
        one, two = (r[op][0] for r in runs[n])
        if one != two:
            spread[op] = max(spread.get(op, 0), abs(one - two) / max(min(one, two), 1))
    if op.endswith("nothing"):
        continue
    ml, mr = ((lines[n][op] if op in lines[n] else ("-", "-")) for n in (a, b))
    rows.append((op.lstrip("#"), x, y, ratio(x, y), ml[0], mr[0], ml[1], mr[1], what))

head = ("operation", a.split("-")[0], b.split("-")[0], "ratio", "memmap lines", "memmap lines", "data lines", "data lines", "what")
if head[1] == head[2]:
    head = ("operation", a, b) + head[3:]
with open(table + ".tmp", "w") as f:
    f.write("# Instructions of the whole operation, and distinct cache lines of struct pages and of all data; written by make perf\n")
    f.write(open(about).read())
    for row in [head] + rows:
        f.write("\t".join(map(str, row)) + "\n")
os.rename(table + ".tmp", table)

width = max(len(r[0]) for r in rows)
print(f"{'':{width}}  {'instructions':^29}  {'memmap lines':>15}  {'data lines':>15}")
print(f"{'operation':{width}}  {head[1][-10:]:>10}  {head[2][-10:]:>10}  {'ratio':>5}")
for op, x, y, r, ma, mb, da, db, what in rows:
    bad = what == "instructions" and x and y / x > LIMIT
    over += bad
    print(f"{op:{width}}  {x:>10}  {y:>10}  {r:>5}  {ma:>7} {mb:>7}  {da:>7} {db:>7}  {'!' if bad else ''}{'(result)' if what == 'result' else ''}")
print(f"{len(rows)} rows, {over} over {LIMIT - 1:+.0%} (!)")
if spread:
    print("the two runs of a kernel differ in: " + ", ".join(f"{op} {s:.2%}" for op, s in sorted(spread.items(), key=lambda i: -i[1])))
    print(f"largest difference of two runs: {max(spread.values()):.2%}")
else:
    print("both runs of each kernel gave the same numbers to the digit")
