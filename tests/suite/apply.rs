//! The gate as a person meets it: the real prompt on a real pseudo-terminal, with a stand-in for Terraform that notes what it was given.
//! `tests/real` does the same with a real Terraform.
use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::common::root;

const PASS: &str = "fixtures/incident/3-routine-change/plan.tfplan";
const WARN: &str = "fixtures/partial-plan/fires-target/plan.tfplan";
const BLOCK: &str = "fixtures/incident/2-old-state-destroy/plan.tfplan";
const ADDRESS: &str = "aws_db_instance.courses";

/// Notes its words and the plan that it was given, and does what the file `behave` says.
const TERRAFORM: &str = r#"#!/bin/sh
case $1 in -chdir=*) echo "$PWD" > cwd; cd "${1#-chdir=}" || exit 1; shift ;; esac
case $1 in
  state) [ -e hang ] && { : > hanging; sleep 100; }; [ -e state.json ] && cat state.json; exit ;;
  plan) echo "$*" >> calls; out=${2#-out=}; cp made.tfplan "$out"; echo "planned"; exit ;;
esac
echo "$*" >> calls
for plan; do :; done
cp "$plan" applied; stat -L -c %a "$plan" > mode 2>/dev/null || stat -L -f %Lp "$plan" > mode
echo "$plan" > path
[ -e behave ] && . ./behave
echo "Apply complete!"
"#;

/// Waits for `finish` and notes the signals that come.
const SLOW: &str = r"
trap 'echo INT >> signals' INT; trap 'echo TERM >> signals' TERM; trap 'echo HUP >> signals' HUP
: > started
while [ ! -e finish ]; do sleep 0.05; done
";

pub(super) struct Dir(tempfile::TempDir);

impl Dir {
    pub(super) fn new(plan: &str) -> Self {
        let dir = Self::bare();
        dir.program("bin/terraform", TERRAFORM);
        dir.put(plan);
        dir
    }

    /// Without a plan and a program.
    pub(super) fn bare() -> Self {
        not_ignored();
        let dir = Self(tempfile::tempdir().expect("a directory"));
        for made in ["bin", "tmp"] {
            fs::create_dir(dir.path(made)).expect("made");
        }
        dir
    }

    /// A plan in the directory that it is of: with files of the names that its root module has.
    fn put(&self, plan: &str) {
        for name in members(&fs::read(root().join(plan)).expect("a plan")) {
            if let Some(name) = name.strip_prefix("tfconfig/m-/") {
                fs::write(self.path(name), "").expect("written");
            }
        }
        fs::copy(root().join(plan), self.path("tfplan")).expect("a plan");
    }

    /// Moves the plan and what it was made of.
    fn move_to(&self, to: &str) {
        for entry in fs::read_dir(self.0.path()).expect("a directory") {
            let name = entry.expect("an entry").file_name();
            if name == "tfplan" || name.to_string_lossy().ends_with(".tf") {
                fs::rename(self.0.path().join(&name), self.path(to).join(&name)).expect("moved");
            }
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn program(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).expect("set");
    }

    pub(super) fn behave(&self, text: &str) {
        fs::write(self.path("behave"), text).expect("written");
    }

    pub(super) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    fn set(&self, command: &mut Command, args: &[&str]) {
        command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", self.search())
            .env("TMPDIR", self.path("tmp"))
            .env("TERM", "dumb");
    }

    fn search(&self) -> String {
        format!("{}:/usr/bin:/bin", self.path("bin").display())
    }

    /// At a terminal of its own.
    pub(super) fn screen(&self, args: &[&str]) -> Screen {
        self.screen_with(args, &[])
    }

    fn screen_with(&self, args: &[&str], more: &[(&str, &str)]) -> Screen {
        let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        pty.resize(pty_process::Size::new(50, 80)).expect("resized");
        let mut command =
            pty_process::blocking::Command::new(assert_cmd::cargo::cargo_bin("applygate"));
        command = command
            .args(args)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", self.search())
            .env("TMPDIR", self.path("tmp"))
            .env("TERM", "dumb");
        for (name, value) in more {
            command = command.env(name, value);
        }
        let child = command.spawn(pts).expect("it starts");
        Screen::new(pty, child)
    }

    /// Without a terminal: in a session of its own.
    pub(super) fn alone(&self, args: &[&str]) -> Command {
        let mut command = Command::new("setsid");
        command
            .arg("--wait")
            .arg(assert_cmd::cargo::cargo_bin("applygate"));
        self.set(&mut command, args);
        command.stdin(Stdio::null());
        command
    }

    pub(super) fn output(&self, args: &[&str]) -> Output {
        self.alone(args).output().expect("setsid is there")
    }

    /// That nothing was run, and nothing is left behind.
    #[track_caller]
    pub(super) fn untouched(&self) {
        assert!(
            !self.path("applied").exists(),
            "terraform was run: {}",
            self.read("calls")
        );
        self.clean();
    }

    #[track_caller]
    fn applied(&self, plan: &str) {
        assert_eq!(
            fs::read(self.path("applied")).expect("terraform was run"),
            fs::read(root().join(plan)).expect("a plan"),
            "exactly the bytes that were judged"
        );
        self.clean();
    }

    #[track_caller]
    pub(super) fn clean(&self) {
        let left: Vec<_> = fs::read_dir(self.path("tmp"))
            .expect("a directory")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        assert_eq!(left, Vec::<PathBuf>::new(), "a private copy is left behind");
    }
}

/// The names in the central directory of an archive.
fn members(archive: &[u8]) -> Vec<String> {
    let entries = archive.windows(46).enumerate();
    entries
        .filter(|(_, head)| head.starts_with(b"PK\x01\x02"))
        .map(|(at, head)| {
            let length = usize::from(u16::from_le_bytes([head[28], head[29]]));
            String::from_utf8_lossy(&archive[at + 46..at + 46 + length]).into_owned()
        })
        .collect()
}

pub(super) struct Screen {
    pty: Arc<pty_process::blocking::Pty>,
    child: Child,
    seen: Arc<Mutex<String>>,
    reader: Option<std::thread::JoinHandle<()>>,
}

impl Screen {
    fn new(pty: pty_process::blocking::Pty, child: Child) -> Self {
        let (pty, seen) = (Arc::new(pty), Arc::new(Mutex::new(String::new())));
        let (from, to) = (Arc::clone(&pty), Arc::clone(&seen));
        let reader = Some(std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read) = (&*from).read(&mut bytes) {
                if read == 0 {
                    break;
                }
                to.lock()
                    .expect("a lock")
                    .push_str(&String::from_utf8_lossy(&bytes[..read]));
            }
        }));
        Self {
            pty,
            child,
            seen,
            reader,
        }
    }

    pub(super) fn text(&self) -> String {
        self.seen.lock().expect("a lock").replace("\r\n", "\n")
    }

    #[track_caller]
    fn until(&self, text: &str) {
        until(
            || self.text().contains(text),
            || format!("{text:?} in:\n{}", self.text()),
        );
    }

    fn send(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).expect("typed");
    }

    /// Types an answer at the prompt number `asked`.
    #[track_caller]
    pub(super) fn answer(&self, asked: usize, text: &str) {
        until(
            || self.text().matches("Enter a value: ").count() == asked,
            || format!("prompt {asked} in:\n{}", self.text()),
        );
        self.send(text);
    }

    #[track_caller]
    pub(super) fn end(&mut self) -> i32 {
        let mut status = None;
        until(
            || {
                status = self.child.try_wait().expect("a child");
                status.is_some()
            },
            || "the end".to_owned(),
        );
        // What it said last is read when nobody has the terminal open any more.
        self.reader
            .take()
            .expect("it ends once")
            .join()
            .expect("read");
        status.expect("it ended").code().expect("not by a signal")
    }
}

/// What these tests were started to ignore (`nohup`, `&` in a script), the gate would ignore too. A signal that is caught comes to a child as it is by default.
fn not_ignored() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let status = fs::read_to_string("/proc/self/status").expect("Linux tells it");
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = u64::from_str_radix(mask.expect("a mask").trim(), 16).expect("a number");
        use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            if mask & (1 << (signal - 1)) != 0 {
                signal_hook::flag::register(signal, Arc::default()).expect("caught");
            }
        }
    });
}

