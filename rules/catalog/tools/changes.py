#!/usr/bin/env python3
"""Tries every row about a change in place on a made plan.

    rules/catalog/tools/changes.py target/debug/applygate            # all files
    rules/catalog/tools/changes.py target/debug/applygate aws google

For the first and the last type of each row, a plan makes the change that the row is about, and one that makes it backwards. Listed is what is found below the row's
grade (a condition that never holds, a path that leads nowhere, a row that cannot be read), and what is found backwards, which is right only where
another row is about that. Whether the row tells the truth about the provider is not seen here. Exit 1 where something is below its grade.
"""
import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib

CATALOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')
GRADES = ['none', 'low', 'medium', 'high', 'critical']
AT_ONCE = 40


def steps(path):
    return [''.join(pair) for pair in re.findall(r'"([^"]*)"|([^."]+)', path)]


def first(value):
    return value[0] if isinstance(value, list) else value


def one(path, value):
    """An object with a value at a path; what is on the way are blocks."""
    *blocks, last = steps(path)
    tree = {last: value}
    for block in reversed(blocks):
        tree = {block: [tree]}
    return tree


def several(path, values):
    """An object with a list: of these words, or of blocks that have them."""
    *blocks, last = steps(path)
    tree = list(values) if not blocks else [{'name': f'n-{value}', last: value} for value in values]
    for block in reversed(blocks or [last]):
        tree = {block: tree if isinstance(tree, list) else [tree]}
    return tree


def merge(into, other):
    for key, value in other.items():
        there = into.get(key)
        if isinstance(there, list) and isinstance(value, list) and there and value and isinstance(there[0], dict) and isinstance(value[0], dict):
            merge(there[0], value[0])
        else:
            into.setdefault(key, value)


def other_than(value):
    return not value if isinstance(value, bool) else 7 if isinstance(value, (int, float)) else 'another'


def case(row):
    """Before, after, and the grade that the row gives."""
    path, grade = row['attribute'], row['grade']
    conditions = [condition for condition in row.get('and', []) if 'attribute' in condition]
    unset = [condition['attribute'] for condition in conditions if condition.get('set') is False]
    if row.get('gone'):
        before, after = several(path, ['a', 'b']), several(path, ['a'])
    elif 'adds' in row:
        word = first(row['adds'])
        word = word[:-1] + ' more' if len(word) > 1 and word.endswith('*') else word
        before, after = several(path, ['10.0.0.0/8']), several(path, ['10.0.0.0/8', word])
    elif row.get('everybody'):
        statement = {'Effect': 'Allow', 'Principal': {'AWS': 'arn:aws:iam::123456789012:root'}, 'Action': 'x:Get'}
        document = lambda principal: json.dumps({'Statement': [{**statement, 'Principal': principal}]})
        before, after = one(path, document(statement['Principal'])), one(path, document('*'))
    elif row.get('grows'):
        before, after = several(path, ['10']), several(path, ['10', '20'])
    else:
        if 'leaves' in row:
            old = first(row['leaves'])
            new = other_than(old)
        elif 'enters' in row:
            new = first(row['enters'])
            old = other_than(new)
        elif row.get('falls'):
            old, new, grade = 100, 10, max(row.get('half', grade), grade, key=GRADES.index)
        elif row.get('rises'):
            old, new = 10, 100
        elif row.get('appears'):
            old, new = None, {'made': 1}
        else:
            old, new = 'one', 'two'
        before, after = one(path, old), one(path, new)
    for condition in conditions:
        if condition.get('set') is False:
            continue
        value = first(condition['when']) if 'when' in condition else condition.get('at_least', condition.get('below', 1) - 1) if 'set' not in condition else 'set'
        merge(before, one(condition['attribute'], value))
        merge(after, one(condition['attribute'], value))
    for attribute in unset:
        after.pop(steps(attribute)[0], None)
    return before, after, grade


def resource(kind, name, before, after):
    return {
        'address': f'{kind}.{name}', 'mode': 'managed', 'type': kind, 'name': name, 'provider_name': f'registry.terraform.io/x/{kind.split("_")[0]}',
        'change': {'actions': ['update'], 'before': {'id': 'x', **before}, 'after': {'id': 'x', **after}, 'after_unknown': {}, 'before_sensitive': {}, 'after_sensitive': {}},
    }


def judged(binary, resources):
    plan = {
        'format_version': '1.2', 'terraform_version': '1.11.4', 'planned_values': {'root_module': {}}, 'resource_changes': resources, 'configuration': {'root_module': {}},
        'prior_state': {'format_version': '1.0', 'terraform_version': '1.11.4', 'values': {'root_module': {'resources': [
            {**{key: each[key] for key in ('address', 'mode', 'type', 'name', 'provider_name')}, 'schema_version': 0, 'values': each['change']['before'], 'sensitive_values': {}}
            for each in resources]}}},
        'applyable': True, 'complete': True, 'errored': False, 'timestamp': '2026-01-01T00:00:00Z',
    }
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, 'plan.json')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump(plan, file)
        run = subprocess.run([binary, 'check', '--no-dir', '--format', 'json', path], capture_output=True, text=True, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f'not judged: {run.stderr.strip()}')
    worst = {}
    for finding in json.loads(run.stdout)['plans'][0]['findings']:
        there = worst.get(finding['address'], 'none')
        worst[finding['address']] = max(there, finding['severity'], key=GRADES.index)
    return worst


def main(binary, *files):
    rows = []
    for path in sorted(glob.glob(os.path.join(CATALOG, '*.toml'))):
        if files and os.path.basename(path)[:-5] not in files:
            continue
        for row in tomllib.load(open(path, 'rb')).get('change', []):
            kinds = row.get('types', ['aws_db_instance'])
            rows += [(row, kind, *case(row)) for kind in dict.fromkeys([kinds[0], kinds[-1]])]
    below = 0
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start:start + AT_ONCE]
        forth = judged(binary, [resource(kind, f'n{at}', before, after) for at, (_, kind, before, after, _) in enumerate(some)])
        back = judged(binary, [resource(kind, f'n{at}', after, before) for at, (_, kind, before, after, _) in enumerate(some)])
        for at, (row, kind, _, _, grade) in enumerate(some):
            got, got_back = (worst.get(f'{kind}.n{at}', 'none') for worst in (forth, back))
            if GRADES.index(got) < GRADES.index(grade):
                below += 1
                print(f'below     {kind}.{row["attribute"]}: {got}, the row says {grade}')
            if got_back != 'none' and not row.get('changes'):
                print(f'backwards {kind}.{row["attribute"]}: {got_back}')
    print(f'{len(rows)} tried, {below} below their grade')
    return int(below > 0)


if __name__ == '__main__':
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
