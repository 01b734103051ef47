#!/usr/bin/env python3
"""Tries the recipes of docs/ci and the action: every piece of YAML is read, every piece of shell is run where its program is here, and the action runs
with the variables of a runner against a stub of GitHub's API on 127.0.0.1. What cannot be tried here is named as skipped.

    python3 .ci/recipes.py target/debug/applygate          (needs PyYAML; uses node, git and terraform where they are)
"""

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted((ROOT / "docs/ci").glob("*.md"))
PROGRAM = Path(sys.argv[1]).resolve()
FIXTURES = ROOT / "fixtures"
DESTROY = FIXTURES / "incident/2-old-state-destroy/plan.json"
ROUTINE = FIXTURES / "incident/3-routine-change/plan.json"
UNKNOWN = FIXTURES / "work-unknown/fires-list/plan.json"
BASE = Path(tempfile.mkdtemp(prefix="applygate-recipes-"))
BIN = BASE / "bin"
BIN.mkdir()
(BIN / "applygate").symlink_to(PROGRAM)
ENV = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(BASE), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "TF_IN_AUTOMATION": "1",
       "CHECKPOINT_DISABLE": "1"}
tried = 0


def check(holds, what, *more):
    global tried
    tried += 1
    if not holds:
        sys.exit("\n".join(["wrong: " + what, *map(str, more)]))


def skipped(what):
    print(f"skipped: {what}")


def blocks(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.M | re.S)


def run(words, cwd, **more):
    ended = subprocess.run(words, cwd=cwd, env={**ENV, **more}, capture_output=True, text=True)
    return ended.returncode, ended.stdout + ended.stderr


def git(cwd, *words):
    code, text = run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd)
    check(code == 0, f"git {words}", text)
    return text.strip()


# The pages: what is YAML is YAML, and nothing is applied but by the gate.
for page in PAGES:
    for text in blocks(page, "yaml"):
        check(isinstance(yaml.safe_load(text), dict), f"{page.name}: YAML", text)
    for text in blocks(page, "sh"):
        code, said = run(["sh", "-n", "-c", text], BASE)
        check(code == 0, f"{page.name}: shell", said)
    told = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", page.read_text(), re.M | re.S))
    past = re.search(r"(terraform|tofu|terragrunt)\b[^\n]*\bapply\b", told.replace("applygate apply", ""))
    check(not past, f"{page.name}: an apply past the gate", past)
    for line in re.findall(r"applygate apply[^\n]*", told):
        check("--yes=warn tfplan" in line, f"{page.name}: {line}")
    # Where the platform applies, nobody is asked: the gate itself must stop work that it does not know.
    if "applygate apply" not in told:
        check("work-unknown" in told, f"{page.name}: says nothing about work-unknown")
    for text in blocks(page, "toml"):
        policy = BASE / "applygate.toml"
        policy.write_text(text)
        code, said = run(["applygate", "check", "--config", str(policy), str(UNKNOWN)], BASE)
        check(code == 1 and "work-unknown" in said, f"{page.name}: its policy lets work-unknown through", said)
    for used in re.findall(r"uses: (\S+)", told):
        check(re.search(r"@[0-9a-f]{40}$", used), f"{page.name}: {used} is not pinned")
    check(f"](ci/{page.name})" in (ROOT / "docs/ci.md").read_text(), f"docs/ci.md does not list {page.name}")

manifest = yaml.safe_load((ROOT / "action.yml").read_text())
check((ROOT / manifest["runs"]["main"]).exists(), "action.yml: its script")
workflow = yaml.safe_load(blocks(ROOT / "docs/ci/github.md", "yaml")[0])
for text in blocks(ROOT / "docs/ci/github.md", "yaml"):
    check(yaml.safe_load(text)["permissions"] == {}, "github.md: least privilege")
[step] = [step for step in workflow["jobs"]["plan"]["steps"] if "/applygate@" in step.get("uses", "")]
check(set(step["with"]) <= set(manifest["inputs"]), "github.md uses inputs that the action has")
check(workflow["permissions"] == {}, "github.md: least privilege")


