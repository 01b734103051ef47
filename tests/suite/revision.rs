//! Files of a revision in real repositories, and what a change could try so that something else is read or run.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use applygate::testing::Why;
use applygate::testing::program;
use applygate::testing::{MAX_BYTES, Revision};

use crate::common::git::{Repo, repository};

/// A repository with a policy on `main`; `None`, with a message, where there is no git.
fn repo() -> Option<Repo> {
    let repo = repository()?;
    repo.write("applygate.toml", "block_at = \"high\"\n");
    repo.write("stacks/prod/applygate.toml", "block_at = \"medium\"\n");
    repo.write("stacks/prod/main.tf", "");
    repo.commit("start");
    Some(repo)
}

impl Repo {
    fn open(&self, rev: &str) -> Result<Revision, Why> {
        Revision::open(&self.dir, rev).map_err(|refusal| refusal.why)
    }

    /// A program that leaves a trace when it is run.
    fn trap(&self) -> (PathBuf, PathBuf) {
        let (script, trace) = (
            self.temp.path().join("trap.sh"),
            self.temp.path().join("trace"),
        );
        fs::write(
            &script,
            format!("#!/bin/sh\necho \"$0 $@\" >> {}\n", trace.display()),
        )
        .expect("written");
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("set");
        (script, trace)
    }

    fn listing(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.dir)
            .expect("read")
            .map(|entry| entry.expect("read").file_name().to_string_lossy().into())
            .collect();
        names.sort();
        names
    }
}

fn text(revision: &Revision, path: &str) -> Result<Option<String>, Why> {
    revision
        .read(Path::new(path))
        .map(|bytes| bytes.map(|bytes| String::from_utf8(bytes).expect("text")))
        .map_err(|refusal| refusal.why)
}

const OURS: &str = "block_at = \"high\"\n";
const LAX: &str = "block_at = \"critical\"\n";

#[test]
fn files_are_those_of_the_revision() {
    let Some(repo) = repo() else { return };
    let start = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.write("applygate.toml", LAX);
    repo.write("stacks/applygate.toml", LAX);
    repo.commit("weaken");
    let main = repo.open("main").expect("main");
    assert_eq!(
        (main.commit(), main.root(), main.prefix()),
        (start.as_str(), repo.dir.as_path(), Path::new(""))
    );
    assert_eq!(text(&main, "applygate.toml"), Ok(Some(OURS.to_owned())));
    assert_eq!(
        text(&main, "stacks/prod/applygate.toml"),
        Ok(Some("block_at = \"medium\"\n".to_owned()))
    );
    for path in [
        "stacks/applygate.toml",
        "nothing",
        "nothing/at/all",
        "stacks/prod/main.tf/x",
        "applygate.pin.toml",
        "Applygate.toml",
        "STACKS/prod/main.tf",
    ] {
        assert_eq!(text(&main, path), Ok(None), "{path}");
    }
    assert_eq!(
        text(&main, "stacks/prod/main.tf"),
        Ok(Some(String::new())),
        "an empty file is one"
    );
    let change = repo.open("HEAD").expect("HEAD");
    assert_eq!(text(&change, "applygate.toml"), Ok(Some(LAX.to_owned())));
    assert_eq!(
        text(&change, "stacks/applygate.toml"),
        Ok(Some(LAX.to_owned()))
    );
    let below = Revision::open(&repo.dir.join("stacks/prod"), "main").expect("from below");
    assert_eq!(
        (below.root(), below.prefix()),
        (repo.dir.as_path(), Path::new("stacks/prod"))
    );
    assert_eq!(
        text(&below, "applygate.toml"),
        Ok(Some(OURS.to_owned())),
        "paths count from the top"
    );
}

