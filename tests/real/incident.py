#!/usr/bin/env python3
"""The incident behind this tool, replayed: incident.py APPLYGATE

Real Terraform and the real AWS provider, both from PyPI, against a mock AWS on
127.0.0.1 with the state in its S3. In the order of the night: a stack is built
and pinned, its state is lost, an old one is put in its place, everything is to
be destroyed. Then what people do to their backends on other days.

One line a step. Exit 0: all as expected; 1: not; 77: this cannot be had here
(no Linux x86-64, no venv, no PyPI). The first run installs into target/.
"""

import json
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True  # leaves nothing in the tree
sys.path[:0] = [str(ROOT / "fixtures" / "make"), str(ROOT / "tests" / "real")]
import gate  # noqa: E402
import make  # noqa: E402

# What the backend of the environment could bring along must not count, and the mock takes any credentials.
ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_CONFIG_FILE": os.devnull,
               "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
BUCKET, OTHER_BUCKET, KEY = "courses-states", "courses-states-2", "platform/terraform.tfstate"

FIRST = """
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}

resource "aws_subnet" "a" {
  vpc_id     = aws_vpc.main.id
  cidr_block = "10.0.1.0/24"
}

resource "aws_s3_bucket" "uploads" {
  bucket = "courses-uploads"
}

resource "aws_sns_topic" "alerts" {
  name = "courses-alerts"
}
"""
STACK = FIRST + """
resource "aws_db_instance" "courses" {
  identifier          = "courses"
  engine              = "postgres"
  engine_version      = "13.4"
  instance_class      = "db.t3.micro"
  allocated_storage   = 20
  username            = "courses"
  password            = "made-up-for-the-replay"
  skip_final_snapshot = true
}
"""
CHANGED = STACK + """
resource "aws_sns_topic" "side_project" {
  name = "side-project"
}
"""
SMALL = """
resource "aws_s3_bucket" "notes" {
  bucket = "courses-notes"
}

resource "aws_sns_topic" "notes" {
  name = "courses-notes"
}

resource "aws_sns_topic" "errors" {
  name = "courses-notes-errors"
}
"""


class Wrong(Exception):
    """Something is not as it has to be."""


class Mock(make.Moto):
    def bucket(self, name):
        self.send(f"PUT /{name} <CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>")

    def state(self):
        return self.send(f"GET /{BUCKET}/{KEY}").decode()

    def put(self, state):
        self.send(f"PUT /{BUCKET}/{KEY} {state}")


class Directory:
    """A working directory as a person has it."""

    applygate = None

    def __init__(self, base, name, port):
        self.dir, self.port, self.env = base / name, port, dict(ENVIRONMENT)
        self.dir.mkdir()
        provider = (make.HERE / "aws.tf").read_text().replace(f":{make.MOTO_PORT}", f":{port}")
        (self.dir / "aws.tf").write_text(provider)

    def code(self, text):
        (self.dir / "main.tf").write_text(text)

    def backend(self, bucket=BUCKET, key=KEY, lock=True):
        (self.dir / "backend.tf").write_text(f"""terraform {{
  backend "s3" {{
    bucket = "{bucket}"
    key    = "{key}"
    region = "eu-west-1"
    {"use_lockfile = true" if lock else ""}

    endpoints                   = {{ s3 = "http://127.0.0.1:{self.port}" }}
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
  }}
}}
""")

    def terraform(self, *args, answer=""):
        return make.terraform(self.dir, *args, "-no-color", answer=answer, **self.env)

    def apply(self):
        self.terraform("apply", "-auto-approve", "-input=false")

    def plan(self, *args):
        return self.terraform("plan", "-input=false", "-out=tfplan", *args)

    def pin(self):
        run = subprocess.run([self.applygate, "pin", "--replace", "tfplan"], cwd=self.dir, capture_output=True, text=True)
        if run.returncode:
            raise Wrong(f"pin gave {run.returncode}: {run.stderr}")

    def check(self, code, verdict, *expected, only=False, file="tfplan"):
        """Judges in the directory, with nothing on the command line but the plan, and compares exit code, verdict and findings;
        `only` means that there is nothing besides."""
        run = subprocess.run([self.applygate, "check", "--format", "json", file], cwd=self.dir, capture_output=True, text=True)
        plan = (json.loads(run.stdout)["plans"] or [{}])[0] if run.returncode in (0, 1) else {}
        found = [(f["rule"], f["severity"], f["address"]) for f in plan.get("findings", [])]
        missing = [e for e in expected if not any(e == (rule, severity) or e == (rule, severity, address) for rule, severity, address in found)]
        if run.returncode != code or plan.get("verdict") != verdict or missing or only and len(found) != len(expected):
            raise Wrong(f"exit {run.returncode} and {plan.get('verdict')}, not {code} and {verdict}; missing {missing} in {found} {run.stderr}")
        return plan, run.stderr