# The action.
class Api(http.server.BaseHTTPRequestHandler):
    comments, broken, calls = [], False, []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        Api.calls.append(self.headers["authorization"])
        query, values = body["query"], body["variables"]
        if Api.broken:
            answer = {"errors": [{"message": "Resource not accessible by integration\n::error::x"}]}
        elif "addComment" in query:
            Api.comments.append({"id": f"c{len(Api.comments)}", "body": values["body"], "viewerDidAuthor": True})
            answer = {"data": {"addComment": None}}
        elif "updateIssueComment" in query:
            next(one for one in Api.comments if one["id"] == values["id"])["body"] = values["body"]
            answer = {"data": {"updateIssueComment": None}}
        else:
            start = int(values["after"] or 0)
            page = {"nodes": Api.comments[start:start + 100], "pageInfo": {"hasNextPage": start + 100 < len(Api.comments), "endCursor": str(start + 100)}}
            answer = {"data": {"repository": {"pullRequest": {"id": "PR_1", "comments": page}}}}
        text = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def outputs(path):
    """As the runner reads them: NAME<<MARK, lines, MARK."""
    found, lines = {}, iter(path.read_text().splitlines())
    for line in lines:
        name, mark = line.split("<<", 1)
        value = []
        for line in lines:
            if line == mark:
                break
            value.append(line)
        found[name] = "\n".join(value)
    return found


def action(plan, cwd, event=None, **more):
    runner = Path(tempfile.mkdtemp(dir=BASE))
    for name in ("output", "summary"):
        (runner / name).touch()
    (runner / "event").write_text(json.dumps(event if event is not None else {"pull_request": {"number": 7}}))
    inputs = {name: str(spec.get("default", "")) for name, spec in manifest["inputs"].items()}
    inputs.update(plan=str(plan), token="a-token")
    inputs.update({name.replace("_", "-"): value for name, value in more.items() if name.replace("_", "-") in inputs})
    variables = {name: value for name, value in more.items() if name.startswith("GITHUB_")}
    code, text = run(
        ["node", str(ROOT / manifest["runs"]["main"])], cwd,
        **{"INPUT_" + name.upper(): value for name, value in inputs.items()},
        **{"GITHUB_OUTPUT": str(runner / "output"), "GITHUB_STEP_SUMMARY": str(runner / "summary"), "GITHUB_EVENT_PATH": str(runner / "event"),
           "GITHUB_REPOSITORY": "o/r", "GITHUB_WORKSPACE": str(cwd), "RUNNER_TEMP": str(runner), "GITHUB_GRAPHQL_URL": API, "GITHUB_ACTIONS": "true", **variables})
    return code, text, outputs(runner / "output"), (runner / "summary").read_text()


