#!/usr/bin/env python3
"""The gate in front of a real OpenTofu, with plans in clear and encrypted: opentofu.py APPLYGATE

A lost state, an old state that is put back, a destroy, a stale plan, a missing
key; yes and no at a real terminal. `terraform_data` alone, which needs no
provider. OPENTOFU names the program, else it is `tofu` on the PATH. Exit 0: all
as expected; 1: not; 77: there is none.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True  # leaves nothing in the tree
sys.path.insert(0, str(Path(__file__).resolve().parent))
import gate  # noqa: E402
from gate import Screen, Wrong, expect, says, says_not, step  # noqa: E402

CANARY = "CANARY-4b1d-decrypted"
# With a backend block there is a .terraform directory, which remembers what was applied.
CODE = """
terraform {
  backend "local" {}
}

variable "n" {
  type    = number
  default = 12
}

resource "terraform_data" "kept" {
  input = "%s"
}

resource "terraform_data" "many" {
  count = var.n
  input = "%s"
}
"""
ENCRYPTION = """
variable "passphrase" {
  type = string
}

terraform {
  encryption {
    key_provider "pbkdf2" "key" {
      passphrase = var.passphrase
      iterations = 200000
    }
    method "aes_gcm" "method" {
      keys = key_provider.pbkdf2.key
    }
    state {
      method   = method.aes_gcm.method
      enforced = true
    }
    plan {
      method   = method.aes_gcm.method
      enforced = true
    }
  }
}
"""


class Stack:
    def __init__(self, base, name, program, applygate, encrypted):
        self.dir, self.tmp = base / name, base / f"{name}-tmp"
        self.dir.mkdir()
        self.tmp.mkdir()
        self.program, self.applygate, self.encrypted = program, applygate, encrypted
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "TOFU_", "APPLYGATE_"))}
        self.env |= {"TMPDIR": str(self.tmp), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
        if encrypted:
            self.env["TF_VAR_passphrase"] = "a-passphrase-for-tests-only"
        self.code("first")
        self.tofu("init", "-input=false")

    def code(self, text):
        text = CODE % (CANARY, text)
        (self.dir / "main.tf").write_text((ENCRYPTION if self.encrypted else "") + text)

    def tofu(self, *args):
        run = subprocess.run([self.program, *args], cwd=self.dir, env=self.env, capture_output=True, text=True)
        if run.returncode:
            raise Wrong(f"tofu {args} gave {run.returncode}: {run.stderr}")
        return run.stdout

    def plan(self, *args, out="tfplan"):
        self.tofu("plan", "-input=false", f"-out={out}", *args)

    def gate(self, *args, env=None):
        run = subprocess.run(
            [self.applygate, *args], cwd=self.dir, env=env or self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, start_new_session=True,
        )
        self.clean(run.stdout + run.stderr)
        return run.returncode, run.stdout + run.stderr

    def screen(self, *args):
        return Screen([self.applygate, "apply", "--terraform", self.program, *args], self.dir, self.env)

    def apply(self, *args, env=None):
        return self.gate("apply", "--terraform", self.program, *args, env=env)

    def clean(self, text):
        """No value of the plan is on the screen; what was encrypted is nowhere in clear."""
        says_not(text, CANARY)
        if not self.encrypted:
            return
        for root in (self.tmp, self.dir):
            for path in root.rglob("*"):
                if path.is_file() and path.name != "main.tf" and CANARY.encode() in path.read_bytes():
                    raise Wrong(f"decrypted values are left in {path}")


def incident(here, form):
    here.plan()
    code, seen = here.gate("pin", "--new", "--terraform", here.program, "tfplan") if here.encrypted else here.gate("pin", "--new", "tfplan")
    expect("pin", code, 0, seen)
    screen = here.screen("tfplan")
    screen.answer("no\n")
    expect("exit", screen.end(), 1, screen.seen)
    screen = here.screen("tfplan")
    screen.answer("yes\n")
    expect("exit", screen.end(), 0, screen.seen)
    says(screen.seen, "Apply complete! Resources: 13 added")
    here.clean(screen.seen.split("Do you want to perform")[0])
    step(f"{form}: a new stack: no declines, yes applies")

    code, seen = here.apply("--yes=warn", "tfplan")
    if here.encrypted:
        # The program itself says so: the form does not tell which state the plan was made for.
        says(seen, "Saved plan is stale")
        expect("exit", code, 3, seen)
    else:
        says(seen, "plan-stale", "tofu plan -out tfplan")
        expect("exit", code, 1, seen)
    step(f"{form}: the same plan again: stale, nothing is changed")

    old = (here.dir / "terraform.tfstate").read_bytes()
    here.code("second")
    here.plan()
    code, seen = here.apply("--yes=warn", "tfplan")
    expect("exit", code, 0, seen)
    says(seen, "12 changed")
    step(f"{form}: a routine change is applied")

    new = (here.dir / "terraform.tfstate").read_bytes()
    (here.dir / "terraform.tfstate").unlink()
    here.plan(out="everything")
    code, seen = here.apply("--yes=warn", "everything")
    expect("exit", code, 1, seen)
    says(seen, "state-missing")
    (here.dir / "terraform.tfstate").write_bytes(old)
    here.plan("-destroy", out="destroy")
    code, seen = here.apply("--yes=warn", "destroy")
    expect("exit", code, 1, seen)
    says(seen, "BLOCK")
    expect("the state", (here.dir / "terraform.tfstate").read_bytes(), old)
    (here.dir / "terraform.tfstate").write_bytes(new)
    step(f"{form}: the state is lost, then an old one is put back and destroyed: both are blocked")

    here.plan("-var=n=11", out="one")
    code, seen = here.gate("check", "one")
    if here.encrypted:
        expect("exit", code, 2, seen)
        says(seen, "tofu show -json")
        shown = subprocess.run([here.program, "show", "-json", "one"], cwd=here.dir, env=here.env, capture_output=True, check=True)
        judged = subprocess.run([here.applygate, "check", "-"], cwd=here.dir, env=here.env, input=shown.stdout, capture_output=True)
        expect("exit", judged.returncode, 0, judged.stdout.decode())
        without = {k: v for k, v in here.env.items() if k != "TF_VAR_passphrase"} | {"TF_VAR_passphrase": "another-passphrase"}
        code, seen = here.apply("--yes=warn", "one", env=without)
        expect("exit", code, 2, seen)
        says(seen, "nothing was run", "cannot read the encrypted plan")
        step(f"{form}: check names the line to type; without the key nothing is run")
    else:
        expect("exit", code, 0, seen)
        says(seen, "opentofu 1.")
    here.tofu("apply", "-auto-approve", "-var=n=10")
    code, seen = here.apply("--yes=warn", "one")
    says(seen, "tale")
    expect("exit", code, 3 if here.encrypted else 1, seen)
    step(f"{form}: somebody else applies in between: the plan is stale")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    program = os.environ.get("OPENTOFU") or shutil.which("tofu")
    if not program:
        print("skipped: there is no tofu on the PATH")
        return 77
    applygate = str(Path(sys.argv[1]).resolve())
    step.last = started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="applygate-tofu-") as name:
        for form, encrypted in (("in clear", False), ("encrypted", True)):
            incident(Stack(Path(name), form.replace(" ", "-"), program, applygate, encrypted), form)
    print(f"OpenTofu, in clear and encrypted, in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