#[test]
fn names_of_one_commit() {
    let Some(repo) = repo() else { return };
    let first = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["tag", "-a", "v1.0", "-m", "first"]);
    repo.write("x", "x");
    let second = repo.commit("second");
    repo.git(&["update-ref", "refs/remotes/origin/main", &first]);
    repo.git(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]);
    for (rev, commit) in [
        ("main", &second),
        ("HEAD", &second),
        ("@", &second),
        ("HEAD~1", &first),
        ("main^", &first),
        ("v1.0", &first),
        ("origin/main", &first),
        ("origin", &first),
        ("heads/main", &second),
        ("refs/heads/main", &second),
        ("refs/remotes/origin/main", &first),
        (&first, &first),
        (&first[..8], &first),
        (&first[..8].to_uppercase(), &first),
    ] {
        assert_eq!(
            repo.open(rev).map(|revision| revision.commit().to_owned()),
            Ok(commit.to_owned()),
            "{rev}"
        );
    }
    let blob = repo.git(&["rev-parse", "HEAD:x"]);
    for rev in [
        "nothing",
        "HEAD~9",
        "main^2",
        &"0".repeat(40),
        &blob,
        &blob[..10],
        "v1.0-1-gdeadbeef",
        "refs/heads",
        "0123456789",
    ] {
        assert_eq!(repo.open(rev).err(), Some(Why::NoRevision), "{rev}");
    }
    // The last words of git describe name a hash, whatever stands before them.
    let described = format!("nothing-1-g{}", &second[..8]);
    assert_eq!(repo.open(&described).err(), Some(Why::BadRevision));
    assert_eq!(
        repo.open(&first[..5]).err(),
        Some(Why::BadRevision),
        "too short for a hash"
    );
}

#[test]
fn names_that_are_none() {
    let Some(repo) = repo() else { return };
    repo.write("x", "x");
    repo.commit("second");
    let before = repo.listing();
    for rev in [
        "-h",
        "--help",
        "--output=x",
        "--git-dir=/tmp",
        "--exec=touch y",
        "-",
        "--",
        "--all",
        "^HEAD",
        "HEAD..main",
        "HEAD...main",
        "HEAD:applygate.toml",
        ":/start",
        ":applygate.toml",
        "HEAD^{/start}",
        "HEAD^{tree}",
        "HEAD@{0}",
        "@{-1}",
        "@{u}",
        "HEAD^@",
        "HEAD^!",
        "HEAD\nHEAD",
        "HEAD HEAD",
        "main\0",
        "",
        "*",
    ] {
        assert_eq!(repo.open(rev).err(), Some(Why::BadRevision), "{rev:?}");
    }
    assert_eq!(repo.listing(), before, "nothing is written");
}

/// Who can push a branch can choose its name: `origin/main` of the change is found before `main` of the remote.
#[test]
fn a_branch_cannot_take_the_place_of_another() {
    let Some(repo) = repo() else { return };
    let ours = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", &ours]);
    assert!(repo.open("origin/main").is_ok());
    repo.git(&["branch", "origin/main", "HEAD"]);
    assert!(repo.open("origin/main").is_ok(), "both are the same commit");
    repo.git(&["switch", "-q", "origin/main"]);
    repo.write("applygate.toml", LAX);
    let theirs = repo.commit("weaken");
    assert_eq!(
        repo.git(&["rev-parse", "origin/main"]),
        theirs,
        "what git itself takes"
    );
    assert_eq!(repo.open("origin/main").err(), Some(Why::SeveralRevisions));
    assert_eq!(
        repo.open("origin/main~1").err(),
        Some(Why::SeveralRevisions)
    );
    assert_eq!(
        repo.open("refs/remotes/origin/main")
            .map(|revision| revision.commit().to_owned()),
        Ok(ours.clone())
    );
    // A tag is found before a branch.
    repo.git(&["tag", "main", "HEAD"]);
    assert_eq!(repo.open("main").err(), Some(Why::SeveralRevisions));
    // A branch is found before a short hash.
    repo.git(&["branch", &ours[..8], "HEAD"]);
    assert_eq!(repo.open(&ours[..8]).err(), Some(Why::SeveralRevisions));
    assert_eq!(
        repo.open(&ours[..9])
            .map(|revision| revision.commit().to_owned()),
        Ok(ours)
    );
}

