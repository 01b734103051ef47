#!/usr/bin/env python3
"""Each plan is compared with its own place: places.py APPLYGATE

Real Terraform with its state on the disk and in the S3 of a mock AWS on
127.0.0.1. The same plan from inside of its stack, from the parent, from a
sibling that is alike, through a link, and kept apart from its sources; edited
sources, a stale plan, an old state, a pin, a state that becomes empty.

One line a step. Exit 0: all as expected; 1: not; 77: this cannot be had here
(no Linux x86-64, no venv, no PyPI). The first run installs into target/.
"""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True  # leaves nothing in the tree
sys.path.insert(0, str(Path(__file__).resolve().parent))
import incident  # noqa: E402
from gate import expect, says, says_not, step  # noqa: E402, also takes back the signals that are ignored
from incident import make  # noqa: E402

BUCKET = "places"
CODE = """
resource "terraform_data" "kept" {
  count = 3
  input = "%s"
}
"""
LOCAL = 'terraform {\n  backend "local" {}\n}\n'
BUCKETS = "\n".join(f'resource "aws_s3_bucket" "b{n}" {{\n  bucket = "notes-{n}"\n}}' for n in range(3))
S3 = """terraform {
  backend "s3" {
    bucket       = "%s"
    key          = "%s/terraform.tfstate"
    region       = "eu-west-1"
    use_lockfile = true

    endpoints                   = { s3 = "http://127.0.0.1:%d" }
    use_path_style              = true
    skip_credentials_validation = true
    skip_requesting_account_id  = true
    skip_s3_checksum            = true
  }
}
"""


class Stack:
    mock = None

    def __init__(self, base, name, backend):
        self.base, self.name, self.dir, self.backend = base, name, base / name, backend
        self.dir.mkdir(parents=True)
        self.env = make.environment(TMPDIR=str(base), **incident.ENVIRONMENT)
        self.key = f"{base.name}/{name}"
        (self.dir / "backend.tf").write_text(LOCAL if backend == "local" else S3 % (BUCKET, self.key, self.mock.port))
        self.code("first")
        self.terraform("init", "-input=false")

    def code(self, text):
        (self.dir / "main.tf").write_text(CODE % text)

    def terraform(self, *args):
        return make.terraform(self.dir, *args, "-no-color", **incident.ENVIRONMENT)

    def plan(self, text=None, *args):
        if text:
            self.code(text)
        return self.terraform("plan", "-input=false", "-out=tfplan", *args)

    def build(self):
        self.terraform("apply", "-auto-approve", "-input=false")
        self.plan()
        code, seen = self.run("pin", "tfplan")
        expect("pin", code, 0, seen)

    def run(self, *args, here=None):
        run = subprocess.run([incident.Directory.applygate, *args], cwd=here or self.dir, env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                             start_new_session=True)
        return run.returncode, run.stdout + run.stderr

    def apply(self, plan="tfplan", here=None, chdir=None):
        before = [f"-chdir={chdir}"] if chdir else []
        return self.run(*before, "apply", "--terraform", str(make.TERRAFORM), "--yes=warn", plan, here=here)

    def state(self):
        if self.backend == "local":
            return (self.dir / "terraform.tfstate").read_bytes()
        return self.mock.send(f"GET /{BUCKET}/{self.key}/terraform.tfstate")

    def put(self, state):
        if self.backend == "local":
            (self.dir / "terraform.tfstate").write_bytes(state)
        else:
            self.mock.send(f"PUT /{BUCKET}/{self.key}/terraform.tfstate {state.decode()}")

    def serial(self):
        return json.loads(self.state())["serial"]

    def pin_text(self):
        return (self.dir / "applygate.pin.toml").read_text()

    def pinned(self):
        return next(int(line.split("=")[1]) for line in self.pin_text().splitlines() if line.startswith("serial"))

    def compared(self):
        """What the headline says of a plan that was made just now."""
        serial, pinned = self.serial(), self.pinned()
        return f"serial {serial} = pin" if serial == pinned else f"serial {serial}, pin {pinned}"


def everywhere(stack, other):
    """The plan of a stack as it is named from each directory."""
    return [(stack.dir, "tfplan"), (stack.base, "stack/tfplan"), (other.dir, "../stack/tfplan"), (stack.base, "link/tfplan")]