if not shutil.which("node"):
    skipped("the action (no node here)")
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    API = f"http://127.0.0.1:{server.server_port}/graphql"
    work = BASE / "work"
    work.mkdir()
    git(work, "init", "-q", "-b", "main")
    (work / "applygate.toml").write_text('block_at = "high"\n')
    git(work, "add", ".")
    git(work, "commit", "-qm", "policy")
    git(work, "update-ref", "refs/remotes/origin/main", "HEAD")
    shutil.copy(DESTROY, work / "plan.json")

    # Somebody wrote our mark into a comment, another 120 talk of something else: one comment of ours is added, and updated.
    code, text, out, summary = action("plan.json", work, formats="markdown json github sarif junit")
    check(code == 1 and out["verdict"] == "block" and out["exit-code"] == "1", "the action blocks", code, out, text)
    check("::error" in text and "BLOCK: 4 critical" in text, "annotations and the report are in the log", text)
    check(json.loads(out["counts"])["findings"]["critical"] == 4 and json.loads(out["counts"])["changes"]["delete"] == 27, "counts", out)
    for form in ("markdown", "json", "sarif", "junit"):
        check(Path(out[form]).stat().st_size > 0 and json.loads(out["reports"])[form] == out[form], f"the path of {form}", out)
    mark = summary.splitlines()[0]
    check(len(Api.comments) == 1 and Api.comments[0]["body"].startswith(mark) and "BLOCK" in summary, "one comment", Api.comments)
    ours = Api.comments.pop()
    Api.comments += [{"id": "foreign", "body": mark + "\nnot ours", "viewerDidAuthor": False}]
    Api.comments += [{"id": f"x{at}", "body": "a quote of\n" + mark, "viewerDidAuthor": True} for at in range(120)] + [ours]
    shutil.copy(ROUTINE, work / "plan.json")
    code, text, out, summary = action("plan.json", work)
    check(code == 0 and out["verdict"] == "pass", "the action lets a routine plan through", code, out, text)
    check(len(Api.comments) == 122 and "PASS" in ours["body"], "the comment is updated", ours)
    check(Api.comments[0]["body"].endswith("not ours"), "a comment of somebody else is left alone")
    check(set(Api.calls) == {"Bearer a-token"}, "the token is used for the API")

    # A comment that cannot be written changes no verdict; its message is no command to the runner.
    Api.broken = True
    for plan, wanted in ((DESTROY, 1), (ROUTINE, 0)):
        shutil.copy(plan, work / "plan.json")
        code, text, out, _ = action("plan.json", work)
        check(code == wanted and "::warning title=applygate::the comment was not written" in text and "\n::error::x" not in text, "no comment", code, text)
    Api.broken = False
    # No pull request, or none wanted: no call.
    Api.calls.clear()
    action("plan.json", work, event={})
    action("plan.json", work, comment="false")
    check(not Api.calls, "no call without a pull request")
    # What cannot be judged is an error: no plan, no program, a revision that is not there.
    for more in ({"plan": "nothing"}, {"program": "no-such-program"}, {"policy_from": "refs/remotes/origin/nothing"}):
        code, text, out, _ = action(more.pop("plan", "plan.json"), work, **more)
        check(code == 2 and out["verdict"] == "error", f"an error: {more}", code, out, text)
    # A plan named like a flag is a file.
    shutil.copy(DESTROY, work / "plan.json")
    code, text, out, _ = action("plan.json\n--exit-zero", work)
    check(code != 0, "a plan is no flag", code, text)
    # In a pull request the policy of the base branch holds, not the one that the change brings.
    shutil.copy(DESTROY, work / "plan.json")
    (work / "applygate.toml").write_text('block_at = "critical"\n[rules]\nmass-destroy = "off"\nstateful-destroy = "low"\n')
    git(work, "commit", "-qam", "weaker")
    code, text, out, _ = action("plan.json", work, GITHUB_BASE_REF="main")
    check(code == 1 and out["verdict"] == "block" and "refs/remotes/origin/main" in text, "the base branch's policy", code, text)

# A change to the sources: what is posted shows what goes away, the comment is updated, and the verdict is that of the job.
def change():
    """A clone of a repository whose pull request takes a database away."""
    here = Path(tempfile.mkdtemp(dir=BASE))
    origin = here / "origin"
    origin.mkdir()
    database = 'resource "aws_db_instance" "orders" {\n  # hunter2\n  password            = "hunter2"\n  skip_final_snapshot = true\n}\n'
    (origin / "main.tf").write_text(database + 'resource "aws_sqs_queue" "q" {}\n')
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "stack")
    git(here, "clone", "-q", str(origin), "clone")
    clone = here / "clone"
    git(clone, "switch", "-qc", "change")
    (clone / "main.tf").write_text('resource "aws_sqs_queue" "q" {}\n')
    git(clone, "commit", "-qam", "change")
    return clone


def told(markdown, name):
    check("-    1  resource" in markdown and "-    4    skip_final_snapshot = true" in markdown, f"{name}: the deleted lines", markdown)
    check("hunter2" not in markdown and "BLOCK" in markdown, f"{name}: and no secret", markdown)