#[test]
fn links_submodules_and_directories_are_not_followed() {
    let Some(repo) = repo() else { return };
    fs::create_dir(repo.dir.join("linked")).expect("made");
    symlink(
        "../stacks/prod/applygate.toml",
        repo.dir.join("linked/applygate.toml"),
    )
    .expect("linked");
    symlink("stacks", repo.dir.join("link")).expect("linked");
    symlink("/etc/hostname", repo.dir.join("outside.toml")).expect("linked");
    repo.write("dir/applygate.toml/x", "x");
    repo.write("run.toml", "x");
    fs::set_permissions(repo.dir.join("run.toml"), fs::Permissions::from_mode(0o755)).expect("set");
    repo.git(&["add", "-A"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{head},module"),
    ]);
    repo.git(&["commit", "-q", "-m", "links"]);
    let main = repo.open("main").expect("main");
    for path in [
        "linked/applygate.toml",
        "link",
        "link/prod/applygate.toml",
        "outside.toml",
        "dir/applygate.toml",
        "stacks",
        "module",
        "module/applygate.toml",
    ] {
        assert_eq!(text(&main, path), Err(Why::NoPlainFile), "{path}");
    }
    for path in [
        "",
        "/etc/hostname",
        "../clone/applygate.toml",
        "stacks/../applygate.toml",
        "stacks/prod/../../../x",
    ] {
        assert_eq!(text(&main, path), Err(Why::NoPlainFile), "{path}");
    }
    assert_eq!(text(&main, "run.toml"), Ok(Some("x".to_owned())));
}

#[test]
fn paths_mean_only_themselves() {
    let Some(repo) = repo() else { return };
    let odd = [
        "-h",
        "--output=y",
        ":(top)applygate.toml",
        ":!x",
        "*.toml",
        "a\nb",
        "a\tb",
        "[a]",
        "ü.toml",
        "a\"b",
    ];
    let main = repo.open("main").expect("main");
    for path in odd {
        assert_eq!(text(&main, path), Ok(None), "{path:?}");
    }
    for path in odd {
        fs::write(repo.dir.join(path), path).expect("written");
    }
    repo.commit("odd");
    let main = repo.open("main").expect("main");
    for path in odd {
        assert_eq!(text(&main, path), Ok(Some(path.to_owned())), "{path:?}");
    }
    assert!(!repo.dir.join("y").exists());
}

#[test]
fn large_files_are_refused() {
    let Some(repo) = repo() else { return };
    repo.write("most", &"x".repeat(MAX_BYTES));
    repo.write("more", &"x".repeat(MAX_BYTES + 1));
    repo.write("much", &"x".repeat(MAX_BYTES * 4));
    repo.commit("large");
    let main = repo.open("main").expect("main");
    assert_eq!(
        text(&main, "most").map(|text| text.map(|text| text.len())),
        Ok(Some(MAX_BYTES))
    );
    assert_eq!(text(&main, "more"), Err(Why::NoPlainFile));
    assert_eq!(text(&main, "much"), Err(Why::NoPlainFile));
}

/// The settings of the repository itself start nothing.
#[test]
fn settings_of_the_repository_run_nothing() {
    let Some(repo) = repo() else { return };
    let (trap, trace) = repo.trap();
    let trap = trap.display().to_string();
    let hooks = repo.temp.path().join("hooks");
    fs::create_dir(&hooks).expect("made");
    for hook in [
        "post-index-change",
        "reference-transaction",
        "post-checkout",
        "fsmonitor-watchman",
    ] {
        fs::copy(&trap, hooks.join(hook)).expect("copied");
    }
    repo.write(
        ".gitattributes",
        "*.toml diff=trap filter=trap merge=trap\n",
    );
    repo.commit("attributes");
    for (name, value) in [
        ("core.fsmonitor", trap.as_str()),
        ("core.hooksPath", &hooks.display().to_string()),
        ("core.pager", &trap),
        ("pager.cat-file", &trap),
        ("pager.rev-parse", &trap),
        ("pager.ls-tree", "true"),
        ("core.editor", &trap),
        ("core.askPass", &trap),
        ("core.sshCommand", &trap),
        ("credential.helper", &trap),
        ("gpg.program", &trap),
        ("diff.external", &trap),
        ("diff.trap.textconv", &trap),
        ("diff.trap.command", &trap),
        ("filter.trap.smudge", &trap),
        ("filter.trap.clean", &trap),
        ("filter.trap.process", &trap),
        ("alias.rev-parse", &format!("!{trap}")),
        ("alias.cat-file", &format!("!{trap}")),
        ("alias.ls-tree", &format!("!{trap}")),
    ] {
        repo.git(&["config", name, value]);
    }
    fs::remove_file(&trace).ok();
    let main = Revision::open(&repo.dir.join("stacks"), "main").expect("main");
    assert_eq!(text(&main, "applygate.toml"), Ok(Some(OURS.to_owned())));
    assert_eq!(text(&main, "nothing"), Ok(None));
    assert!(
        !trace.exists(),
        "{}",
        fs::read_to_string(&trace).unwrap_or_default()
    );
    // The trap is one: the same settings run it where git is asked without care.
    repo.try_git(&["status"]);
    assert!(trace.exists());
}

