#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""fragtable.py TABLE ABOUT A B LOGS WORK: compare what two kernels said in the guests of perf.sh with PART=frag.

LOGS/frag-A-1.log to LOGS/frag-A-SEEDS.log are runs with as many seeds of the load. Writes TABLE, with all runs and the means,
and prints the means and their standard errors.
"""
import os
import statistics
import sys

table, about, a, b, logs = sys.argv[1:6]
seeds = range(1, int(os.environ["SEEDS"]) + 1)


def read(name, seed):
    values = {}
    with open(f"{logs}/frag-{name}-{seed}.log", errors="replace") as f:
        for line in f:
            field = line.rstrip("\n").split("\t")
            if field[0] == "perf:":
                if len(field) != 5 or field[1] in values:
                    sys.exit(f"{f.name}: {line!r}?")
                values[field[1].lstrip("#")] = int(field[2])
    if not any("huge pages had" in v for v in values):
        sys.exit(f"{name}: no huge pages in {f.name}: something went wrong")
    return values


runs = {n: [read(n, seed) for seed in seeds] for n in (a, b)}
if any(list(r) != list(runs[a][0]) for n in (a, b) for r in runs[n]):
    sys.exit("not the same values in all runs")
heads = [a.split("-")[0], b.split("-")[0]]
if heads[0] == heads[1]:
    heads = [a, b]
with open(table + ".tmp", "w") as f:
    f.write("# Free memory after a long mixed load, one column for each seed of it; written by PART=frag make perf\n")
    f.write(open(about).read())
    print("value", *(f"{h} mean" for h in heads), *(f"{h} {i}" for h in heads for i in seeds), sep="\t", file=f)
    for v in runs[a][0]:
        print(v, *(round(statistics.mean(r[v] for r in runs[n])) for n in (a, b)), *(r[v] for n in (a, b) for r in runs[n]), sep="\t", file=f)
os.rename(table + ".tmp", table)


def mean(n, v):
    values = [r[v] for r in runs[n]]
    return f"{statistics.mean(values):>10.0f} +- {statistics.stdev(values) / len(values) ** 0.5:<8.0f}"


width = max(map(len, runs[a][0]))
print(f"{'means':{width}}  {heads[0]:<22}  {heads[1]}")
for v in runs[a][0]:
    print(f"{v:{width}}  {mean(a, v)}  {mean(b, v)}")