here = change()
_, _, sources = [yaml.safe_load(text) for text in blocks(ROOT / "docs/ci/github.md", "yaml")]
judge, post = [step for step in sources["jobs"]["source"]["steps"] if "run" in step]
code, text = run(["bash", "-eo", "pipefail", "-c", judge["run"]], here, GITHUB_BASE_REF="main")
check(code == 1, "github: the change is blocked", code, text)
told((here / "applygate.md").read_text(), "github")
stub = BASE / "stub"
stub.mkdir()
# Answers with the comment that is there, and writes down what it is asked.
(stub / "gh").write_text('#!/bin/sh\necho "$*" >> "$GH_ASKED"\ncase "$*" in *--paginate*) cat "$GH_OLD";; esac\n')
(stub / "gh").chmod(0o755)
for old, wanted in (("", "api repos/o/r/issues/7/comments --field body=@applygate.md"), ("42\n43\n", "api --method PATCH repos/o/r/issues/comments/42 --field body=@applygate.md")):
    (stub / "asked").write_text("")
    (stub / "old").write_text(old)
    code, text = run(["bash", "-eo", "pipefail", "-c", post["run"]], here, PATH=f"{stub}:{ENV['PATH']}", GH_ASKED=str(stub / "asked"), GH_OLD=str(stub / "old"),
                     COMMENTS="repos/o/r/issues/7/comments", GITHUB_STEP_SUMMARY=str(stub / "summary"))
    asked = (stub / "asked").read_text().splitlines()
    check(code == 0 and asked[-1] == wanted, "github: the comment", code, text, asked)
    check(f'startswith("{(here / "applygate.md").read_text().splitlines()[0]}")' in asked[0], "github: only its own", asked)
told((stub / "summary").read_text(), "github, the summary")
here = change()
_, lab = [yaml.safe_load(text) for text in blocks(ROOT / "docs/ci/gitlab.md", "yaml")]
variables = {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "TARGET": "refs/remotes/origin/main"}
check(lab["source"]["variables"]["TARGET"].replace("$CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main") == variables["TARGET"], "gitlab: the target")
code, text = run(["bash", "-eo", "pipefail", "-c", "\n".join(lab["source"]["script"])], here, **variables)
check(code == 1, "gitlab: the change is blocked", code, text)
told((here / "applygate.md").read_text(), "gitlab")
check(json.loads((here / "applygate-quality.json").read_text())[0]["severity"] in ("critical", "major", "blocker"), "gitlab: code quality")


# The shell of the pages, with real Terraform: a stack of two objects, of which the policy lets none go.
def stack(change):
    """A repository with a stack that is applied, its clone as CI has it, and a change in it: a third object, or one less."""
    here = Path(tempfile.mkdtemp(dir=BASE))
    origin, clone = here / "origin", here / "clone"
    origin.mkdir()
    blocks = [f'resource "terraform_data" "{name}" {{\n  input = "{name}"\n}}\n' for name in "abc"]
    (origin / "main.tf").write_text("".join(blocks[:2]))
    (origin / "applygate.toml").write_text("[expect]\nmax_destroy = 0\n")
    (origin / ".gitignore").write_text(".terraform*\n*tfstate*\ntfplan\napplygate.*\n!applygate.toml\n")
    git(origin, "init", "-q", "-b", "main")
    git(origin, "add", ".")
    git(origin, "commit", "-qm", "stack")
    git(here, "clone", "-q", str(origin), "clone")
    for words in (["init", "-input=false"], ["apply", "-auto-approve", "-input=false"]):
        code, text = run(["terraform", *words], clone)
        check(code == 0, f"terraform {words}", text)
    (clone / "main.tf").write_text("".join(blocks if change == "more" else blocks[:1]))
    return clone


