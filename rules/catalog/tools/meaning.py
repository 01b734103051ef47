#!/usr/bin/env python3
"""Compares what every type means before and after a change of the files' form.

    MEANING=/tmp/before.txt cargo test --lib meaning_is -- --ignored      # at the old revision
    MEANING=/tmp/after.txt  cargo test --lib meaning_is -- --ignored      # at the new one
    rules/catalog/tools/meaning.py /tmp/before.txt /tmp/after.txt [WORDINGS.tsv]

WORDINGS.tsv has texts that were changed on purpose, `old<TAB>new` a line: a recovery that is worded anew is no difference. Exit 1 where something differs.
"""
import re
import sys


def read(path):
    lines = {}
    for line in open(path, encoding='utf-8'):
        name, _, meaning = line.rstrip('\n').partition('\t')
        lines[name] = meaning
    return lines


def main(before, after, wordings=None):
    words = dict(line.rstrip('\n').split('\t') for line in open(wordings, encoding='utf-8')) if wordings else {}

    def reworded(meaning):
        return re.sub(r'recovery: Some\("((?:[^"\\]|\\.)*)"\)', lambda m: f'recovery: Some("{words.get(m[1], m[1])}")', meaning)

    old, new = read(before), read(after)
    differ = 0
    for name in sorted(old.keys() | new.keys()):
        if name not in new:
            print('gone   ', name)
        elif name not in old:
            print('new    ', name)
        elif reworded(old[name]) != new[name]:
            a, b = reworded(old[name]), new[name]
            at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            print('differs', name, '\n   was', a[max(0, at - 40):at + 80], '\n   is ', b[max(0, at - 40):at + 80])
        else:
            continue
        differ += 1
    print(f'{len(old)} before, {len(new)} after, {differ} differ')
    return 1 if differ else 0


if __name__ == '__main__':
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