#[track_caller]
fn until(mut done: impl FnMut() -> bool, what: impl Fn() -> String) {
    let start = Instant::now();
    while !done() {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited in vain for {}",
            what()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn signal(name: &str, to: &str) {
    assert!(
        Command::new("kill")
            .args(["-s", name, "--", to])
            .status()
            .expect("kill is there")
            .success()
    );
}

fn log(path: &Path) -> Vec<serde_json::Value> {
    fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line of JSON"))
        .collect()
}

#[test]
fn yes_applies_exactly_what_was_judged() {
    let dir = Dir::new(PASS);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    dir.applied(PASS);
    let path = dir.read("path");
    assert!(
        path.starts_with("/proc/") && !path.contains("self"),
        "{path}"
    );
    assert_eq!(dir.read("calls"), format!("apply {path}"));
    assert!(
        screen
            .text()
            .contains("Only 'yes' will be accepted to approve.")
            && screen.text().contains("Apply complete!")
    );
}

#[test]
fn whatever_is_not_yes_declines() {
    for answer in [
        "no\n",
        "y\n",
        "YES\n",
        "\n",
        "yes please\n",
        "\u{4}",
        "\u{3}",
        "\u{1c}",
        &format!("{}\n", "y".repeat(3000)),
    ] {
        let dir = Dir::new(PASS);
        let mut screen = dir.screen(&["apply", "tfplan"]);
        screen.answer(1, answer);
        assert_eq!(screen.end(), 1, "{answer:?}: {}", screen.text());
        assert!(screen.text().contains("nothing was run"));
        dir.untouched();
    }
}

#[test]
fn what_is_lost_for_good_is_typed() {
    let dir = Dir::new(BLOCK);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    screen.answer(2, "aws_db_instance.course\n");
    screen.answer(3, &format!("{ADDRESS}\n"));
    assert_eq!(screen.end(), 0, "{}", screen.text());
    dir.applied(BLOCK);
    assert!(screen.text().contains("'yes' is not enough"));
}

/// The docs show the question as it is asked: only the program's path and the line breaks that come of it may differ.
#[test]
fn the_docs_show_this_question() {
    let dir = Dir::new(BLOCK);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    screen.answer(2, "\u{4}");
    assert_eq!(screen.end(), 1);
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let text = words(&screen.text()).replace(
        &dir.path("bin/terraform").display().to_string(),
        "/usr/local/bin/terraform",
    );
    let here = dir.path("").canonicalize().expect("its path");
    let text = text.replace(
        &here.join("terraform.tfstate").display().to_string(),
        "/srv/courses/terraform.tfstate",
    );
    let start = text.find("This plan is blocked").expect("a question");
    let end = text.rfind("Enter a value:").expect("a prompt") + "Enter a value:".len();
    let docs = crate::docs::all();
    let (_, shown) = docs
        .split_once("<!-- prompt -->\n```text\n")
        .expect("a block");
    let (shown, _) = shown.split_once("```").expect("its end");
    assert_eq!(words(shown), text[start..end]);
    assert!(shown.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn three_tries_and_no_more() {
    let dir = Dir::new(BLOCK);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    for asked in 1..=3 {
        screen.answer(asked, "yes\n");
    }
    assert_eq!(screen.end(), 1);
    assert!(
        screen
            .text()
            .contains("three wrong answers; nothing was run")
    );
    dir.untouched();
    for answer in ["\n", "\u{4}", "\u{3}"] {
        let dir = Dir::new(BLOCK);
        let mut screen = dir.screen(&["apply", "tfplan"]);
        screen.answer(1, answer);
        assert_eq!(screen.end(), 1, "{answer:?} declines at once");
        dir.untouched();
    }
}

/// A pipe that nobody writes to: there is nothing to protect yet.
#[test]
fn reading_can_be_interrupted() {
    let dir = Dir::new(PASS);
    assert!(
        Command::new("mkfifo")
            .arg(dir.path("pipe"))
            .status()
            .expect("mkfifo is there")
            .success()
    );
    for named in ["pipe", "-"] {
        let mut screen = dir.screen(&["apply", named]);
        std::thread::sleep(Duration::from_millis(500));
        screen.send("\u{3}");
        let mut status = None;
        until(
            || {
                status = screen.child.try_wait().expect("a child");
                status.is_some()
            },
            || "the end".to_owned(),
        );
        assert!(!status.expect("it ended").success());
        dir.untouched();
    }
}

#[test]
fn a_workspace_that_is_selected_at_the_question() {
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path(".terraform")).expect("made");
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.until("Enter a value: ");
    fs::write(dir.path(".terraform/environment"), "other").expect("selected");
    screen.send("yes\n");
    assert_eq!(screen.end(), 2, "{}", screen.text());
    assert!(
        screen
            .text()
            .contains("the plan is for workspace default, but other is selected here")
    );
    dir.untouched();
}

/// A paste of several lines, or an impatient hand.
#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let dir = Dir::new(PASS);
    let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
    let script = format!(
        "while [ ! -e typed ]; do sleep 0.05; done; exec {} apply tfplan",
        assert_cmd::cargo::cargo_bin("applygate").display()
    );
    let command = pty_process::blocking::Command::new("/bin/sh")
        .args(["-c", &script])
        .current_dir(dir.0.path())
        .env_clear();
    let command = command
        .env("PATH", dir.search())
        .env("TMPDIR", dir.path("tmp"));
    let mut screen = Screen::new(pty, command.spawn(pts).expect("it starts"));
    screen.send("yes\n");
    screen.until("yes");
    fs::write(dir.path("typed"), "").expect("written");
    screen.answer(1, "no\n");
    assert_eq!(screen.end(), 1, "{}", screen.text());
    dir.untouched();
}

/// A terminal that is closed at the question declines, and the record says so.
#[test]
fn a_terminal_that_is_closed_at_the_question() {
    let dir = Dir::new(PASS);
    let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
    let command = pty_process::blocking::Command::new(assert_cmd::cargo::cargo_bin("applygate"))
        .args(["apply", "--log", "log", "tfplan"]);
    let command = command
        .current_dir(dir.0.path())
        .env_clear()
        .env("PATH", dir.search())
        .env("TMPDIR", dir.path("tmp"));
    let mut child = command.spawn(pts).expect("it starts");
    let (mut seen, mut bytes) = (String::new(), [0; 4096]);
    while !seen.contains("Enter a value: ") {
        let read = (&pty).read(&mut bytes).expect("read");
        seen.push_str(&String::from_utf8_lossy(&bytes[..read]));
    }
    drop(pty);
    assert_eq!(child.wait().expect("it ends").code(), Some(1));
    let recorded = log(&dir.path("log"));
    assert_eq!((recorded.len(), &recorded[0]["run"]), (1, &false.into()));
    dir.untouched();
}

#[test]
fn a_file_that_changes_after_it_was_judged() {
    let dir = Dir::new(PASS);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.until("Enter a value: ");
    fs::copy(root().join(BLOCK), dir.path("tfplan")).expect("swapped");
    screen.send("yes\n");
    assert_eq!(screen.end(), 0);
    dir.applied(PASS);
}

/// Standard input and output are no terminal, and the question still comes and is answered there.
#[test]
fn the_report_can_be_piped() {
    let dir = Dir::new(BLOCK);
    let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
    let script = format!(
        "{} apply tfplan < /dev/null > report",
        assert_cmd::cargo::cargo_bin("applygate").display()
    );
    let command = pty_process::blocking::Command::new("/bin/sh")
        .args(["-c", &script])
        .current_dir(dir.0.path())
        .env_clear();
    let command = command
        .env("PATH", dir.search())
        .env("TMPDIR", dir.path("tmp"));
    let mut screen = Screen::new(pty, command.spawn(pts).expect("it starts"));
    screen.answer(1, &format!("{ADDRESS}\n"));
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(
        dir.read("report").starts_with("BLOCK") && dir.read("report").contains("Apply complete!")
    );
    assert!(
        screen.text().contains("4 critical"),
        "who answers sees what it comes to"
    );
    dir.applied(BLOCK);
}

#[test]
fn without_a_terminal_nothing_is_asked() {
    for (plan, args, code) in [
        (PASS, &[][..], 1),
        (PASS, &["--yes"], 0),
        (PASS, &["--yes=warn"], 0),
        (WARN, &[], 1),
        (WARN, &["--yes"], 1),
        (WARN, &["--yes=warn"], 0),
        (WARN, &["--yes", "--block-at", "medium"], 1),
        (WARN, &["--yes=warn", "--block-at", "medium"], 1),
        (BLOCK, &[], 1),
        (BLOCK, &["--yes"], 1),
        (BLOCK, &["--yes=warn"], 1),
        (BLOCK, &["--yes=block"], 2),
        (PASS, &["--yes", "warn"], 2),
    ] {
        let dir = Dir::new(plan);
        let output = dir.output(&[&["apply", "tfplan"], args].concat());
        assert_eq!(
            output.status.code(),
            Some(code),
            "{plan} {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        if code == 0 {
            dir.applied(plan);
            assert!(dir.read("calls").contains("-input=false"));
        } else {
            dir.untouched();
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(
                args.contains(&"--yes=block")
                    || args.contains(&"warn")
                    || told.contains("nothing was run"),
                "{told}"
            );
        }
    }
}

/// Work that nobody read is not applied by a flag that was typed before.
#[test]
fn unknown_work_needs_a_person() {
    let dir = Dir::new(PASS);
    let plan = crate::forge::plan(&[
        crate::forge::number(25, 1),
        crate::forge::number(26, 1),
        crate::forge::field(77, b"purge"),
    ]);
    fs::write(dir.path("tfplan"), crate::forge::saved(&plan)).expect("written");
    for yes in ["--yes", "--yes=warn"] {
        let output = dir.output(&["apply", yes, "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("unknown work"), "{told}");
        dir.untouched();
    }
    let output = dir.output(&["apply", "--yes", "--allow", "work-unknown@*", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// `--yes` asks nobody, also where somebody could be asked.
#[test]
fn yes_at_a_terminal_asks_nobody() {
    let dir = Dir::new(BLOCK);
    let mut screen = dir.screen(&["apply", "--yes=warn", "tfplan"]);
    assert_eq!(screen.end(), 1);
    assert!(!screen.text().contains("Enter a value"));
    assert!(
        screen.text().contains("--allow"),
        "what can be typed next: {}",
        screen.text()
    );
    dir.untouched();
}

#[test]
fn only_a_saved_plan_that_can_be_judged() {
    for (plan, says) in [
        (
            "fixtures/incident/3-routine-change/plan.json",
            "can only apply the file that terraform plan -out writes",
        ),
        ("fixtures/odd/truncated.json", "is not a saved plan file"),
        ("Cargo.toml", "is not a saved plan file"),
    ] {
        let dir = Dir::new(plan);
        let output = dir.output(&["apply", "--yes", "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (
                output.status.code(),
                told.contains(says),
                told.contains("nothing was run")
            ),
            (Some(2), true, true),
            "{plan}: {told}"
        );
        dir.untouched();
    }
    let dir = Dir::new(PASS);
    let bytes = fs::read(dir.path("tfplan")).expect("a plan");
    for (name, bytes) in [("cut", &bytes[..bytes.len() / 2]), ("empty", &[][..])] {
        fs::write(dir.path(name), bytes).expect("written");
        assert_eq!(
            dir.output(&["apply", "--yes", name]).status.code(),
            Some(2),
            "{name}"
        );
    }
    assert_eq!(
        dir.output(&["apply", "--yes", "missing"]).status.code(),
        Some(2)
    );
    assert_eq!(dir.output(&["apply", "--yes", "."]).status.code(), Some(2));
    dir.untouched();
}

#[test]
fn nothing_slips_past() {
    let dir = Dir::new(PASS);
    for word in [
        "-state=x",
        "-state-out=x",
        "-backup=x",
        "-lock=false",
        "-auto-approve",
        "-target=a.b",
        "other",
        "-var=a=b",
    ] {
        for words in [&["tfplan", "--", word][..], &[word, "tfplan"]] {
            let output = dir.output(&[&["apply", "--yes"], words].concat());
            assert_eq!(output.status.code(), Some(2), "{word}");
            dir.untouched();
        }
    }
    for (name, value, code) in [
        ("TF_CLI_ARGS", "-lock=false", 2),
        ("TF_CLI_ARGS_apply", "-state-out=x", 2),
        ("TF_CLI_ARGS_state", "x", 2),
        ("TF_WORKSPACE", "other", 2),
    ] {
        let output = dir
            .alone(&["apply", "--yes", "tfplan"])
            .env(name, value)
            .output()
            .expect("it runs");
        assert_eq!(output.status.code(), Some(code), "{name}");
        dir.untouched();
    }
    // What is no text is not taken for nothing.
    let odd: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff");
    assert_eq!(
        dir.alone(&["apply", "--yes", "tfplan"])
            .env("TF_WORKSPACE", odd)
            .output()
            .expect("it runs")
            .status
            .code(),
        Some(2)
    );
    fs::create_dir_all(dir.path(".terraform/environment")).expect("made");
    assert_eq!(
        dir.output(&["apply", "--yes", "tfplan"]).status.code(),
        Some(2)
    );
    fs::remove_dir(dir.path(".terraform/environment")).expect("removed");
    fs::write(dir.path(".terraform/environment"), b"\xff").expect("written");
    assert_eq!(
        dir.output(&["apply", "--yes", "tfplan"]).status.code(),
        Some(2)
    );
    dir.untouched();
    fs::write(dir.path(".terraform/environment"), "other").expect("written");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("the plan is for workspace default, but other is selected here")
    );
    dir.untouched();
    let output = dir
        .alone(&["apply", "--yes"])
        .env("TF_CLI_ARGS_plan", "-var-file=x")
        .output()
        .expect("it runs");
    assert_eq!(
        output.status.code(),
        Some(2),
        "that plan is still to be made"
    );
    dir.untouched();
    let output = dir
        .alone(&[
            "apply",
            "--yes",
            "tfplan",
            "--",
            "-no-color",
            "-parallelism=4",
        ])
        .env("TF_WORKSPACE", "default")
        .env("TF_CLI_ARGS", "-no-color -lock-timeout=5m")
        .env("TF_CLI_ARGS_plan", "-var-file=prod.tfvars -lock=false")
        .env("TF_CLI_ARGS_init", "-backend-config=prod.conf")
        .env("TERRAFORM_CONFIG", "rc")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        shown.contains("set       TERRAFORM_CONFIG\nset       TF_WORKSPACE=default\n"),
        "{shown}"
    );
    assert!(
        dir.read("calls")
            .starts_with("apply -no-color -parallelism=4 -input=false /")
    );
    dir.applied(PASS);
}

/// The apply takes the value of an ephemeral variable from the environment: one that nobody judged is refused, the rest is named.
#[test]
fn values_of_ephemeral_variables() {
    let dir = Dir::new(PASS);
    let plan = crate::forge::plan(&[
        crate::forge::change("aws_sns_topic.x", 1, &[&[0x80]]),
        crate::forge::field(28, b"r"),
        crate::forge::number(25, 1),
        crate::forge::number(26, 1),
    ]);
    fs::write(dir.path("tfplan"), crate::forge::saved(&plan)).expect("written");
    let run = |name: &str| {
        dir.alone(&["apply", "--yes", "tfplan"])
            .env(name, "us-east-1")
            .env("TERRAFORM_CONFIG", "/x.rc")
            .output()
            .expect("it runs")
    };
    let refused = run("TF_VAR_r");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(
        said.contains("TF_VAR_r is set") && !said.contains("us-east-1"),
        "{said}"
    );
    dir.untouched();
    // A file that Terraform reads by itself gives it anew as well.
    fs::write(dir.path("terraform.tfvars"), "r = \"us-east-1\"\n").expect("written");
    fs::write(dir.path("x.auto.tfvars"), "other = 1\n").expect("written");
    let other = run("TF_VAR_other");
    let said = String::from_utf8_lossy(&other.stdout).into_owned();
    assert_eq!(other.status.code(), Some(0), "{said}");
    assert!(
        said.contains("TF_VAR_other") && !said.contains("us-east-1"),
        "{said}"
    );
    assert!(said.contains("TERRAFORM_CONFIG"), "{said}");
    assert!(
        said.contains("r is set again by terraform.tfvars") && !said.contains("x.auto.tfvars"),
        "{said}"
    );
}

#[test]
fn terraform_that_is_missing_fails_or_is_killed() {
    let dir = Dir::new(PASS);
    let alone = |path: &str| {
        dir.alone(&["apply", "--yes", "tfplan"])
            .env("PATH", path)
            .output()
    };
    fs::create_dir(dir.path("empty")).expect("made");
    // setsid itself is found before the search path is set to this.
    let empty = format!("{}:.:bin:", dir.path("empty").display());
    dir.program("terraform", "#!/bin/sh\n: > applied\n");
    if let Ok(output) = Command::new(assert_cmd::cargo::cargo_bin("applygate"))
        .args(["apply", "--yes", "tfplan"])
        .current_dir(dir.0.path())
        .env_clear()
        .env("PATH", &empty)
        .env("TMPDIR", dir.path("tmp"))
        .output()
    {
        assert_eq!(
            output.status.code(),
            Some(2),
            "neither relative entries of the PATH nor the directory itself are looked into"
        );
    }
    dir.untouched();
    for (behave, code, says) in [
        ("exit 1", 3, "terraform ended with exit code 1"),
        ("kill -9 $$", 3, "terraform was ended by signal 9"),
        ("exit 2", 3, "terraform ended with exit code 2"),
    ] {
        dir.behave(behave);
        let output = alone(&dir.search()).expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (
                output.status.code(),
                told.lines().last().is_some_and(|last| last.contains(says))
            ),
            (Some(code), true),
            "{behave}: {told}"
        );
        dir.clean();
    }
    dir.program("bin/terraform", "no program at all \u{0}");
    for name in ["applied", "behave"] {
        fs::remove_file(dir.path(name)).expect("removed");
    }
    let output = dir.output(&["apply", "--yes", "--log", "log", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(log(&dir.path("log"))[1]["started"], false);
    dir.untouched();
    for named in ["./nowhere", "nowhere", "/"] {
        assert_eq!(
            dir.output(&["apply", "--yes", "--terraform", named, "tfplan"])
                .status
                .code(),
            Some(2),
            "{named}"
        );
    }
    let output = dir
        .alone(&["apply", "--yes", "tfplan"])
        .env("APPLYGATE_TERRAFORM", "./nowhere")
        .output()
        .expect("it runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        told.starts_with("error: APPLYGATE_TERRAFORM: there is no file ./nowhere"),
        "what was never typed is not blamed: {told}"
    );
    dir.program(
        "wrapper",
        &format!(
            "#!/bin/sh\nexec {} \"$@\" --yes --terraform ./wrapper\n",
            assert_cmd::cargo::cargo_bin("applygate").display()
        ),
    );
    let output = dir
        .alone(&["apply", "--yes", "tfplan"])
        .env("APPLYGATE_TERRAFORM", "./wrapper")
        .output()
        .expect("it runs");
    assert_eq!(
        output.status.code(),
        Some(2),
        "a wrapper that calls the gate again"
    );
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("is a wrapper here that calls applygate again")
    );
    dir.untouched();
    dir.program("mine", TERRAFORM);
    assert_eq!(
        dir.output(&["apply", "--yes", "--terraform", "./mine", "tfplan"])
            .status
            .code(),
        Some(0)
    );
    dir.applied(PASS);
}

/// Version managers put a link to themselves in the place of Terraform, and tell by its name what to run.
#[test]
fn a_link_keeps_its_name() {
    let dir = Dir::new(PASS);
    dir.program(
        "bin/manager",
        "#!/bin/sh\ncase $0 in */terraform) . \"${0%/*}/real\" ;; *) exit 9 ;; esac\n",
    );
    fs::rename(dir.path("bin/terraform"), dir.path("bin/real")).expect("renamed");
    std::os::unix::fs::symlink("manager", dir.path("bin/terraform")).expect("linked");
    for named in ["terraform", "bin/terraform"] {
        assert_eq!(
            dir.output(&["apply", "--yes", "--terraform", named, "tfplan"])
                .status
                .code(),
            Some(0),
            "{named}"
        );
        dir.applied(PASS);
    }
}

#[test]
fn ctrl_c_reaches_terraform_once_and_the_gate_waits() {
    let dir = Dir::new(PASS);
    dir.behave(SLOW);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    until(|| dir.path("started").exists(), || "the start".to_owned());
    screen.send("\u{3}");
    screen.until("a second Ctrl-C aborts");
    std::thread::sleep(Duration::from_millis(200));
    assert!(
        screen.child.try_wait().expect("a child").is_none(),
        "the gate outlives Terraform"
    );
    fs::write(dir.path("finish"), "").expect("written");
    assert_eq!(screen.end(), 0);
    assert_eq!(dir.read("signals"), "INT\n");
    dir.applied(PASS);
}

/// What a runner sends to the whole group reaches Terraform once: a second one would make it abort.
#[test]
fn a_stop_is_handed_on_once() {
    for (before, name, group, expected) in [
        ("", "TERM", false, "TERM\n"),
        ("", "TERM", true, "TERM\n"),
        // Terraform does not catch a hang-up, and would die of it with the state locked: it is asked to stop instead.
        ("", "HUP", false, "TERM\n"),
        ("", "HUP", true, "TERM\n"),
        ("", "INT", true, ""),
        // As nohup starts it: what was to be ignored stays so, for Terraform as well.
        ("trap '' HUP;", "HUP", true, ""),
    ] {
        let dir = Dir::new(PASS);
        dir.behave(SLOW);
        let errors = fs::File::create(dir.path("errors")).expect("made");
        let script = format!(
            "{before} echo $$ > pid; exec {} apply --yes tfplan",
            assert_cmd::cargo::cargo_bin("applygate").display()
        );
        let mut command = Command::new("setsid");
        command.args(["--wait", "/bin/sh", "-c"]);
        dir.set(&mut command, &[&script]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .expect("it starts");
        until(
            || dir.path("started").exists(),
            || format!("the start: {}", dir.read("errors")),
        );
        let pid = dir.read("pid").trim().to_owned();
        signal(name, &if group { format!("-{pid}") } else { pid });
        if before.is_empty() {
            until(
                || dir.read("errors").contains("applygate: "),
                || "a word about it".to_owned(),
            );
        }
        if !expected.is_empty() {
            until(|| dir.path("signals").exists(), || "the signal".to_owned());
        }
        std::thread::sleep(Duration::from_millis(200));
        assert!(child.try_wait().expect("a child").is_none());
        fs::write(dir.path("finish"), "").expect("written");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
        assert_eq!(dir.read("signals"), expected, "{name}, group: {group}");
        dir.applied(PASS);
    }
}

/// `timeout` tells the process and then its group, and a service manager sends SIGHUP after SIGTERM: for Terraform that is one stop.
#[test]
fn stops_that_come_together_are_one() {
    let dir = Dir::new(PASS);
    dir.behave(SLOW);
    let script = format!(
        "echo $$ > pid; exec {} apply --yes tfplan",
        assert_cmd::cargo::cargo_bin("applygate").display()
    );
    let mut command = Command::new("setsid");
    command.args(["--wait", "/bin/sh", "-c"]);
    dir.set(&mut command, &[&script]);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    until(|| dir.path("started").exists(), || "the start".to_owned());
    let gate = dir.read("pid").trim().to_owned();
    signal("TERM", &gate);
    until(|| dir.path("signals").exists(), || "the signal".to_owned());
    for name in ["TERM", "HUP", "TERM"] {
        signal(name, &gate);
        std::thread::sleep(Duration::from_millis(100));
    }
    fs::write(dir.path("finish"), "").expect("written");
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(dir.read("signals"), "TERM\n");
}

/// In the foreground Ctrl-C has to reach Terraform; under `timeout`, which has a group of its own, a stop for the group may not reach it twice.
#[test]
fn in_the_group_of_the_terminal_only_in_front_of_it() {
    for (before, same) in [("", true), ("timeout 60 ", false)] {
        let dir = Dir::new(PASS);
        dir.behave("ps -o pgid= -p $$ > group; ps -o pgid= -p $PPID > group-of-gate");
        let (pty, pts) = pty_process::blocking::open().expect("a pseudo-terminal");
        let script = format!(
            "{before}{} apply --yes tfplan; exit $?",
            assert_cmd::cargo::cargo_bin("applygate").display()
        );
        let command = pty_process::blocking::Command::new("/bin/sh")
            .args(["-c", &script])
            .current_dir(dir.0.path())
            .env_clear();
        let command = command
            .env("PATH", dir.search())
            .env("TMPDIR", dir.path("tmp"));
        let mut screen = Screen::new(pty, command.spawn(pts).expect("it starts"));
        assert_eq!(screen.end(), 0, "{}", screen.text());
        assert!(!dir.read("group").trim().is_empty());
        assert_eq!(
            dir.read("group").trim() == dir.read("group-of-gate").trim(),
            same,
            "{before}"
        );
    }
}

/// A terminal that is closed hangs up everything in front of it, Terraform too: it goes on, and is asked to stop.
#[test]
fn a_terminal_that_is_closed_during_an_apply() {
    let dir = Dir::new(PASS);
    dir.behave("grep SigIgn /proc/$$/status > ignored\ntrap 'echo TERM >> signals' TERM; : > started\nwhile [ ! -e finish ]; do sleep 0.05; done\n");
    let mut screen = dir.screen(&["apply", "--log", "log", "tfplan"]);
    screen.answer(1, "yes\n");
    until(|| dir.path("started").exists(), || "the start".to_owned());
    let pid = screen.child.id().to_string();
    // What the kernel does with everything in the foreground.
    signal("HUP", &format!("-{pid}"));
    until(|| dir.path("signals").exists(), || "the signal".to_owned());
    fs::write(dir.path("finish"), "").expect("written");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert_eq!(dir.read("signals"), "TERM\n");
    let ignored = dir.read("ignored");
    let mask = u64::from_str_radix(ignored.trim().rsplit('\t').next().expect("a mask"), 16)
        .expect("a number");
    assert_eq!(mask & 1, 1, "a hang-up: {ignored}");
    assert_eq!(log(&dir.path("log"))[1]["exit_code"], 0);
}

/// Whoever starts the gate may have left SIGCHLD blocked, and nothing tells it then that Terraform has ended.
#[test]
fn an_end_that_no_signal_tells_of() {
    let dir = Dir::new(PASS);
    let Ok(true) = Command::new("python3")
        .arg("--version")
        .output()
        .map(|output| output.status.success())
    else {
        println!("skipped: there is no python3 here");
        return;
    };
    let script = "import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD]); os.execv(sys.argv[1], sys.argv[1:])";
    let mut command = Command::new("timeout");
    command
        .args([
            "-s", "KILL", "60", "setsid", "--wait", "python3", "-c", script,
        ])
        .arg(assert_cmd::cargo::cargo_bin("applygate"));
    dir.set(&mut command, &["apply", "--yes", "tfplan"]);
    command.env(
        "PATH",
        format!(
            "{}:{}",
            dir.search(),
            std::env::var("PATH").expect("a path")
        ),
    );
    let output = command.stdin(Stdio::null()).output().expect("it runs");
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    dir.applied(PASS);
}

#[test]
fn every_run_is_on_record() {
    let dir = Dir::new(BLOCK);
    let path = dir.path("log");
    let mut screen = dir.screen(&["apply", "--log", "log", "tfplan"]);
    screen.answer(1, "sekrit-word-typed\n");
    screen.answer(2, &format!("{ADDRESS}\n"));
    assert_eq!(screen.end(), 0);
    dir.behave("exit 7");
    let mut screen = dir.screen_with(&["apply", "tfplan"], &[("APPLYGATE_LOG", "log")]);
    screen.answer(1, &format!("{ADDRESS}\n"));
    assert_eq!(screen.end(), 3);
    assert_eq!(
        dir.output(&["apply", "--log", "log", "tfplan"])
            .status
            .code(),
        Some(1)
    );
    let lines = log(&path);
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            (
                line["event"].as_str().unwrap_or(""),
                line["run"].as_bool(),
                line["exit_code"].as_i64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("decision", Some(true), None),
            ("result", None, Some(0)),
            ("decision", Some(true), None),
            ("result", None, Some(7)),
            ("decision", Some(false), None)
        ]
    );
    assert_eq!(lines[0]["id"], lines[1]["id"]);
    assert_ne!(lines[0]["id"], lines[2]["id"]);
    assert_eq!(
        (
            &lines[0]["question"],
            &lines[0]["answered"],
            &lines[0]["verdict"]
        ),
        (&"address".into(), &true.into(), &"block".into())
    );
    assert_eq!(
        (&lines[4]["question"], &lines[4]["answered"]),
        (&serde_json::Value::Null, &false.into())
    );
    assert_eq!(lines[0]["sha256"], lines[1]["sha256"]);
    for key in [
        "time",
        "host",
        "directory",
        "terraform",
        "state",
        "findings",
    ] {
        assert!(!lines[0][key].is_null(), "{key}");
    }
    let text = fs::read_to_string(&path).expect("a log");
    assert!(!text.contains("sekrit"), "what was typed is not kept");
}

#[test]
fn without_its_record_nothing_is_run() {
    let dir = Dir::new(PASS);
    for log in ["no/such/dir/log", ".", "/dev/full"] {
        if log == "/dev/full" && !Path::new(log).exists() {
            println!("skipped: there is no /dev/full here");
            continue;
        }
        let output = dir.output(&["apply", "--yes", "--log", log, "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{log}: {told}");
        assert!(
            log == "/dev/full" || told.contains(&format!("the log {log} cannot be written: ")),
            "{told}"
        );
        dir.untouched();
    }
}

/// A change may bring a link in the place of the log, to a file that a shell reads.
#[test]
fn the_log_is_no_link_and_a_file() {
    let dir = Dir::new(PASS);
    fs::write(dir.path("startup"), "# mine\n").expect("written");
    for (name, target) in [("link", "startup"), ("dangling", "none")] {
        std::os::unix::fs::symlink(target, dir.path(name)).expect("linked");
    }
    let fifo = Command::new("mkfifo").arg(dir.path("fifo")).status();
    assert!(fifo.is_ok_and(|status| status.success()), "mkfifo is there");
    for (log, why) in [
        ("link", "it is a link, which is not followed"),
        ("dangling", "it is a link, which is not followed"),
        ("/dev/null", "it is no regular file"),
        ("fifo", ""),
    ] {
        let output = dir.output(&["apply", "--yes", "--log", log, "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{log}: {told}");
        let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            words.contains(&format!("the log {log} cannot be written: {why}")),
            "{told}"
        );
        dir.untouched();
    }
    assert_eq!(dir.read("startup"), "# mine\n");
    assert!(!dir.path("none").exists());
}

/// Whoever runs as the same user can open the copy, and not change it.
#[test]
fn the_copy_cannot_be_changed() {
    let dir = Dir::new(PASS);
    let hostile = format!(
        "#!/bin/sh\nfor plan; do :; done\ncase $1 in state) exit ;; esac\n(cat tfplan.evil > \"$plan\") 2>refused\nrm -f \"$plan\"\n{}",
        TERRAFORM.trim_start_matches("#!/bin/sh\n")
    );
    dir.program("bin/terraform", &hostile);
    fs::copy(root().join(BLOCK), dir.path("tfplan.evil")).expect("copied");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_ne!(dir.read("refused"), "");
    dir.applied(PASS);
    // In a file it can be changed, and that is noticed.
    let output = dir.output(&["apply", "--yes", "--private-copy=file", "tfplan"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("the private copy of the plan was changed while Terraform ran"),
        "{told}"
    );
    dir.clean();
}

#[test]
fn the_copy_in_a_file() {
    let dir = Dir::new(PASS);
    let output = dir.output(&["apply", "--yes", "--private-copy=file", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(dir.read("mode").trim(), "600");
    let path = dir.read("path");
    let tmp = dir.path("tmp").display().to_string();
    assert!(path.starts_with(&format!("{tmp}/applygate-run-")), "{path}");
    dir.applied(PASS);
    // Others could put a directory of theirs in its place.
    fs::remove_file(dir.path("applied")).expect("removed");
    fs::set_permissions(dir.path("tmp"), fs::Permissions::from_mode(0o777)).expect("set");
    let output = dir.output(&["apply", "--yes", "--private-copy=file", "tfplan"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("other users could replace"), "{told}");
    dir.untouched();
    // In memory it is not asked where.
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    dir.applied(PASS);
}

/// As a wrapper that runs Terraform in a container does: the process of the gate does not exist.
#[test]
fn terraform_that_cannot_open_the_copy() {
    let dir = Dir::new(PASS);
    let blind = "#!/bin/sh\necho \"$*\" >> calls\nfor plan; do :; done\ncase $plan in /proc/*) echo 'no such file' >&2; exit 1 ;; esac\ncp \"$plan\" applied\n";
    dir.program("bin/terraform", blind);
    let output = dir.output(&["apply", "--yes", "--log", "log", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("it did not read the plan") && words.contains("--private-copy=file"),
        "{told}"
    );
    assert_eq!(log(&dir.path("log"))[1]["exit_code"], 1);
    dir.untouched();
    let output = dir.output(&["apply", "--yes", "--private-copy=file", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    dir.applied(PASS);
    // Whatever it has done: it is not what was judged.
    dir.program("bin/terraform", "#!/bin/sh\necho 'Apply complete!'\n");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("did not read the plan"), "{told}");
}

/// As `sudo` and other wrappers do: what is open is closed before the program is started.
#[test]
fn a_wrapper_that_closes_what_is_open() {
    let dir = Dir::new(PASS);
    fs::rename(dir.path("bin/terraform"), dir.path("bin/real")).expect("renamed");
    let closing = "#!/bin/bash\nfor fd in /proc/$$/fd/*; do fd=${fd##*/}; [ $fd -gt 2 ] && eval \"exec $fd>&-\"; done\nexec \"${0%/*}/real\" \"$@\"\n";
    dir.program("bin/terraform", closing);
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(dir.read("path").starts_with("/proc/"));
    dir.applied(PASS);
}

/// A namespace of processes of its own, as containers have: with a `/proc` of its own the copy is found, and with that of another nothing is run.
#[test]
fn processes_that_are_counted_apart() {
    let apart = |more: &[&'static str]| {
        let mut words = vec!["--user", "--map-root-user", "--pid", "--fork"];
        words.extend(more);
        words.push("--");
        words
    };
    // It may be forbidden.
    let allowed = Command::new("unshare")
        .args(apart(&["--mount-proc"]))
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success());
    if !allowed {
        return;
    }
    for (more, code) in [(&["--mount-proc"][..], 0), (&[], 2)] {
        let dir = Dir::new(PASS);
        let mut command = Command::new("unshare");
        command
            .args(apart(more))
            .arg(assert_cmd::cargo::cargo_bin("applygate"));
        dir.set(&mut command, &["apply", "--yes", "tfplan"]);
        let output = command.stdin(Stdio::null()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{more:?} {output:?}");
        if code == 0 {
            dir.applied(PASS);
        } else {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(told.contains("--private-copy=file"), "{told}");
            dir.untouched();
        }
    }
}

/// A directory of an earlier run with a pipe in the place of its lock.
#[test]
fn a_pipe_below_the_temporary_directory() {
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path("tmp/applygate-run-x")).expect("made");
    let fifo = Command::new("mkfifo")
        .arg(dir.path("tmp/applygate-run-x/lock"))
        .status();
    assert!(fifo.is_ok_and(|status| status.success()), "mkfifo is there");
    let old = std::time::SystemTime::now() - Duration::from_secs(3600);
    fs::File::open(dir.path("tmp/applygate-run-x"))
        .and_then(|dir| dir.set_modified(old))
        .expect("set");
    let output = Command::new("timeout")
        .arg("20")
        .arg(assert_cmd::cargo::cargo_bin("applygate"))
        .args(["apply", "--yes", "tfplan"])
        .current_dir(dir.0.path())
        .env_clear()
        .env("PATH", dir.search())
        .env("TMPDIR", dir.path("tmp"))
        .stdin(Stdio::null())
        .output()
        .expect("timeout is there");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(dir.path("applied").exists());
}

#[test]
fn what_is_wrong_fits_the_screen_and_is_one_line_in_a_log() {
    let dir = Dir::new(PASS);
    fs::write(dir.path("applygate.toml"), "blok_at = \"high\"\n").expect("written");
    for args in [
        &["apply", "-state-out=x", "tfplan"][..],
        &["apply", "tfplan"],
        &[
            "apply",
            "--no-config",
            "--allow",
            "mass-destroy@*",
            "tfplan",
        ],
    ] {
        let mut screen = dir.screen(args);
        assert_eq!(screen.end(), 2);
        let text = screen.text();
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{args:?}: {text}"
        );
        assert_eq!(
            text.lines().last(),
            Some("applygate: nothing was run"),
            "{args:?}: {text}"
        );
    }
    let told = String::from_utf8_lossy(&dir.output(&["apply", "-state-out=x", "tfplan"]).stderr)
        .into_owned();
    assert_eq!(told.lines().count(), 3, "{told}");
    dir.untouched();
}

/// A flag without its value does not take the plan for it.
#[test]
fn the_log_is_never_the_plan() {
    let dir = Dir::new(PASS);
    fs::copy(dir.path("tfplan"), dir.path("made.tfplan")).expect("copied");
    assert_eq!(
        dir.output(&["apply", "--yes", "--log", "-json", "tfplan"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        fs::read(dir.path("tfplan")).expect("a plan"),
        fs::read(root().join(PASS)).expect("a plan")
    );
    dir.untouched();
}

#[test]
fn where_nothing_can_be_written() {
    let dir = Dir::new(PASS);
    let output = dir
        .alone(&[
            "apply",
            "--yes",
            "--private-copy=file",
            "--log",
            "log",
            "tfplan",
        ])
        .env("TMPDIR", dir.path("no-such-directory"))
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let recorded: Vec<_> = log(&dir.path("log"))
        .iter()
        .map(|line| line["started"].as_bool())
        .collect();
    assert_eq!(
        recorded,
        [None, Some(false)],
        "the record says that it was not started"
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("TMPDIR"));
    dir.untouched();
    // A working directory that nothing can be written to is none of the gate's business.
    let read_only = Dir::new(PASS);
    fs::create_dir(read_only.path("infra")).expect("made");
    read_only.move_to("infra");
    read_only.program(
        "bin/terraform",
        "#!/bin/sh\necho \"$*\" >> \"$TMPDIR/../calls\"\nfor plan; do :; done\ncat \"$plan\" > /dev/null\n",
    );
    fs::set_permissions(read_only.path("infra"), fs::Permissions::from_mode(0o555)).expect("set");
    let output = read_only.output(&["apply", "--yes", "--chdir", "infra", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        read_only
            .read("calls")
            .starts_with("-chdir=infra apply -input=false /")
    );
}

/// A report that nobody could read is no ground to go on.
#[test]
fn a_closed_output() {
    let dir = Dir::new(PASS);
    let mut child = dir
        .alone(&["apply", "--yes", "tfplan"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    dir.untouched();
}

#[test]
fn without_a_file_terraform_plans_first() {
    let dir = Dir::new(PASS);
    fs::rename(dir.path("tfplan"), dir.path("made.tfplan")).expect("moved");
    let mut screen = dir.screen(&["apply", "--", "-parallelism=3"]);
    screen.answer(1, "yes\n");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    dir.applied(PASS);
    let calls = dir.read("calls");
    let plan = dir.read("path");
    let (planned, applied) = calls.split_once('\n').expect("two runs");
    assert!(
        planned.starts_with(&format!(
            "plan -out={}/applygate-run-",
            dir.path("tmp").display()
        )) && planned.ends_with("/tfplan -parallelism=3"),
        "{planned}"
    );
    assert_eq!(applied, format!("apply -parallelism=3 {plan}"));
    fs::remove_file(dir.path("made.tfplan")).expect("removed");
    fs::remove_file(dir.path("applied")).expect("removed");
    assert_eq!(
        dir.output(&["apply", "--yes"]).status.code(),
        Some(2),
        "no plan came of it"
    );
    dir.untouched();
}

#[test]
fn in_another_directory_as_terraform_says_it() {
    for args in [
        &["-chdir=infra", "apply", "--yes", "tfplan"][..],
        &["apply", "--yes", "-chdir=infra", "tfplan"],
        &["apply", "--yes", "tfplan", "--", "-chdir=infra"],
        &["apply", "--chdir", "infra", "--yes", "tfplan"],
    ] {
        let dir = Dir::new(PASS);
        fs::create_dir(dir.path("infra")).expect("made");
        dir.move_to("infra");
        let output = dir.output(args);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(dir.path("infra/applied").exists() && !dir.path("applied").exists());
        assert!(
            dir.path("cwd").exists(),
            "Terraform itself changes the directory: path.cwd is where it was started"
        );
        dir.clean();
    }
    let dir = Dir::new(PASS);
    assert_eq!(
        dir.output(&["apply", "--yes", "--chdir", "nowhere", "tfplan"])
            .status
            .code(),
        Some(2)
    );
    assert_eq!(
        dir.output(&["-chdir=infra", "check", "tfplan"])
            .status
            .code(),
        Some(2)
    );
}

/// Terraform would write the state into the directory that it is run in, whatever the plan was made of.
#[test]
fn a_plan_of_another_directory() {
    let refused = |dir: &Dir, args: &[&str]| {
        let output = dir.output(args);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {told}");
        assert!(
            told.contains("another") && told.contains("nothing was run"),
            "{told}"
        );
        assert!(
            output.stdout.is_empty(),
            "nothing is judged by what lies in the wrong place"
        );
        dir.untouched();
        told
    };
    // What is printed is typed as it is, and works.
    let typed = |dir: &Dir, told: &str, wanted: &str| {
        let line = told
            .lines()
            .find_map(|line| line.strip_prefix("  help: applygate "))
            .unwrap_or_else(|| panic!("{told}"));
        assert_eq!(line, wanted);
        let applygate = assert_cmd::cargo::cargo_bin("applygate");
        let line = format!("exec {} {line} --yes", applygate.display());
        let mut command = Command::new("setsid");
        command.args(["--wait", "sh", "-c"]);
        dir.set(&mut command, &[&line]);
        let output = command.stdin(Stdio::null()).output().expect("it runs");
        assert_eq!(
            output.status.code(),
            Some(0),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    for (infra, wanted) in [
        ("infra", "-chdir=infra apply tfplan"),
        ("a/in fra", "-chdir='a/in fra' apply tfplan"),
    ] {
        let dir = Dir::new(PASS);
        fs::create_dir_all(dir.path(infra)).expect("made");
        dir.move_to(infra);
        let told = refused(&dir, &["apply", "--yes", &format!("{infra}/tfplan")]);
        assert!(told.contains(". has no configuration"), "{told}");
        typed(&dir, &told, wanted);
        assert!(dir.path(infra).join("applied").exists() && !dir.path("applied").exists());
    }

    // Named from another -chdir, and from a directory beside it.
    let dir = Dir::new(PASS);
    for made in ["one", "two"] {
        fs::create_dir(dir.path(made)).expect("made");
    }
    dir.move_to("two");
    fs::write(dir.path("one/main.tf"), "").expect("written");
    let told = refused(&dir, &["-chdir=one", "apply", "--yes", "../two/tfplan"]);
    assert!(
        told.contains("in one (only in the plan: aws.tf, newsletter.tf)"),
        "{told}"
    );
    typed(&dir, &told, "-chdir=two apply tfplan");

    // A directory with files of the same names is still another stack.
    let dir = Dir::new(PASS);
    for made in ["one", "two"] {
        fs::create_dir(dir.path(made)).expect("made");
    }
    dir.move_to("two");
    for name in ["aws.tf", "newsletter.tf"] {
        fs::copy(dir.path("two").join(name), dir.path("one").join(name)).expect("copied");
    }
    let told = refused(&dir, &["-chdir=one", "apply", "--yes", "../two/tfplan"]);
    typed(&dir, &told, "-chdir=two apply tfplan");

    // It is here that it belongs.
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path("infra")).expect("made");
    let told = refused(&dir, &["-chdir=infra", "apply", "--yes", "../tfplan"]);
    typed(&dir, &told, "apply tfplan");

    // Nobody knows where: the line has a plan that works from everywhere.
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path("infra")).expect("made");
    dir.move_to("infra");
    fs::rename(dir.path("infra/tfplan"), dir.path("tfplan")).expect("moved");
    let told = refused(&dir, &["apply", "--yes", "tfplan"]);
    let plan = dir.path("tfplan").canonicalize().expect("a plan");
    assert!(
        told.contains(&format!("applygate -chdir=DIR apply {}", plan.display())),
        "{told}"
    );
    let named = [
        "-chdir=infra",
        "apply",
        "--yes",
        plan.to_str().expect("text"),
    ];
    assert_eq!(dir.output(&named).status.code(), Some(0));
    assert!(dir.path("infra/applied").exists());
}

/// The directory was set up for another state since the plan was made: Terraform would write to the one in the plan.
#[test]
fn a_plan_for_another_backend() {
    const S3: &str = "fixtures/backend-changed/quiet-same/plan.tfplan";
    let dir = Dir::new(S3);
    fs::create_dir(dir.path(".terraform")).expect("made");
    let record = |kind: &str, key: &str| {
        let text = format!(
            r#"{{"version":3,"backend":{{"type":"{kind}","config":{{"key":"{key}","path":"{key}"}}}}}}"#
        );
        fs::write(dir.path(".terraform/terraform.tfstate"), text).expect("written");
    };
    assert_eq!(dir.output(&["pin", "tfplan"]).status.code(), Some(0));
    let pin = dir.read("applygate.pin.toml");
    let key = pin
        .lines()
        .find_map(|line| line.strip_prefix("key = "))
        .unwrap_or_else(|| panic!("{pin}"))
        .trim_matches('"')
        .to_owned();
    for (kind, there, differs) in [
        ("s3", "elsewhere", "key \"elsewhere\" there"),
        ("local", "x", "backend local there, s3 in the plan"),
    ] {
        record(kind, there);
        let output = dir.output(&["apply", "--yes=warn", "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(
            (output.status.code(), told.contains(differs)),
            (Some(2), true),
            "{told}"
        );
        dir.untouched();
    }
    record("s3", &key);
    let output = dir.output(&["apply", "--yes=warn", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    dir.applied(S3);
}

/// Somebody has changed the state in its backend since the plan was made. Nothing here shows that, so the program is asked right before.
#[test]
fn a_state_that_has_moved_on_in_its_backend() {
    const S3: &str = "fixtures/backend-changed/quiet-same/plan.tfplan";
    let dir = Dir::new(S3);
    let shown = dir.output(&["check", "--format", "json", "tfplan"]);
    let shown: serde_json::Value = serde_json::from_slice(&shown.stdout).expect("a report");
    let state = &shown["plans"][0]["state"];
    let serial = state["serial"].as_u64().expect("a serial");
    let lineage = state["lineage"].as_str().expect("a lineage");
    let lies = |name: &str, serial: u64, lineage: &str| {
        let text =
            format!(r#"{{"version":4,"serial":{serial},"lineage":"{lineage}","resources":[]}}"#);
        fs::write(dir.path(name), text).expect("written");
    };
    let apply = || {
        let output = dir.output(&["apply", "--yes=warn", "--log", "log", "tfplan"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!told.contains("force-unlock"), "{told}");
        (output.status.code(), told)
    };
    for (now, of, says) in [
        (
            serial + 1,
            lineage,
            format!(
                "the plan is stale: it was made for serial {serial}, and the state is now at serial {}",
                serial + 1
            ),
        ),
        (
            serial - 1,
            lineage,
            format!("older than serial {serial} of the plan"),
        ),
        (serial, "another", "its lineage differs".to_owned()),
    ] {
        lies("state.json", now, of);
        let (code, told) = apply();
        assert!(
            code == Some(1) && told.contains(&says) && told.contains("nothing was run"),
            "{told}"
        );
        dir.untouched();
        let lines = log(&dir.path("log"));
        assert_eq!(lines.last().expect("a line")["run"], false);
    }
    // What it was at before tells what a run that failed has done.
    lies("state.json", serial, lineage);
    dir.behave("exit 1");
    let (code, told) = apply();
    assert!(
        code == Some(3)
            && told.contains(&format!("still at serial {serial}"))
            && told.contains("another run has locked it: wait until that ends"),
        "{told}"
    );
    lies("after.json", serial + 1, lineage);
    dir.behave("cp after.json state.json; exit 1");
    let (code, told) = apply();
    assert!(
        code == Some(3) && told.contains("this run changed it before it stopped"),
        "{told}"
    );
    // Where it does not say, it is for Terraform to refuse the plan.
    fs::remove_file(dir.path("state.json")).expect("removed");
    dir.behave("");
    let (code, told) = apply();
    assert_eq!(code, Some(0), "{told}");
    dir.applied(S3);
    // A backend that hangs holds nobody up who has had enough.
    fs::write(dir.path("hang"), "").expect("written");
    let calls = dir.read("calls");
    let mut screen = dir.screen(&["apply", "--yes=warn", "tfplan"]);
    until(
        || dir.path("hanging").exists(),
        || "the question".to_owned(),
    );
    screen.send("\u{3}");
    assert_eq!(screen.end(), 1, "{}", screen.text());
    assert_eq!(dir.read("calls"), calls, "nothing was run");
}

/// What is edited after the plan, or made for one run, makes no other directory of it.
#[test]
fn a_plan_of_this_directory() {
    let dir = Dir::new(PASS);
    fs::write(dir.path("main.tf"), "# edited").expect("written");
    fs::write(dir.path("backend_override.tf"), "").expect("written");
    fs::write(dir.path("main.tofu"), "").expect("written");
    fs::write(dir.path(".hidden.tf"), "").expect("written");
    fs::write(dir.path("terraform.tfvars"), "").expect("written");
    fs::rename(dir.path("aws.tf"), dir.path("shared")).expect("moved");
    std::os::unix::fs::symlink("shared", dir.path("aws.tf")).expect("linked");
    fs::create_dir(dir.path("module.tf")).expect("made");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    dir.applied(PASS);
}

/// After a good end the serial is remembered, and the pin file follows when other data is in the state.
#[test]
fn what_is_known_of_the_state_moves_forward() {
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path(".terraform")).expect("made");
    assert_eq!(dir.output(&["pin", "tfplan"]).status.code(), Some(0));
    let pinned = dir.read("applygate.pin.toml");
    let value = |name: &str| {
        let line = pinned
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name} = ")))
            .expect("pinned");
        line.trim_matches('"').to_owned()
    };
    let (lineage, serial) = (
        value("lineage"),
        value("serial").parse::<u64>().expect("a number"),
    );
    let data = r#"{"mode":"managed","type":"aws_s3_bucket","name":"n","provider":"provider.x","instances":[{"attributes":{"id":"sekrit-new-bucket"}}]}"#;
    let state = |serial: u64, resources: &str| {
        format!(
            r#"{{"version":4,"serial":{serial},"lineage":"{lineage}","resources":[{resources}]}}"#
        )
    };
    fs::write(dir.path("state.json"), state(serial + 2, data)).expect("written");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("applygate.pin.toml was updated")
            && told.contains("Commit it")
            && !told.contains("sekrit"),
        "{told}"
    );
    let seen = || {
        serde_json::from_str::<serde_json::Value>(&dir.read(".terraform/applygate.json"))
            .expect("remembered")["serials"][&lineage]
            .as_u64()
    };
    assert_eq!(seen(), Some(serial + 2));
    let again = dir.read("applygate.pin.toml");
    assert!(
        again != pinned
            && again.contains(&format!("serial = {}", serial + 2))
            && !again.contains("sekrit")
    );
    // The plan is now for an older state than the one that was left: the gate that remembers stops it.
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("plan-stale"));
}

/// A clone whose branch `main` has these files, with another branch checked out; `None`, with a message, where there is no git.
fn clone(dir: &Dir, files: &[(&str, &str)]) -> Option<()> {
    let Some(git) = applygate::testing::program::find("git") else {
        eprintln!("skipped: there is no git on the PATH");
        return None;
    };
    for (name, text) in files {
        fs::write(dir.path(name), text).expect("written");
    }
    let names = files.iter().map(|(name, _)| *name);
    for args in [
        vec!["init", "-q", "-b", "main"],
        ["add", "behave"].into_iter().chain(names).collect(),
        vec!["commit", "-q", "-m", "x"],
        vec!["switch", "-q", "-c", "change"],
    ] {
        dir.behave("");
        let mut command = Command::new(&git);
        command
            .current_dir(dir.0.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=x", "-c", "user.email=x@example.org"])
            .args(&args);
        assert!(command.status().expect("it runs").success(), "{args:?}");
    }
    Some(())
}

/// The change that is applied does not bring the policy that it is judged by.
#[test]
fn policy_of_a_revision() {
    const EASY: &str = "[rules]\nmass-destroy = \"low\"\nstateful-destroy = \"low\"\nbackup-destroy = \"low\"\nfoundation-destroy = \"low\"\nidentity-destroy = \"low\"\n";
    let dir = Dir::new(BLOCK);
    let Some(()) = clone(&dir, &[("applygate.toml", "block_at = \"high\"\n")]) else {
        return;
    };
    fs::write(dir.path("applygate.toml"), EASY).expect("written");
    let output = dir.output(&["apply", "--yes=warn", "--policy-from", "main", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{told}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        told.contains("ignored   applygate.toml of the working tree")
            && told.contains("weaker    the working tree would let through: mass-destroy"),
        "{told}"
    );
    dir.untouched();
    let output = dir
        .alone(&["apply", "--yes=warn", "tfplan"])
        .env("APPLYGATE_POLICY_FROM", "main")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    dir.untouched();
    for rev in ["HEAD", "nothing", "-x", "--output=x"] {
        let output = dir.output(&[
            "apply",
            "--yes=warn",
            &format!("--policy-from={rev}"),
            "tfplan",
        ]);
        assert_eq!(
            (output.status.code(), output.stdout.is_empty()),
            (Some(2), true),
            "{rev}"
        );
        dir.untouched();
    }
    // By its own it comes through.
    assert_eq!(
        dir.output(&["apply", "--yes=warn", "tfplan"]).status.code(),
        Some(0)
    );
    dir.applied(BLOCK);
}

/// The pin that judges is that of the revision; the one that is written anew is in the working directory.
#[test]
fn pin_of_a_revision() {
    let dir = Dir::new(PASS);
    assert_eq!(dir.output(&["pin", "tfplan"]).status.code(), Some(0));
    let pinned = dir.read("applygate.pin.toml");
    let other = pinned
        .replace("lineage = \"", "lineage = \"x")
        .replace("objects = ", "objects = 9");
    let Some(()) = clone(&dir, &[("applygate.pin.toml", &other)]) else {
        return;
    };
    fs::write(dir.path("applygate.pin.toml"), &pinned).expect("written");
    let output = dir.output(&["apply", "--yes", "--policy-from", "main", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_ne!(output.status.code(), Some(0), "{told}");
    assert!(
        told.contains("state-swapped")
            && told.contains("ignored   applygate.pin.toml of the working tree"),
        "{told}"
    );
    dir.untouched();

    let dir = Dir::new(PASS);
    fs::create_dir(dir.path(".terraform")).expect("made");
    let Some(()) = clone(&dir, &[("applygate.pin.toml", &pinned)]) else {
        return;
    };
    let lineage = pinned
        .lines()
        .find_map(|line| line.strip_prefix("lineage = "))
        .expect("pinned");
    let data = r#"{"mode":"managed","type":"aws_s3_bucket","name":"n","provider":"provider.x","instances":[{"attributes":{"id":"new"}}]}"#;
    fs::write(
        dir.path("state.json"),
        format!(r#"{{"version":4,"serial":99,"lineage":{lineage},"resources":[{data}]}}"#),
    )
    .expect("written");
    let output = dir.output(&["apply", "--yes", "--policy-from", "main", "tfplan"]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    dir.applied(PASS);
    assert!(dir.read("applygate.pin.toml").contains("serial = 99"));
}

/// A link in the place of the memory is replaced: what it points to is none of the gate's.
#[test]
fn the_memory_follows_no_link() {
    let dir = Dir::new(PASS);
    fs::create_dir(dir.path(".terraform")).expect("made");
    fs::write(dir.path("mine"), "{}").expect("written");
    std::os::unix::fs::symlink("../mine", dir.path(".terraform/applygate.json")).expect("linked");
    assert_eq!(dir.output(&["pin", "tfplan"]).status.code(), Some(0));
    assert_eq!(dir.read("mine"), "{}");
    assert!(dir.read(".terraform/applygate.json").contains("serials"));
    let names: Vec<_> = fs::read_dir(dir.path(".terraform"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, ["applygate.json"], "nothing is left beside it");
}

/// Without a pin as well: where an apply has left objects, a plan that finds no state is not the first.
#[test]
fn a_state_that_is_gone_after_an_apply() {
    const CREATE: &str = "fixtures/create-everything/fires-four/plan.tfplan";
    let dir = Dir::new(CREATE);
    fs::create_dir(dir.path(".terraform")).expect("made");
    let check = || {
        let output = dir.output(&["check", "--dir", ".", "tfplan"]);
        let told = String::from_utf8_lossy(&output.stdout)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        (
            output.status.code(),
            told.contains("the last apply or pin from this directory left 1 object here"),
        )
    };
    let before = check();
    assert!(!before.1);
    fs::write(
        dir.path("state.json"),
        r#"{"version":4,"serial":1,"lineage":"l","resources":[{"mode":"managed","type":"terraform_data","name":"n","provider":"provider.x","instances":[{"attributes":{"id":"i"}}]}]}"#,
    )
    .expect("written");
    assert_eq!(
        dir.output(&["apply", "--yes=warn", "--block-at", "critical", "tfplan"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(check(), (Some(1), true));
    // One that an apply has emptied is meant to be gone.
    fs::write(
        dir.path("state.json"),
        r#"{"version":4,"serial":2,"lineage":"l","resources":[]}"#,
    )
    .expect("written");
    fs::write(dir.path(".terraform/applygate.json"), "{}").expect("forgotten");
    assert_eq!(
        dir.output(&["apply", "--yes=warn", "--block-at", "critical", "tfplan"])
            .status
            .code(),
        Some(0)
    );
    assert_eq!(check(), before);
}

#[test]
fn a_bad_end_is_read_from_the_directory() {
    let dir = Dir::new(PASS);
    dir.behave("echo '{\"version\":4,\"serial\":9,\"lineage\":\"l\",\"resources\":[]}' > errored.tfstate; : > .terraform.tfstate.lock.info; exit 1");
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(3));
    assert!(
        told.contains("errored.tfstate is here")
            && told.contains(".terraform.tfstate.lock.info is here"),
        "{told}"
    );
    fs::remove_file(dir.path("errored.tfstate")).expect("removed");
    fs::remove_file(dir.path(".terraform.tfstate.lock.info")).expect("removed");
    dir.behave("exit 1");
    let told =
        String::from_utf8_lossy(&dir.output(&["apply", "--yes", "tfplan"]).stderr).into_owned();
    assert!(!told.contains("lies here"), "{told}");
}

#[test]
fn a_first_apply_and_an_allowance() {
    const CREATE: &str = "fixtures/incident/1-state-missing/plan.tfplan";
    let dir = Dir::new(CREATE);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    screen.answer(2, "default\n");
    assert_eq!(
        screen.end(),
        0,
        "a finding about the whole plan: the workspace is typed"
    );
    dir.applied(CREATE);
    let dir = Dir::new(CREATE);
    assert_eq!(
        dir.output(&["apply", "--yes", "--first-apply", "tfplan"])
            .status
            .code(),
        Some(0)
    );
    let dir = Dir::new(CREATE);
    assert_eq!(
        dir.output(&[
            "apply",
            "--yes",
            "--allow",
            "create-everything@*",
            "--allow",
            "stateful-destroy@a.b",
            "tfplan"
        ])
        .status
        .code(),
        Some(2)
    );
    dir.untouched();
    assert_eq!(
        dir.output(&["apply", "--yes", "--allow", "create-everything@*", "tfplan"])
            .status
            .code(),
        Some(0)
    );
}

/// In a freeze nothing is applied and nobody is asked, whatever is typed: the time is that of the clock.
#[test]
fn a_freeze_holds() {
    let dir = Dir::new(PASS);
    let today = jiff::Zoned::now()
        .with_time_zone(jiff::tz::TimeZone::UTC)
        .date();
    let day = |days: i64| {
        today
            .checked_add(jiff::Span::new().days(days))
            .expect("a day")
    };
    let freeze = |from: i64, to: i64| {
        let text = format!(
            "[[freeze]]\nfrom = {}\nto = {}\nreason = \"year end\"\n",
            day(from),
            day(to)
        );
        fs::write(dir.path("applygate.toml"), text).expect("written");
    };
    freeze(-2, 2);
    let output = dir.output(&["apply", "--log", "log", "--yes=warn", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let open = format!(
        "year end; next open: {} 00:00 UTC",
        day(3).strftime("%a %Y-%m-%d")
    );
    assert_eq!(
        (output.status.code(), told.contains(&open)),
        (Some(1), true),
        "{told}"
    );
    assert!(
        log(&dir.path("log"))[0]["because"]
            .as_str()
            .is_some_and(|because| because.contains("year end"))
    );
    let mut screen = dir.screen(&["apply", "tfplan"]);
    assert_eq!(screen.end(), 1);
    assert!(!screen.text().contains("Enter a value"));
    dir.untouched();
    for now in [
        &["--now", "2020-01-07T12:00:00Z"][..],
        &["--now=2020-01-07T12:00:00Z"],
        &["--now"],
    ] {
        let output = dir.output(&[&["apply", "--yes"], now, &["tfplan"]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(
            told.contains("apply takes the time from the clock")
                && told.contains("applygate check --now TIME")
                && !told.contains("-- --now"),
            "{told}"
        );
        dir.untouched();
    }
    freeze(-20, -2);
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    assert_eq!(output.status.code(), Some(0));
    dir.applied(PASS);
}

/// The emergency way through a freeze: with a reason, where somebody sees it or a log keeps it, and only through one that there is.
#[test]
fn a_freeze_is_broken_with_a_reason_and_leaves_a_trace() {
    let dir = Dir::new(PASS);
    let policy = "[[freeze]]\nfrom = 2020-01-01\nto = 2999-01-01\nreason = \"year end\"\n";
    fs::write(dir.path("applygate.toml"), policy).expect("written");
    let why = "incident 4711: the disk is full";
    let output = dir.output(&["apply", "--yes", "tfplan"]);
    let told = String::from_utf8_lossy(&output.stderr).replace("\n  ", " ");
    assert!(
        output.status.code() == Some(1) && told.contains("--break-freeze REASON"),
        "{told}"
    );
    for (args, says) in [
        (
            &["--yes", "--break-freeze", why][..],
            "needs a terminal or a log",
        ),
        (&["--yes", "--break-freeze", "  "], "say why"),
        (&["--yes", "--break-freeze", "."], "say why"),
        (&["--yes", "--break-freeze"], "a value is required"),
    ] {
        let output =
            dir.output(&[&["apply"], args, &["tfplan"][..usize::from(args.len() > 2)]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.code() == Some(2) && told.contains(says),
            "{args:?}: {told}"
        );
    }
    let mut command = dir.alone(&["apply", "--yes", "tfplan"]);
    command.env("APPLYGATE_BREAK_FREEZE", why);
    assert_eq!(command.output().expect("it runs").status.code(), Some(1));
    dir.untouched();
    let output = dir.output(&[
        "apply",
        "--yes",
        "--log",
        "log",
        "--break-freeze",
        why,
        "tfplan",
    ]);
    let shown = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert!(
        shown.contains("--break-freeze: incident 4711") && shown.contains("incident 4711"),
        "{shown}"
    );
    assert_eq!(log(&dir.path("log"))[0]["break_freeze"], why);
    dir.applied(PASS);

    let dir = Dir::new(BLOCK);
    fs::write(dir.path("applygate.toml"), policy).expect("written");
    let output = dir.output(&[
        "apply",
        "--yes",
        "--log",
        "log",
        "--break-freeze",
        why,
        "tfplan",
    ]);
    assert_eq!(output.status.code(), Some(1), "what is blocked stays so");
    let mut screen = dir.screen(&["apply", "--break-freeze", why, "tfplan"]);
    screen.answer(1, "\n");
    assert_eq!(screen.end(), 1);
    assert!(
        screen.text().contains("You override this:"),
        "{}",
        screen.text()
    );
    dir.untouched();

    let dir = Dir::new(PASS);
    let output = dir.output(&[
        "apply",
        "--yes",
        "--log",
        "log",
        "--break-freeze",
        why,
        "tfplan",
    ]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.code() == Some(2) && told.contains("no freeze or window is closed now"),
        "{told}"
    );
    dir.untouched();
}

/// On a screen of 24 lines everything that has to be known stands above the prompt.
#[test]
fn the_question_fits_a_small_screen() {
    let dir = Dir::new(BLOCK);
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "\n");
    assert_eq!(screen.end(), 1);
    let text = screen.text();
    let (above, _) = text.split_once("Enter a value:").expect("a question");
    let lines: Vec<&str> = above.lines().collect();
    let last = lines[lines.len().saturating_sub(23)..].join("\n");
    assert!(
        last.contains("This plan is blocked: 4 critical")
            && last.contains("CRITICAL  aws_db_instance.courses")
            && last.contains("lost: all databases on the instance")
            && last.contains("and 6 more that block")
            && !last.contains("LOW"),
        "{last}"
    );
}

/// A backend that hangs after the apply holds nobody: what was done is done and on record.
#[test]
fn a_state_that_does_not_come() {
    let dir = Dir::new(PASS);
    fs::write(dir.path("hang"), "").expect("written");
    let mut screen = dir.screen(&["apply", "--log", "log", "tfplan"]);
    screen.answer(1, "yes\n");
    until(
        || dir.path("hanging").exists(),
        || "the state pull".to_owned(),
    );
    screen.send("\u{3}");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(screen.text().contains("could not be read"));
    assert_eq!(log(&dir.path("log"))[1]["exit_code"], 0);
    dir.applied(PASS);
}

/// A provisioner may apply another stack: only the same directory is a wrapper that calls the gate again.
#[test]
fn an_apply_within_an_apply() {
    let dir = Dir::new(PASS);
    for (from, code) in [("/", Some(0)), (".", Some(2))] {
        let from = if from == "." {
            dir.0.path().canonicalize().expect("a directory")
        } else {
            from.into()
        };
        let output = dir
            .alone(&["apply", "--yes", "tfplan"])
            .env("APPLYGATE_RUNNING", &from)
            .output()
            .expect("it runs");
        assert_eq!(
            output.status.code(),
            code,
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// Without a file and without a change there is nothing to ask; with the wrong state there is.
#[test]
fn a_plan_that_changes_nothing() {
    let dir = Dir::new("fixtures/quiet/no-op/plan.tfplan");
    fs::rename(dir.path("tfplan"), dir.path("made.tfplan")).expect("moved");
    let mut screen = dir.screen(&["apply"]);
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(screen.text().contains("nothing to apply") && !screen.text().contains("Enter a value"));
    dir.untouched();
    fs::rename(dir.path("made.tfplan"), dir.path("tfplan")).expect("moved");
    let mut screen = dir.screen(&["apply", "tfplan"]);
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(screen.text().contains("nothing to apply") && !screen.text().contains("Enter a value"));
    dir.untouched();
    // With --yes a file that was named is handed on, as Terraform does.
    assert_eq!(
        dir.output(&["apply", "--yes", "tfplan"]).status.code(),
        Some(0)
    );
    assert!(dir.path("applied").exists());

    let dir = Dir::new("fixtures/state-rolled-back/fires-no-changes/plan.tfplan");
    fs::rename(dir.path("tfplan"), dir.path("made.tfplan")).expect("moved");
    fs::copy(
        root().join("fixtures/state-rolled-back/fires-no-changes/applygate.pin.toml"),
        dir.path("applygate.pin.toml"),
    )
    .expect("a pin");
    let mut screen = dir.screen(&["apply"]);
    screen.answer(1, "\n");
    assert_eq!(screen.end(), 1);
    dir.untouched();
}

/// A pin for another place is not turned to this one, though somebody answered for the apply, and though it starts empty.
#[test]
fn a_pin_for_another_place_stays() {
    let dir = Dir::new("fixtures/incident/1-state-missing/plan.tfplan");
    assert_eq!(
        dir.output(&["pin", "--new", "tfplan"]).status.code(),
        Some(0)
    );
    let pinned = dir.read("applygate.pin.toml") + "[state.place]\npath = \"elsewhere.tfstate\"\n";
    fs::write(dir.path("applygate.pin.toml"), &pinned).expect("written");
    fs::write(
        dir.path("state.json"),
        r#"{"version":4,"serial":1,"lineage":"l","resources":[]}"#,
    )
    .expect("written");
    let mut screen = dir.screen(&["apply", "tfplan"]);
    screen.answer(1, "yes\n");
    assert_eq!(screen.end(), 0, "{}", screen.text());
    assert!(
        screen.text().contains("backend-changed") && screen.text().contains("names another state"),
        "{}",
        screen.text()
    );
    assert_eq!(dir.read("applygate.pin.toml"), pinned);
}