def jobs():
    """What each page runs: its name, the shell of the judging, the shell of the apply."""
    page = lambda name, language="yaml": [yaml.safe_load(text) if language == "yaml" else text for text in blocks(ROOT / f"docs/ci/{name}.md", language)]
    plan, apply, _ = page("github")
    judged = "\n".join(step["run"] for step in plan["jobs"]["plan"]["steps"] if "run" in step) + "\napplygate check tfplan --policy-from=refs/remotes/origin/main\n"
    yield "github", judged, apply["jobs"]["apply"]["steps"][-1]["run"]
    lab, _ = page("gitlab")
    yield "gitlab", "\n".join(lab["plan"]["script"]), "\n".join(lab["apply"]["script"])
    [azure] = page("azure-pipelines")
    first, second = [step["bash"] for step in azure["steps"] if "bash" in step]
    yield "azure-pipelines", first, second
    [jenkins] = page("jenkins", "groovy")
    yield "jenkins", re.search(r"sh '''(.*?)'''", jenkins, re.S).group(1), re.search(r"sh '(applygate .*?)'", jenkins).group(1)


if not shutil.which("terraform"):
    skipped("the shell of the pages (no terraform here)")
else:
    for name, judge, apply in jobs():
        for change in ("more", "less"):
            here = stack(change)
            more = {"CI_DEFAULT_BRANCH": "main"}
            code, text = run(["bash", "-eo", "pipefail", "-c", judge], here, **more)
            check(code == (0 if change == "more" else 1), f"{name}: judging a plan with one object {change}", code, text)
            if name == "gitlab":
                check(json.loads((here / "applygate-terraform.json").read_text())["delete"] == (0 if change == "more" else 1), "gitlab: counts")
            if name in ("gitlab", "azure-pipelines", "jenkins"):
                check("<testsuite" in (here / "applygate.xml").read_text(), f"{name}: JUnit")
            code, text = run(["bash", "-eo", "pipefail", "-c", apply], here, **more)
            held = json.loads((here / "terraform.tfstate").read_text())["resources"]
            check((code == 0, len(held)) == ((True, 3) if change == "more" else (False, 2)), f"{name}: applying a plan with one object {change}", code, len(held), text)
    # Atlantis: the text is the gate, and a plan that cannot be judged ends the step.
    [server_side] = [yaml.safe_load(text) for text in blocks(ROOT / "docs/ci/atlantis.md", "yaml")]
    step = server_side["workflows"]["applygate"]["policy_check"]["steps"][-1]["run"].replace("/etc/atlantis/applygate.toml", str(BASE / "applygate.toml"))
    (BASE / "applygate.toml").write_text(blocks(ROOT / "docs/ci/atlantis.md", "toml")[0])
    for plan, wanted, refused in ((DESTROY, 0, True), (ROUTINE, 0, False), (UNKNOWN, 0, True), (BASE / "nothing", 2, True)):
        code, text = run(["sh", "-c", step], BASE, PLANFILE=str(plan))
        check(code == wanted and ("fail" in text.lower()) == refused, f"atlantis: {plan}", code, text)
    # The hook of the agents.
    [hook] = blocks(ROOT / "docs/ci/hcp-terraform.md", "sh")
    hook = hook.replace("/etc/applygate/applygate.toml", str(BASE / "applygate.toml"))
    for plan, let in ((str(DESTROY), False), (str(ROUTINE), True), (str(UNKNOWN), False), ("nothing", False), ("", False)):
        code, text = run(["sh", "-c", hook], BASE, APPLYGATE_PLAN=plan)
        check((code == 0) == let, f"post-plan: {plan}", code, text)
    # Spacelift: the report is there for the policy in any case.
    [config] = [yaml.safe_load(text) for text in blocks(ROOT / "docs/ci/spacelift.md", "yaml")]
    for plan, verdict in ((DESTROY, "block"), (ROUTINE, "pass")):
        shutil.copy(plan, BASE / "spacelift.plan")
        code, text = run(["sh", "-ec", "\n".join(config["stack_defaults"]["after_plan"])], BASE)
        told = json.loads((BASE / "applygate.custom.spacelift.json").read_text())
        check(code == 0 and told["verdict"] == verdict, f"spacelift: {plan}", code, text)

for name in ("terragrunt", "terramate"):
    skipped(f"the commands of {name}: its shell is only read")
print(f"{tried} checks of the action and {len(PAGES)} recipes hold")
shutil.rmtree(BASE)
