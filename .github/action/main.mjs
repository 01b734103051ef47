// The action: runs `applygate check`, hands on what it says, and keeps one comment on the pull request up to date.
// The exit code of the program is the gate. A summary or a comment that cannot be written is a warning and changes no verdict.
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const env = process.env;
const input = (name) => (env[`INPUT_${name.toUpperCase()}`] ?? "").trim();
const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);
const escaped = (text) => String(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const warn = (text) => console.log(`::warning title=applygate::${escaped(text)}`);
const ENDINGS = { markdown: "md", sarif: "sarif", junit: "xml", human: "txt", github: "txt", azure: "txt", atlantis: "txt", html: "html" };
// These go to the log, where the runner reads them.
const TO_THE_LOG = new Set(["github"]);

/** Outputs are lines in a file, and a value may hold any text: its mark must not be in it. */
function output(name, value) {
  if (!env.GITHUB_OUTPUT) return;
  const mark = `applygate-${crypto.randomUUID()}`;
  appendFileSync(env.GITHUB_OUTPUT, `${name}<<${mark}\n${value}\n${mark}\n`);
}

function event() {
  try {
    return JSON.parse(readFileSync(env.GITHUB_EVENT_PATH, "utf8"));
  } catch {
    return {};
  }
}

/** In a pull request the policy of the base branch holds: a change must not weaken its own gate. */
function policyFrom(cwd) {
  const asked = input("policy-from");
  if (asked || !env.GITHUB_BASE_REF) return asked;
  const revision = `refs/remotes/origin/${env.GITHUB_BASE_REF}`;
  const git = (...words) => spawnSync("git", words, { cwd, stdio: "ignore" }).status === 0;
  if (!git("rev-parse", "--verify", "--quiet", `${revision}^{commit}`)) {
    // A checkout holds the merge alone. If this does not work either, the program refuses and says which revision is missing.
    git("fetch", "--quiet", "--depth=1", "origin", `+refs/heads/${env.GITHUB_BASE_REF}:${revision}`);
  }
  return revision;
}

function counts(report) {
  const changes = {}, findings = {};
  for (const plan of report?.plans ?? []) {
    for (const [kind, number] of Object.entries(plan.counts ?? {})) changes[kind] = (changes[kind] ?? 0) + number;
    for (const { severity } of plan.findings ?? []) findings[severity] = (findings[severity] ?? 0) + 1;
  }
  return { changes, findings };
}

async function graphql(query, variables) {
  const answer = await fetch(env.GITHUB_GRAPHQL_URL || "https://api.github.com/graphql", {
    method: "POST",
    headers: { authorization: `Bearer ${input("token")}`, "content-type": "application/json", "user-agent": "applygate" },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(30_000),
  });
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok || body.errors) throw new Error(body.errors?.[0]?.message ?? body.message ?? `status ${answer.status}`);
  return body.data;
}

/** Updates the comment that starts with the report's mark and that this token wrote, else adds one: anybody can write the mark into a comment. */
async function comment(text) {
  const mark = text.split("\n", 1)[0];
  if (!/^<!-- applygate:[0-9a-f]+ -->$/.test(mark)) throw new Error("the report has no mark");
  const number = event().pull_request?.number;
  const [owner, name] = (env.GITHUB_REPOSITORY ?? "").split("/");
  let after = null, subject, old;
  do {
    const data = await graphql(
      `query($owner: String!, $name: String!, $number: Int!, $after: String) { repository(owner: $owner, name: $name) { pullRequest(number: $number) {
        id comments(first: 100, after: $after) { nodes { id body viewerDidAuthor } pageInfo { hasNextPage endCursor } } } } }`,
      { owner, name, number, after });
    const found = data.repository.pullRequest;
    subject = found.id;
    old = found.comments.nodes.find((node) => node.viewerDidAuthor && node.body.split(/\r?\n/, 1)[0] === mark);
    after = found.comments.pageInfo.hasNextPage ? found.comments.pageInfo.endCursor : null;
  } while (!old && after);
  if (old) {
    await graphql("mutation($id: ID!, $body: String!) { updateIssueComment(input: { id: $id, body: $body }) { clientMutationId } }", { id: old.id, body: text });
  } else {
    await graphql("mutation($id: ID!, $body: String!) { addComment(input: { subjectId: $id, body: $body }) { clientMutationId } }", { id: subject, body: text });
  }
}

const cwd = resolve(env.GITHUB_WORKSPACE || ".", input("working-directory") || ".");
const dir = mkdtempSync(join(env.RUNNER_TEMP || tmpdir(), "applygate-"));
// The outputs and the comment are made of these two, whatever was asked for.
const formats = [...new Set(["markdown", "json", ...input("formats").split(/[\s,]+/).filter(Boolean)])].filter((format) => format !== "human");
const paths = {};
const words = ["check", "--format", "human", "--output", "-"];
for (const format of formats) {
  if (!TO_THE_LOG.has(format)) paths[format] = join(dir, `applygate-${format}.${ENDINGS[format] ?? "json"}`);
  words.push("--format", format, "--output", paths[format] ?? "-");
}
const revision = policyFrom(cwd);
if (revision) words.push(`--policy-from=${revision}`);
words.push(...lines(input("args")), "--", ...lines(input("plan")));
// The program gets no token: it needs none.
const { INPUT_TOKEN, ...rest } = env;
const ended = spawnSync(input("program") || "applygate", words, { cwd, env: rest, stdio: ["ignore", "inherit", "inherit"] });
if (ended.error) console.log(`::error title=applygate::${escaped(`${input("program") || "applygate"} cannot be run: ${ended.error.message}. Put it on the PATH before this step.`)}`);
// Ended by a signal, or not started: nothing was judged.
const code = ended.error ? 2 : (ended.status ?? 2);

const read = (format) => (existsSync(paths[format]) ? readFileSync(paths[format], "utf8") : undefined);
let report;
try {
  report = JSON.parse(read("json"));
} catch {
  report = undefined;
}
// The word and the exit code must agree: --exit-zero in `args` is a choice, anything else is no verdict.
const verdict = code === 0 || code === 1 ? (report?.verdict ?? "error") : "error";
const written = Object.fromEntries(Object.entries(paths).filter(([, path]) => existsSync(path)));
output("verdict", verdict);
output("exit-code", code);
output("counts", JSON.stringify(counts(report)));
output("reports", JSON.stringify(written));
for (const [format, path] of Object.entries(written)) output(format, path);

const markdown = read("markdown");
if (markdown) {
  try {
    if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, markdown);
  } catch (error) {
    warn(`the summary was not written: ${error.message}`);
  }
  if (input("comment") === "true" && event().pull_request) {
    try {
      await comment(markdown);
    } catch (error) {
      warn(`the comment was not written (${error.message}): the job needs pull-requests: write, and a pull request from a fork never has it`);
    }
  }
}
process.exitCode = verdict === "error" && code === 0 ? 2 : code;
