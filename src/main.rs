//! The command: parse, run, print the error, exit code.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anstream::ColorChoice;
use applygate::{Color, Environment, Exit, Streams, Styles, parse, run, without_commands};

fn main() -> ExitCode {
    let cli = match parse(std::env::args_os()) {
        Ok(cli) => cli,
        Err((error, colors)) => {
            color(colors);
            let exit = if error.use_stderr() {
                Exit::CouldNotJudge
            } else {
                Exit::Through
            };
            // A closed pipe is no failure of the words that were typed.
            let _ = if error.use_stderr() {
                let text = without_commands(&error.render().ansi().to_string());
                anstream::stderr().write_all(text.as_bytes())
            } else {
                error.print()
            };
            return exit.into();
        }
    };
    color(cli.colors.when());
    let width =
        terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0).clamp(60, 120));
    let environment = Environment::read();
    let closed = Cell::new(false);
    let mut out = Forgiving {
        to: io::BufWriter::new(anstream::AutoStream::auto(io::stdout())),
        closed: &closed,
    };
    let mut err = anstream::AutoStream::auto(io::stderr());
    let mut streams = Streams {
        out: &mut out,
        closed: &closed,
        err: &mut err,
        styles: styles(anstream::AutoStream::choice(&io::stdout())),
        err_styles: styles(anstream::AutoStream::choice(&io::stderr())),
        width,
        err_width: io::stderr().is_terminal().then_some(width),
        tofu: environment.means_tofu(),
    };
    let ended = run(cli, &environment, &mut streams)
        .and_then(|exit| Ok(streams.out.flush().map(|()| exit)?));
    let exit = ended.unwrap_or_else(|problem| {
        // Who reads errors may be gone: the exit code tells it as well.
        let _ = streams.out.flush();
        let _ = streams.refuse(&problem);
        problem.exit()
    });
    exit.into()
}

/// Sets when there are colours, for both streams. What was typed wins over the environment.
fn color(when: Color) {
    let variable = |name| std::env::var_os(name).filter(|text| !text.is_empty());
    let choice = match when {
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
        // As CLICOLOR_FORCE.
        Color::Auto
            if variable("NO_COLOR").is_none()
                && variable("FORCE_COLOR").is_some_and(|text| text != "0") =>
        {
            ColorChoice::Always
        }
        Color::Auto => ColorChoice::Auto,
    };
    choice.write_global();
}

fn styles(choice: ColorChoice) -> Styles {
    match choice {
        ColorChoice::Never => Styles::default(),
        _ => Styles::coloured(),
    }
}

/// A reader of the report may go at any time (`| head`): that is no error, and the exit code stays what the verdict is.
struct Forgiving<'a, W> {
    to: W,
    closed: &'a Cell<bool>,
}

impl<W: Write> Write for Forgiving<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.to.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(bytes.len())
            }
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.to.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed.set(true);
                Ok(())
            }
            other => other,
        }
    }
}