/// Replacements of objects are local, and stand for others under their hash.
#[test]
fn replaced_objects_do_not_count() {
    let Some(repo) = repo() else { return };
    let (blob, commit) = (
        repo.git(&["rev-parse", "HEAD:applygate.toml"]),
        repo.git(&["rev-parse", "HEAD"]),
    );
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.write("applygate.toml", LAX);
    let theirs = repo.commit("weaken");
    repo.git(&["replace", &blob, "HEAD:applygate.toml"]);
    assert_eq!(
        repo.git(&["cat-file", "blob", &blob]),
        LAX.trim(),
        "what git itself gives"
    );
    assert_eq!(
        text(&repo.open("main").expect("main"), "applygate.toml"),
        Ok(Some(OURS.to_owned()))
    );
    repo.git(&["replace", &commit, &theirs]);
    let main = repo.open("main").expect("main");
    assert_eq!(
        (main.commit(), text(&main, "applygate.toml")),
        (commit.as_str(), Ok(Some(OURS.to_owned())))
    );
}

const CHILD: &str = "REVISION_TEST_DIR";

/// Not a test of its own: the part of the next one that runs in another environment.
#[test]
fn in_the_environment_of_the_job() {
    let Some(dir) = std::env::var_os(CHILD) else {
        return;
    };
    match Revision::open(Path::new(&dir), "main") {
        Ok(main) => println!(
            "answer: {} {:?}",
            main.commit(),
            text(&main, "applygate.toml")
        ),
        Err(refusal) => println!("answer: {:?}", refusal.why),
    }
}

fn in_environment(dir: &Path, names: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().expect("this test"));
    command
        .args([
            "--exact",
            "revision::in_the_environment_of_the_job",
            "--nocapture",
        ])
        .env(CHILD, dir)
        .envs(names.iter().copied())
        .current_dir(dir);
    let output = command.output().expect("it runs");
    let out = String::from_utf8_lossy(&output.stdout).into_owned();
    out.lines()
        .find_map(|line| line.split_once("answer: "))
        .map(|(_, answer)| answer.to_owned())
        .unwrap_or_else(|| panic!("{out}"))
}

#[test]
fn the_environment_changes_nothing() {
    let (Some(repo), Some(other)) = (repo(), repo()) else {
        return;
    };
    other.write("applygate.toml", LAX);
    other.commit("weaken");
    let (trap, trace) = repo.trap();
    let trap = trap.display().to_string();
    let there = other.dir.join(".git").display().to_string();
    let config = repo.temp.path().join("config");
    fs::write(&config, format!("[core]\n\tfsmonitor = {trap}\n\tpager = {trap}\n\tworktree = {}\n[alias]\n\tcat-file = !{trap}\n", other.dir.display()))
        .expect("written");
    let config = config.display().to_string();
    let expected = format!(
        "{} {:?}",
        repo.git(&["rev-parse", "main"]),
        Ok::<_, Why>(Some(OURS))
    );
    assert_eq!(in_environment(&repo.dir, &[]), expected);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let theirs = other.git(&["rev-parse", "HEAD"]);
    let grafts = repo.temp.path().join("grafts");
    fs::write(&grafts, format!("{head} {theirs}\n")).expect("written");
    for names in [
        &[("GIT_DIR", there.as_str())][..],
        &[
            ("GIT_DIR", &there),
            ("GIT_WORK_TREE", repo.dir.to_str().expect("text")),
        ],
        &[("GIT_WORK_TREE", other.dir.to_str().expect("text"))],
        &[("GIT_COMMON_DIR", &there)],
        &[("GIT_OBJECT_DIRECTORY", &format!("{there}/objects"))],
        &[("GIT_NAMESPACE", "x")],
        &[(
            "GIT_CEILING_DIRECTORIES",
            repo.temp.path().to_str().expect("text"),
        )],
        &[("GIT_CONFIG_GLOBAL", &config)],
        &[("GIT_CONFIG_SYSTEM", &config)],
        &[(
            "GIT_CONFIG_PARAMETERS",
            "'alias.cat-file=!false' 'core.worktree=/'",
        )],
        &[
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "core.fsmonitor"),
            ("GIT_CONFIG_VALUE_0", &trap),
        ],
        &[
            ("GIT_PAGER", &trap),
            ("GIT_PAGER_IN_USE", "1"),
            ("PAGER", &trap),
            ("GIT_EDITOR", &trap),
            ("GIT_ASKPASS", &trap),
        ],
        &[(
            "GIT_TRACE",
            repo.temp.path().join("trace").to_str().expect("text"),
        )],
        &[
            ("GIT_REPLACE_REF_BASE", "refs/heads/"),
            ("GIT_GRAFT_FILE", grafts.to_str().expect("text")),
        ],
        &[
            ("GIT_EXTERNAL_DIFF", &trap),
            ("GIT_SSH_COMMAND", &trap),
            ("GIT_EXEC_PATH", repo.temp.path().to_str().expect("text")),
        ],
        &[("LC_ALL", "de_DE.UTF-8"), ("LANGUAGE", "de")],
    ] {
        assert_eq!(in_environment(&repo.dir, names), expected, "{names:?}");
        assert!(
            !trace.exists(),
            "{names:?}: {}",
            fs::read_to_string(&trace).unwrap_or_default()
        );
    }
    // Another user's repository is one of git's own refusals, with a way out of its own.
    let foreign = in_environment(&repo.dir, &[("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")]);
    assert_eq!(
        foreign, expected,
        "this variable of git's own tests is taken away as well"
    );
}

