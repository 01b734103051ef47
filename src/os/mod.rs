//! What differs between systems when a program is run in front of a person: the terminal, signals, and who the user is. Nothing else in the project does.

pub(crate) mod atomic;
pub(crate) mod digest;
#[cfg(not(unix))]
mod elsewhere;
pub(crate) mod program;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(crate) use elsewhere::Signals;
#[cfg(unix)]
pub(crate) use unix::{
    Signals, Terminal, ask_to_stop, ended_by, host, is_mine, is_safe, lock, open_log, open_plain,
    own_group, private, sealed, shielded, user,
};

/// How much memory there is for this process, in bytes: that of the machine, or of its container where that is less; `None` where nothing says.
#[must_use]
pub(crate) fn memory() -> Option<u64> {
    // https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
    let container = std::fs::read_to_string("/sys/fs/cgroup/memory.max")
        .ok()
        .and_then(|text| text.trim().parse().ok());
    // https://man7.org/linux/man-pages/man5/proc_meminfo.5.html
    let machine = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix("MemTotal:"))?;
            let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            kib.checked_mul(1024)
        });
    [container, machine].into_iter().flatten().min()
}

/// Something that the gate waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// The terminal has something to read.
    Typed,
    /// An interrupt from the keyboard (Ctrl-C).
    Interrupt,
    /// Ctrl-\.
    Quit,
    /// Somebody asks the process to end.
    Terminate,
    /// The terminal or the session is gone.
    HangUp,
    /// The child may have ended.
    Child,
}
