//! The candor command; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    candor::main()
}