def step(text):
    now = time.monotonic()
    print(f"ok  {now - step.last:5.1f} s  {text}", flush=True)
    step.last = now


def evidence(plan, rule, text):
    if not any(text in e for f in plan["findings"] if f["rule"] == rule for e in f["evidence"]):
        raise Wrong(f"{rule} does not say {text!r}: {plan['findings']}")


def contains(text, part):
    if part not in text:
        raise Wrong(f"Terraform does not say {part!r}: {text}")


def the_night(base, mock):
    live = Directory(base, "live", mock.port)
    live.backend()
    live.code(FIRST)
    live.terraform("init", "-input=false")
    live.apply()
    live.apply()  # takes what a refresh adds
    old = mock.state()
    live.code(STACK)
    live.apply()
    live.plan()
    live.pin()
    current = mock.state()
    if not json.loads(old)["serial"] < json.loads(current)["serial"]:
        raise Wrong("the serial did not rise")
    live.code(CHANGED)
    contains(live.plan(), "1 to add, 0 to change, 0 to destroy")
    live.check(0, "pass", only=True)
    step("built, pinned; the next change passes without a finding")

    mock.send(f"DELETE /{BUCKET}/{KEY}")
    contains(live.plan(), "6 to add, 0 to change, 0 to destroy")
    live.check(1, "block", ("state-missing", "critical"), ("create-everything", "critical"))
    step("the state is lost: state-missing, blocked")

    mock.put(old)
    live.plan()
    live.check(1, "block", ("plan-stale", "high"))
    live.code(FIRST)
    contains(live.plan(), "No changes.")
    live.check(1, "block", ("plan-stale", "high"))
    step("an old state is put back: the plan is stale, blocked, also with the old code and no changes")

    (live.dir / "applygate.pin.toml").rename(live.dir / "pin.away")
    live.check(1, "block", ("plan-stale", "high"))
    (live.dir / "pin.away").rename(live.dir / "applygate.pin.toml")
    step("the same without the pin file: the serial that was seen here is remembered")

    mock.put(current)
    live.code(STACK)
    contains(live.plan("-destroy"), "5 to destroy")
    plan, _ = live.check(1, "block", ("mass-destroy", "critical"), ("stateful-destroy", "critical", "aws_db_instance.courses"))
    if plan["state"]["mode"] != "destroy":
        raise Wrong(f"not named as a destroy: {plan['state']}")
    shutil.copy(live.dir / "tfplan", live.dir / "destroy.tfplan")
    step("everything is to be destroyed: mass-destroy, no recovery for the database, blocked")
    return live


def other_days(base, mock, live):
    local = Directory(base, "small", mock.port)
    local.code(SMALL)
    local.terraform("init", "-input=false")
    local.apply()
    local.apply()
    local.plan()
    local.pin()
    local.check(0, "pass", ("backend-unsafe", "low"), only=True)
    shutil.copytree(local.dir, base / "small-no", symlinks=True)
    local.backend(key="small/terraform.tfstate")
    local.terraform("init", "-migrate-state", answer="yes\n")
    contains(local.plan(), "No changes.")
    local.check(0, "pass", ("state-swapped", "low"), ("backend-changed", "low"), only=True)
    local.pin()
    local.check(0, "pass", only=True)
    step("from the disk to S3, answered yes: passes with notes; pinned anew, without")

    no = object.__new__(Directory)
    no.__dict__.update(local.__dict__, dir=base / "small-no")
    no.backend(key="small-no/terraform.tfstate")
    no.terraform("init", "-migrate-state", answer="no\n")
    contains(no.plan(), "3 to add, 0 to change, 0 to destroy")
    no.check(1, "block", ("state-missing", "critical"), ("backend-changed", "critical"), ("create-everything", "critical"))
    (no.dir / "applygate.pin.toml").unlink()
    plan, _ = no.check(1, "block", ("create-everything", "critical"))
    evidence(plan, "create-everything", "terraform.tfstate has 0 bytes")
    evidence(plan, "create-everything", "terraform.tfstate.backup is here with 3 objects")
    step("the same, answered no: blocked, and without a pin by what lies in the directory")

    live.backend(key="platform/v2/terraform.tfstate")
    live.terraform("init", "-input=false", "-reconfigure")
    live.plan()
    live.check(1, "block", ("backend-changed", "critical"), ("state-missing", "critical"))
    step("another key: backend-changed, blocked")
    live.backend(bucket=OTHER_BUCKET)
    live.terraform("init", "-input=false", "-reconfigure")
    live.plan()
    live.check(1, "block", ("backend-changed", "critical"), ("state-missing", "critical"))
    step("another bucket: backend-changed, blocked")
    live.backend()
    live.terraform("init", "-input=false", "-reconfigure")
    live.terraform("workspace", "new", "staging")
    live.plan()
    live.check(1, "block", ("workspace-unexpected", "critical"))
    live.terraform("workspace", "select", "default")
    live.env["TF_WORKSPACE"] = "defualt"
    live.plan()
    live.check(1, "block", ("workspace-unexpected", "critical"))
    del live.env["TF_WORKSPACE"]
    live.plan()
    live.check(0, "pass", only=True)
    step("another workspace, selected or mistyped in TF_WORKSPACE: blocked; back again: passes")

    live.backend(lock=False)
    live.terraform("init", "-input=false", "-reconfigure")
    live.plan()
    live.check(0, "warn", ("backend-unsafe", "medium"), only=True)
    step("use_lockfile dropped: warned")


