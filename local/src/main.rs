//! `latchkey`: the whole API in one process, and the operator's commands.

mod cli;
mod engine;
mod first_run;
mod operator;
mod sandbox;
mod serve;

use std::process::ExitCode;

use clap::Parser;

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
