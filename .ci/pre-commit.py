#!/usr/bin/env python3
"""The hooks as a user has them: the real pre-commit (on the PATH) installs the mirror, whose wheel comes from a directory, and git commits and pushes."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
WHEELS = Path(sys.argv[1]).resolve()
FIXTURES = ROOT / "fixtures"
DESTROY = FIXTURES / "incident/2-old-state-destroy/plan.tfplan"
ROUTINE = FIXTURES / "incident/3-routine-change/plan.tfplan"

kept = tempfile.TemporaryDirectory(prefix="applygate-pre-commit-")
base = Path(kept.name)
environment = {
    "PATH": os.environ["PATH"],
    "HOME": str(base),
    "PRE_COMMIT_HOME": str(base / "cache"),
    "PIP_FIND_LINKS": str(WHEELS),
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_CACHE_DIR": str(base / "pip"),
    "GIT_CONFIG_GLOBAL": str(base / "gitconfig"),
    "GIT_CONFIG_SYSTEM": "/dev/null",
    **{name: os.environ[name] for name in ("PIP_INDEX_URL", "PIP_CONFIG_FILE", "PIP_CERT", "SSL_CERT_FILE", "HTTPS_PROXY", "NO_PROXY") if name in os.environ},
}
(base / "gitconfig").write_text(
    "[user]\n name = t\n email = t@example.org\n[init]\n defaultBranch = main\n[protocol \"file\"]\n allow = always\n"
)


def run(*words, cwd, wanted, says=()):
    ended = subprocess.run(words, cwd=cwd, env=environment, capture_output=True, text=True)
    text = ended.stdout + ended.stderr
    if (ended.returncode == 0) != wanted or any(word not in text for word in says):
        sys.exit(f"{' '.join(map(str, words))} ended with {ended.returncode}; wanted {'0' if wanted else 'another code'} and {says}\n{text}")
    return text


# The mirror, as the repository of its own that it is at a release.
mirror = base / "mirror"
shutil.copytree(ROOT / "mirrors/pre-commit", mirror)
for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "a release"], ["tag", "v0.2.0"]):
    run("git", *words, cwd=mirror, wanted=True)

run("git", "init", "-q", "--bare", "remote.git", cwd=base, wanted=True)
work = base / "work"
work.mkdir()
run("git", "init", "-q", cwd=work, wanted=True)
run("git", "remote", "add", "origin", base / "remote.git", cwd=work, wanted=True)


def configured(args):
    (work / ".pre-commit-config.yaml").write_text(
        "default_install_hook_types: [pre-commit, pre-push]\n"
        f"repos:\n  - repo: {mirror}\n    rev: v0.2.0\n    hooks:\n      - id: applygate-files\n      - id: applygate-plan\n        args: {args}\n"
    )


def commit(name, wanted=True, says=()):
    run("git", "add", "-f", "--", name, cwd=work, wanted=True)
    return run("git", "commit", "-m", f"add {name}", cwd=work, wanted=wanted, says=says)


def push(wanted, says=()):
    return run("git", "push", "origin", "main", cwd=work, wanted=wanted, says=says)


configured("[tfplan]")
(work / ".gitignore").write_text("tfplan\n")
(work / "main.tf").write_text('resource "terraform_data" "x" {}\n')
print(run("pre-commit", "install", cwd=work, wanted=True).strip())
commit(".pre-commit-config.yaml")
commit(".gitignore")
commit("main.tf")
push(True, ["no plan here (tfplan)"])
print("a push without a plan is not stopped")


def plan(source):
    shutil.copy(source, work / "tfplan")
    os.utime(work / "tfplan")


(work / "a.txt").write_text("a\n")
commit("a.txt")
plan(DESTROY)
push(False, ["BLOCK", "mass-destroy"])
print("a plan that destroys stops the push")
plan(ROUTINE)
os.utime(work / "tfplan", (1, 1))
push(False, ["older than the configuration"])
print("so does one that is older than the configuration")
plan(ROUTINE)
push(True, ["PASS"])
print("a routine change is pushed")

for name, bytes, kind in (
    ("terraform.tfstate", b'{"version":4,"serial":1,"lineage":"x","resources":[]}', "is a state"),
    ("saved.bin", DESTROY.read_bytes(), "is a saved plan"),
    ("plan.json", ROUTINE.with_name("plan.json").read_bytes(), "is a plan as JSON"),
):
    (work / name).write_bytes(bytes)
    commit(name, wanted=False, says=[kind, "git rm --cached"])
    run("git", "rm", "-q", "--cached", name, cwd=work, wanted=True)
print("a state, a saved plan and a plan as JSON are not committed")

configured("[--require-plan, tfplan]")
commit(".pre-commit-config.yaml")
(work / "tfplan").unlink()
push(False, ["no plan to check", "terraform plan -out tfplan"])
print("with --require-plan a push without one is stopped")
