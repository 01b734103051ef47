//! The command: parse, run, print the error, exit code.

use std::io::{self, Write};
use std::process::ExitCode;

use applygate::cli::Cli;
use applygate::exit::Exit;
use applygate::run::run;
use applygate::streams::Streams;
use clap::Parser;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::CouldNotJudge } else { Exit::Through };
            // A closed pipe is no failure of the words that were typed.
            let _ = error.print();
            return exit.into();
        }
    };
    let width = terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).clamp(60, 120));
    let mut out = Forgiving(io::BufWriter::new(anstream::AutoStream::auto(io::stdout())));
    let mut err = anstream::AutoStream::auto(io::stderr());
    let result = run(cli, &mut Streams { out: &mut out, err: &mut err, width }).and_then(|exit| out.flush().map(|()| exit));
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            let _ = writeln!(err, "error: the report cannot be written: {}", error.kind());
            Exit::CouldNotJudge.into()
        }
    }
}

/// A reader of the report may go at any time (`| head`): that is no error, and the exit code stays what the verdict is.
struct Forgiving<W>(W);

impl<W: Write> Write for Forgiving<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}
