//! Real repositories to try things in. What is peculiar to one file of tests stands there, as more methods of [`Repo`].
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use applygate::testing::program;
use tempfile::TempDir;

/// A repository, with a place beside it for what must not be in it.
pub struct Repo {
    pub temp: TempDir,
    pub dir: PathBuf,
}

/// One without a commit, on the branch `main`; `None`, with a message, where there is no git.
pub fn repository() -> Option<Repo> {
    if program::find("git").is_none() {
        eprintln!("skipped: there is no git on the PATH");
        return None;
    }
    let temp = tempfile::tempdir().expect("a directory");
    let dir = temp.path().canonicalize().expect("its path").join("clone");
    fs::create_dir(&dir).expect("made");
    let repo = Repo { temp, dir };
    repo.git(&["init", "-q", "-b", "main"]);
    Some(repo)
}

impl Repo {
    /// git in a directory, with nothing of this machine's settings.
    pub fn command(dir: &Path) -> Command {
        let mut command = Command::new(program::find("git").expect("git"));
        for setting in [
            "user.name=x",
            "user.email=x@example.org",
            "protocol.file.allow=always",
            "core.autocrlf=false",
        ] {
            command.args(["-c", setting]);
        }
        for name in ["GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"] {
            command.env(name, "2026-11-01T12:00:00Z");
        }
        command
            .current_dir(dir)
            .env("GIT_CONFIG_GLOBAL", "/dev/null");
        command
    }

    pub fn git_in(dir: &Path, args: &[&str]) -> Output {
        Self::command(dir).args(args).output().expect("it runs")
    }

    pub fn try_git(&self, args: &[&str]) -> Output {
        Self::git_in(&self.dir, args)
    }

    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let output = self.try_git(args);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        let text = String::from_utf8(output.stdout).expect("text");
        text.trim().to_owned()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.dir.join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    /// Everything that is there as a commit; its hash.
    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }
}