def places(base, backend):
    base.mkdir()
    stack, other = Stack(base, "stack", backend), Stack(base, "other", backend)
    (base / "link").symlink_to("stack")
    stack.terraform("apply", "-auto-approve", "-input=false")
    old = stack.state()
    stack.code("second")
    stack.build()
    other.build()
    stack.plan("third")

    for here, plan in everywhere(stack, other):
        code, seen = stack.run("check", plan, here=here)
        expect(f"{plan} in {here}", code, 0, seen)
        says(seen, "PASS", f"serial {stack.serial()} = pin")
    step(f"{backend}: a plan is compared with its own pin from inside, from the parent, from a sibling and through a link")

    before = stack.state(), other.state()
    for here, plan, line in ((base, "stack/tfplan", "applygate -chdir=stack apply tfplan"),
                             (other.dir, "../stack/tfplan", "-chdir=../stack apply tfplan")):
        code, seen = stack.apply(plan, here=here)
        expect(f"apply {plan} in {here}", code, 2, seen)
        says(seen, "from another directory" if here == base else "its own directory has the same files", line, "nothing was run")
    expect("the states", (stack.state(), other.state()), before)
    code, seen = stack.apply(here=base, chdir="link")
    expect("apply through a link", code, 0, seen)
    says(seen, "3 changed")
    step(f"{backend}: apply from the parent and from a sibling: the line to type, nothing is run; through a link it is applied")

    code, seen = stack.apply()
    expect("exit", code, 1, seen)
    says(seen, "plan-stale", "terraform plan")
    says_not(seen, "rolled-back")
    says_not(seen, "force-unlock")
    step(f"{backend}: the same plan again is stale, and not told as a state that was rolled back")

    stack.plan("fourth")
    source = stack.dir / "main.tf"
    text = source.read_text()
    source.write_bytes(text.replace("\n", "\r\n").encode())
    code, seen = stack.run("check", "tfplan")
    expect("CRLF", code, 0, seen)
    says_not(seen, "changed since the plan")
    source.write_text("# a comment\n" + text)
    for here, plan in everywhere(stack, other):
        code, seen = stack.run("check", plan, here=here)
        expect("an edited comment", code, 0, seen)
        says(seen, "PASS", "changed since the plan: main.tf", stack.compared())
        says_not(seen, "place not checked")
    code, seen = stack.apply()
    expect("apply", code, 0, seen)
    step(f"{backend}: other line ends are no difference, an edited comment is a note, and the plan is applied")

    new = stack.state()
    stack.plan()
    code, seen = stack.run("pin", "tfplan")
    expect("pin", code, 0, seen)
    says(seen, f"serial {stack.serial()},")
    pin = stack.pin_text()
    stack.put(old)
    stack.plan("fifth")
    # A state on the disk shows what it is. Of another one the memory of the directory says that the plan is stale; without it both causes are named.
    memory = stack.dir / ".terraform" / "applygate.json"
    remembered = memory.read_bytes()
    for rule in ("state-rolled-back" if backend == "local" else "plan-stale", "state-rolled-back"):
        for here, plan in everywhere(stack, other):
            code, seen = stack.run("check", plan, here=here)
            expect(f"an old state, {plan} in {here}", code, 1, seen)
            says(seen, "BLOCK", rule, stack.compared())
        memory.unlink(missing_ok=True)
    memory.write_bytes(remembered)
    code, seen = stack.apply()
    expect("apply", code, 1, seen)
    for here, plan in ((base, "stack/tfplan"), (other.dir, "../stack/tfplan")):
        code, seen = stack.apply(plan, here=here)
        expect("apply", code, 2, seen)
    expect("the state", json.loads(stack.state()), json.loads(old))
    step(f"{backend}: an old state that is put back is blocked from every directory")

    code, seen = stack.run("pin", "tfplan")
    expect("pin", code, 2, seen)
    says(seen, "--replace", f"→ {stack.serial()}")
    expect("the pin", stack.pin_text(), pin)
    before = stack.pinned()
    code, seen = stack.run("pin", "--replace", "tfplan")
    expect("pin --replace", code, 0, seen)
    says(seen, f"serial {before} → {stack.serial()}")
    expect("the pinned serial", stack.pinned(), stack.serial())
    (stack.dir / "applygate.pin.toml").write_text(pin)
    stack.put(new)
    step(f"{backend}: the pin is lowered by --replace alone, which says what changes")

    plans = base / "plans"
    for each in (stack, other):
        each.plan("sixth")
        (plans / each.name).mkdir(parents=True)
        shutil.move(each.dir / "tfplan", plans / each.name / "tfplan")
    code, seen = stack.run("check", "plans", here=base)
    expect("plans without a place", seen.count("place not checked"), 2, seen)
    says_not(seen, "= pin")
    code, seen = stack.run("check", "plans", "--dir", ".", here=base)
    expect("check plans --dir .", code, 0, seen)
    says_not(seen, "place not checked")
    says(seen, *(f"{each.compared()} plans/{each.name}/tfplan" for each in (stack, other)))

    code, seen = stack.apply("../plans/stack/tfplan", here=base, chdir="stack")
    expect("apply of a plan that is kept apart", code, 0, seen)
    says(seen, "Apply complete")
    code, seen = stack.apply("../plans/other/tfplan", here=base, chdir="other")
    expect("right after it, apply in the other stack", code, 0, seen)
    says(seen, "Apply complete")
    code, seen = stack.apply("plans/other/tfplan", here=base)
    expect("apply from a directory without sources", code, 2, seen)
    says(seen, "-chdir=DIR", "nothing was run")
    step(f"{backend}: plans that are kept apart are applied in the directory that is named")

    stack.put(old)
    stack.plan("seventh")
    shutil.move(stack.dir / "tfplan", plans / "stack" / "tfplan")
    code, seen = stack.run("check", "plans", "--dir", ".", here=base)
    expect("an old state among the plans", code, 1, seen)
    step(f"{backend}: a directory of plans: with --dir each is compared with its own pin, without it that is said")


def emptied(base, mock):
    """A refresh in an account that has nothing of it: no delete is planned, and everything leaves the state."""
    stack = incident.Directory(base, "emptied", mock.port)
    stack.code(BUCKETS)
    stack.terraform("init", "-input=false")
    stack.apply()
    for number in range(3):
        mock.send(f"DELETE /notes-{number}")
    stack.plan("-refresh-only")
    (stack.dir / "plan.json").write_text(stack.terraform("show", "-json", "tfplan"))
    for file in ("tfplan", "plan.json"):
        run = subprocess.run([stack.applygate, "check", file], cwd=stack.dir, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        seen = run.stdout + run.stderr
        expect(file, run.returncode, 1, seen)
        says(seen, "BLOCK: 1 critical", "state-emptied", "3 gone outside Terraform")
    step("a refresh finds nothing any more: state-emptied, blocked in both forms")


def everything(base, mock):
    Stack.mock = mock
    mock.bucket(BUCKET)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(emptied, base, mock)] + [pool.submit(places, base / backend, backend) for backend in ("s3", "local")]
    for run in runs:
        run.result()


if __name__ == "__main__":
    sys.exit(incident.with_mock(__doc__, "applygate-places-", everything))
