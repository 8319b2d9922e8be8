//! `latchkey`: the whole API in one process, and the operator's commands.

use std::process::ExitCode;

use clap::Parser;
use latchkey_local::cli;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    shared::telemetry::init_text();
    match cli::run(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("latchkey: {error}");
            ExitCode::FAILURE
        }
    }
}
