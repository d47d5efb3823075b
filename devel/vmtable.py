#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The table of the mm selftests (results/vmtests.tsv: category, test, base, ours).

vmtable.py update TABLE base|ours LOG...   put the results of these runs into that column
vmtable.py compare TABLE LOG...            what the base column passes and these runs do not:
                                           one line a test, category first; status 1 if there is any
Several logs are runs of the same thing: the best result counts, and the cell tells how many runs failed.
A cell is the result, then the number of subtests by result. A test fails the comparison if base passes and
ours does not, if ours has failing subtests that base has not, or passes fewer subtests.
"""
import collections
import re
import sys

ORDER = ['PASS', 'XFAIL', 'SKIP', 'FAIL', 'NONE']


def parse(path):
    """{(category, test): (result, Counter of subtest results)} of one log; a test cut short is FAIL."""
    res, cat, test, sub = collections.OrderedDict(), None, None, None
    for line in open(path, errors='replace'):
        line = re.sub(r'\x1b\[[0-9;?]*[a-zA-Z]', '', line.rstrip())
        m = re.match(r'=== CATEGORY (\S+) START', line)
        if m:
            cat, test = m[1], None
            continue
        m = re.match(r'# running (.*)', line)
        if m:
            test = re.sub(r'^(bash )?\./', '', m[1])
            test = re.sub(r'/tmp/xfs_\w+', 'XFS', test)
            sub = collections.Counter()
            res[cat, test] = ('FAIL', sub)
            continue
        m = re.match(r'((?:# )*)(not ok|ok) \d+ *(.*)', line)
        if not m or test is None:
            continue
        if re.search(r'#\s*SKIP', m[3], re.I):
            what = 'SKIP'
        elif re.search(r'#\s*XFAIL', m[3]):
            what = 'XFAIL'
        else:
            what = 'PASS' if m[2] == 'ok' else 'FAIL'
        if m[1]:
            sub[what] += 1
        else:
            res[cat, test] = (what, sub)
            test = None
    return res


def merge(paths):
    """{(category, test): cell}"""
    runs, cells = collections.OrderedDict(), collections.OrderedDict()
    for p in paths:
        for k, v in parse(p).items():
            runs.setdefault(k, []).append(v)
    for k, v in runs.items():
        best = min(v, key=lambda x: (ORDER.index(x[0]), x[1]['FAIL'], -x[1]['PASS']))
        cell = ' '.join([best[0]] + ['%s=%d' % (r, best[1][r]) for r in ORDER if best[1][r]])
        bad = sum(x[0] == 'FAIL' for x in v)
        if bad and best[0] != 'FAIL':
            cell += ' (%d of %d runs failed)' % (bad, len(v))
        cells[k] = cell
    return cells


def counts(cell):
    return cell.split()[0] if cell else 'NONE', {k: int(n) for k, n in re.findall(r'(\w+)=(\d+)', cell)}


def load(path):
    table = collections.OrderedDict()
    try:
        for line in open(path):
            f = line.rstrip('\n').split('\t')
            if line.startswith('#') or len(f) < 4 or f[0] == 'category':
                continue
            table[f[0], f[1]] = [f[2], f[3]]
    except FileNotFoundError:
        pass
    return table


def worse(base, ours):
    b, bn = counts(base)
    o, on = counts(ours)
    if b in ('NONE', 'FAIL'):
        return False
    if ORDER.index(o) > ORDER.index(b):
        return True
    return on.get('FAIL', 0) > bn.get('FAIL', 0) or on.get('PASS', 0) < bn.get('PASS', 0)


def main():
    cmd, path = sys.argv[1:3]
    table = load(path)
    if cmd == 'update':
        col = ['base', 'ours'].index(sys.argv[3])
        new = merge(sys.argv[4:])
        cats = {k[0] for k in new}
        for k, v in table.items():
            if k[0] in cats and k not in new:
                v[col] = ''
        for k, cell in new.items():
            table.setdefault(k, ['', ''])[col] = cell
        with open(path, 'w') as f:
            f.write('# mm selftests, the same configuration and guest for both; written by: make vmtests SIDE=both\n')
            f.write('category\ttest\tbase\tours\n')
            for k, v in sorted(table.items(), key=lambda x: x[0][0]):
                if any(v):
                    f.write('\t'.join(list(k) + v) + '\n')
        return 0
    new = merge(sys.argv[3:])
    cats = {k[0] for k in new}
    bad = 0
    for k, (base, _) in table.items():
        if k[0] in cats and worse(base, new.get(k, '')):
            print('%s\t%s\tbase: %s\tours: %s' % (k[0], k[1], base, new.get(k, 'did not run')))
            bad = 1
    for k in new:
        if k not in table and counts(new[k])[0] == 'FAIL':
            print('%s\t%s\tbase: not in the table\tours: %s' % (k[0], k[1], new[k]))
            bad = 1
    return bad


sys.exit(main())
