//! The `robotwiki` command: parse arguments, run a verb, exit.

use std::process::ExitCode;

fn main() -> ExitCode {
    robotwiki::cli::main()
}
