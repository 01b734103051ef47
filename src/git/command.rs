//! Asks git one thing, and takes nothing from the environment and little from the repository's own settings.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::git::MAX_BYTES;
use crate::os::program;
use crate::ui::refusal::{Refusal, Why};

/// The most of git's error text that is looked at, in bytes. It is never printed.
const MAX_ERROR: u64 = 64 << 10;

/// Settings of a repository that start other programs, or let a directory in the work tree stand for a repository.
const SETTINGS: [&str; 6] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.useReplaceRefs=false",
    "safe.bareRepository=explicit",
    "protocol.allow=never",
];

/// A git program, and where it is asked.
#[derive(Debug)]
pub(super) struct Git {
    program: PathBuf,
    dir: PathBuf,
    /// The index in the place of the usual one: `git commit FILE` makes one of its own for its hooks.
    index: Option<PathBuf>,
}

/// What git said.
pub(super) struct Answer {
    /// Whether it ended well.
    pub(super) success: bool,
    /// What it printed, cut off behind the largest file that is read. Whoever counts on the whole must look at `success`, which a cut takes away.
    pub(super) out: Vec<u8>,
    error: Vec<u8>,
}

impl Answer {
    /// Whether its error text has these words.
    pub(super) fn says(&self, words: &str) -> bool {
        String::from_utf8_lossy(&self.error).contains(words)
    }
}

impl Git {
    /// The git of the PATH, asked in this directory.
    pub(super) fn find(dir: &Path) -> Result<Self, Refusal> {
        Ok(Self {
            program: program::find("git").ok_or_else(|| Refusal::new(Why::NoGit))?,
            dir: dir.to_owned(),
            index: None,
        })
    }

    /// The same, with another index.
    pub(super) fn with_index(self, index: Option<PathBuf>) -> Self {
        Self { index, ..self }
    }

    /// The same, asked in another directory.
    pub(super) fn within(self, dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            ..self
        }
    }

    /// Runs it with these words.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn ask(&self, words: &[&str]) -> Result<Answer, Refusal> {
        self.ask_for(words, MAX_BYTES)
    }

    /// The same, with as much of an answer as this.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn ask_for(&self, words: &[&str], most: usize) -> Result<Answer, Refusal> {
        let failed = || Refusal::new(Why::Unreachable).with("git cannot be run");
        let mut child = self.command(words).spawn().map_err(|_| failed())?;
        let (out, error) = (child.stdout.take(), child.stderr.take());
        // Both at once: whoever waits for the one while the other is full waits for ever.
        let (out, error) = std::thread::scope(|scope| {
            let error = scope
                .spawn(|| error.map_or_else(|| Ok(Vec::new()), |error| upto(error, MAX_ERROR)));
            let out = out.map_or_else(|| Ok(Vec::new()), |out| upto(out, most as u64 + 1));
            (out, error.join().unwrap_or_else(|_| Ok(Vec::new())))
        });
        // Its pipes are closed here, so that it ends even when it has more to say.
        let status = child.wait().map_err(|_| failed())?;
        let (out, error) = (out.map_err(|_| failed())?, error.map_err(|_| failed())?);
        Ok(Answer {
            success: status.success() && out.len() <= most,
            out,
            error,
        })
    }

    /// The contents of these blobs, by their hashes, from one run: those that are larger than `most` are left out.
    ///
    /// # Errors
    /// When one of them is not here, or all of them together are more than `all`.
    pub(super) fn blobs(
        &self,
        hashes: &[&str],
        most: usize,
        all: usize,
    ) -> Result<HashMap<String, Vec<u8>>, Refusal> {
        let failed = || Refusal::new(Why::Unreachable).with("git cannot be run");
        let mut child = self
            .command(&["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|_| failed())?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(mut input), Some(output)) = (input, output) else {
            return Err(failed());
        };
        let read = std::thread::scope(|scope| {
            scope.spawn(move || {
                for hash in hashes {
                    // Whoever reads has gone, and says why.
                    if writeln!(input, "{hash}").is_err() {
                        return;
                    }
                }
            });
            let mut output = BufReader::new(output);
            let read = read_blobs(&mut output, hashes, most, all);
            // A writer that waits for room ends with its pipe.
            drop(output);
            read
        });
        if read.is_err() {
            let _ = child.kill();
        }
        child.wait().map_err(|_| failed())?;
        read
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        for (name, _) in std::env::vars_os() {
            if name
                .to_string_lossy()
                .to_ascii_uppercase()
                .starts_with("GIT_")
            {
                command.env_remove(name);
            }
        }
        command
            .current_dir(&self.dir)
            // A partial clone would fetch what it lacks: from where, the repository's settings say.
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_ALLOW_PROTOCOL", "none")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("LC_ALL", "C")
            .env_remove("LANGUAGE")
            .args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"])
            .args(SETTINGS.iter().flat_map(|setting| ["-c", setting]))
            .args(words)
            .envs(self.index.iter().map(|index| ("GIT_INDEX_FILE", index)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

/// What `cat-file --batch` prints: a head for each, `HASH blob SIZE`, and its bytes.
fn read_blobs(
    from: &mut impl BufRead,
    hashes: &[&str],
    most: usize,
    all: usize,
) -> Result<HashMap<String, Vec<u8>>, Refusal> {
    let lacking = || Refusal::new(Why::Unreachable).with("its content is not here");
    let mut found = HashMap::with_capacity(hashes.len());
    let mut sum = 0_usize;
    for hash in hashes {
        let mut head = String::new();
        from.by_ref()
            .take(256)
            .read_line(&mut head)
            .map_err(|_| lacking())?;
        let mut words = head.split_whitespace();
        let (Some(name), Some("blob"), Some(size)) = (words.next(), words.next(), words.next())
        else {
            return Err(lacking());
        };
        let size: u64 = size.parse().map_err(|_| lacking())?;
        if name != *hash {
            return Err(lacking());
        }
        if usize::try_from(size).is_ok_and(|size| size <= most) {
            let mut bytes = Vec::new();
            from.by_ref()
                .take(size)
                .read_to_end(&mut bytes)
                .map_err(|_| lacking())?;
            sum = sum.saturating_add(bytes.len());
            if bytes.len() as u64 != size {
                return Err(lacking());
            }
            if sum > all {
                return Err(Refusal::new(Why::TooLarge).with("the files of the change"));
            }
            found.insert((*hash).to_owned(), bytes);
        } else {
            std::io::copy(&mut from.by_ref().take(size), &mut std::io::sink())
                .map_err(|_| lacking())?;
        }
        let mut end = [0_u8];
        from.read_exact(&mut end).map_err(|_| lacking())?;
    }
    Ok(found)
}

fn upto(from: impl Read, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