def forged(live):
    """Two members of one name: what is judged must be what is applied."""
    with zipfile.ZipFile(live.dir / "destroy.tfplan") as first, zipfile.ZipFile(live.dir / "tfplan") as second, \
            zipfile.ZipFile(live.dir / "forged.tfplan", "w", zipfile.ZIP_DEFLATED) as out:
        for name in first.namelist():
            out.writestr(name, first.read(name))
        with warnings.catch_warnings():  # the name is there already, which is the point
            warnings.simplefilter("ignore")
            out.writestr("tfplan", second.read("tfplan"))
    contains(live.terraform("show", "forged.tfplan"), "5 to destroy")
    _, said = live.check(2, None, file="forged.tfplan")
    contains(said, "forged.tfplan")
    step("a forged plan, which Terraform takes for the destroy: refused")


def answered_for(live, mock):
    """The destroy plan in front of the gate: nothing but the address of the database lets it through."""
    live.plan("-destroy")
    before, env = mock.state(), make.environment(**live.env)
    command = [live.applygate, "apply", "--terraform", make.TERRAFORM, "tfplan"]
    for more in ([], ["--yes"], ["--yes=warn"]):
        run = subprocess.run(command[:-1] + more + command[-1:], cwd=live.dir, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             start_new_session=True)
        gate.expect(f"exit with {more}", run.returncode, 1, run.stderr)
    screen = gate.Screen(command, live.dir, env)
    for _ in range(3):
        screen.answer("yes\n")
    gate.expect("exit after yes", screen.end(), 1, screen.seen)
    gate.expect("the state after yes", mock.state(), before)
    screen = gate.Screen(command, live.dir, env)
    screen.answer("aws_db_instance.courses\n")
    gate.expect("exit after the address", screen.end(), 0, screen.seen)
    gate.says(screen.seen, "'yes' is not enough", "5 destroyed", "applygate.pin.toml was updated")
    gate.expect("what is left in the state", json.loads(mock.state())["resources"], [])
    step("the destroy plan at the gate: no flag and no yes applies it, the typed address does")


def with_mock(doc, prefix, run):
    """Gives a directory and a mock to the steps of a script, where both can be had; its exit code."""
    if len(sys.argv) != 2:
        print(doc, file=sys.stderr)
        return 2
    Directory.applygate = Path(sys.argv[1]).resolve()
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "127.0.0.1"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("skipped: the packages with Terraform and the provider are for Linux x86-64")
        return 77
    try:
        make.setup()
    except (OSError, StopIteration, subprocess.CalledProcessError) as error:
        print(f"skipped: what this needs cannot be installed: {error}")
        return 77
    step.last = gate.step.last = started = time.monotonic()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix=prefix) as name, Mock(port) as mock:
        try:
            run(Path(name), mock)
        except (Wrong, gate.Wrong) as error:
            print(f"WRONG after {time.monotonic() - started:.1f} s: {error}", flush=True)
            raise
    print(f"all as expected in {time.monotonic() - started:.0f} s")
    return 0


def replay(base, mock):
    contains(make.terraform(base, "version"), "Terraform v1.15.5")
    mock.bucket(BUCKET)
    mock.bucket(OTHER_BUCKET)
    live = the_night(base, mock)
    other_days(base, mock, live)
    forged(live)
    answered_for(live, mock)


if __name__ == "__main__":
    sys.exit(with_mock(__doc__, "applygate-replay-", replay))