#[test]
fn without_git() {
    let Some(repo) = repo() else { return };
    let empty = repo.temp.path().join("empty");
    fs::create_dir(&empty).expect("made");
    assert_eq!(
        in_environment(&repo.dir, &[("PATH", empty.to_str().expect("text"))]),
        "NoGit"
    );
    let git = program::find("git").expect("git");
    fs::create_dir(repo.dir.join("bin")).expect("made");
    symlink(&git, repo.dir.join("bin/git")).expect("linked");
    assert_eq!(in_environment(&repo.dir, &[("PATH", "bin:.:")]), "NoGit");
    // A git that says what another one would: its refusal of a repository of another user.
    let refusing = repo.temp.path().join("refusing");
    fs::create_dir(&refusing).expect("made");
    let script = "#!/bin/sh\necho \"fatal: detected dubious ownership in repository at '/x'\" >&2\nexit 128\n";
    fs::write(refusing.join("git"), script).expect("written");
    fs::set_permissions(refusing.join("git"), fs::Permissions::from_mode(0o755)).expect("set");
    assert_eq!(
        in_environment(&repo.dir, &[("PATH", refusing.to_str().expect("text"))]),
        "ForeignOwner"
    );
    // One that says too much, on both of its ways out, is heard in part and ends.
    fs::write(
        refusing.join("git"),
        "#!/bin/sh\nyes x | head -c 9000000 >&2 &\nyes y | head -c 9000000\nwait\nexit 0\n",
    )
    .expect("written");
    assert_eq!(
        in_environment(
            &repo.dir,
            &[("PATH", &format!("{}:/usr/bin:/bin", refusing.display()))]
        ),
        "NoRepository"
    );
}

#[test]
fn outside_of_a_work_tree() {
    let Some(repo) = repo() else { return };
    let outside = repo.temp.path().join("outside");
    fs::create_dir(&outside).expect("made");
    let open = |dir: &Path| Revision::open(dir, "main").err().map(|refusal| refusal.why);
    assert_eq!(open(&outside), Some(Why::NoRepository));
    assert_eq!(open(&repo.dir.join(".git")), Some(Why::NoRepository));
    assert_eq!(open(&repo.dir.join("nothing")), Some(Why::Io));
    repo.git(&["clone", "-q", "--bare", ".", "../bare"]);
    assert_eq!(open(&repo.dir.join("../bare")), Some(Why::NoRepository));
    // A change can hold the files of a repository of its own: they are no repository.
    repo.git(&["clone", "-q", "--bare", ".", "stacks/prod/own"]);
    let own = repo.dir.join("stacks/prod/own");
    assert_eq!(open(&own), Some(Why::NoRepository));
    fs::write(
        own.join("config"),
        "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = .\n",
    )
    .expect("written");
    assert_eq!(open(&own), Some(Why::NoRepository));
    assert_eq!(open(&repo.dir.join("stacks/prod")), None);
}

#[test]
fn a_submodule_is_of_the_change() {
    let (Some(repo), Some(other)) = (repo(), repo()) else {
        return;
    };
    repo.git(&[
        "submodule",
        "--quiet",
        "add",
        other.dir.to_str().expect("text"),
        "stacks/module",
    ]);
    let within = repo.dir.join("stacks/module");
    assert_eq!(
        Revision::open(&within, "main")
            .err()
            .map(|refusal| refusal.why),
        Some(Why::InSubmodule)
    );
    assert!(Revision::open(&repo.dir.join("stacks"), "main").is_ok());
}

#[test]
fn a_work_tree_beside_the_clone() {
    let Some(repo) = repo() else { return };
    let beside = repo
        .temp
        .path()
        .canonicalize()
        .expect("its path")
        .join("beside");
    repo.git(&[
        "worktree",
        "add",
        "-q",
        "-b",
        "change",
        beside.to_str().expect("text"),
    ]);
    let main = Revision::open(&beside.join("stacks"), "main").expect("main");
    assert_eq!(
        (main.root(), main.prefix(), text(&main, "applygate.toml")),
        (
            beside.as_path(),
            Path::new("stacks"),
            Ok(Some(OURS.to_owned()))
        )
    );
    // Through a symbolic link it is where it is.
    let link = repo.temp.path().join("through");
    symlink(repo.dir.join("stacks/prod"), &link).expect("linked");
    assert_eq!(
        Revision::open(&link, "main").map(|main| main.prefix().to_owned()),
        Ok(PathBuf::from("stacks/prod"))
    );
}

#[test]
fn a_shallow_clone_says_what_is_missing() {
    let Some(repo) = repo() else { return };
    repo.write("x", "x");
    repo.git(&["switch", "-q", "-c", "change"]);
    repo.commit("second");
    let url = format!("file://{}", repo.dir.display());
    repo.git(&[
        "clone",
        "-q",
        "--depth",
        "1",
        "--branch",
        "change",
        &url,
        "../shallow",
    ]);
    let shallow = repo.temp.path().join("shallow");
    let refusal = Revision::open(&shallow, "origin/main").expect_err("not there");
    assert_eq!(
        (refusal.why, refusal.detail.as_deref()),
        (Why::NoRevision, Some("the clone is shallow"))
    );
    assert!(refusal.why.help().contains("fetch-depth: 0"));
    assert!(
        Revision::open(&shallow, "HEAD").is_ok() && Revision::open(&shallow, "HEAD~1").is_err()
    );
    let refusal = repo.open("nothing");
    assert_eq!(refusal.err(), Some(Why::NoRevision));
}

/// What is not here is not fetched: from where, and with what program, the settings of the clone say.
#[test]
fn a_partial_clone_fetches_nothing() {
    let Some(repo) = repo() else { return };
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    repo.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let (trap, trace) = repo.trap();
    let url = format!("file://{}", repo.dir.display());
    for (name, filter) in [
        ("blobless", "--filter=blob:none"),
        ("treeless", "--filter=tree:0"),
    ] {
        repo.git(&[
            "clone",
            "-q",
            "--no-checkout",
            filter,
            &url,
            &format!("../{name}"),
        ]);
        let clone = Repo {
            temp: tempfile::tempdir().expect("a directory"),
            dir: repo.temp.path().join(name),
        };
        clone.git(&[
            "config",
            "remote.origin.uploadpack",
            trap.to_str().expect("text"),
        ]);
        clone.git(&["config", "protocol.file.allow", "always"]);
        let main = Revision::open(&clone.dir, "origin/main").expect("the commit is here");
        assert_eq!(
            text(&main, "applygate.toml"),
            Err(Why::Unreachable),
            "{name}"
        );
        assert!(
            !trace.exists(),
            "{name}: {}",
            fs::read_to_string(&trace).unwrap_or_default()
        );
        // Asked without care git does run it.
        clone.try_git(&["cat-file", "blob", "origin/main:applygate.toml"]);
        assert!(trace.exists(), "{name}");
        fs::remove_file(&trace).expect("removed");
    }
}
