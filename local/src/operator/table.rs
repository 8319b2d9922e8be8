//! `latchkey table`: the table itself.

use std::process::ExitCode;

use clap::Subcommand;

use crate::cli::{Outcome, Target};
use crate::engine;

/// The table.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create the table, unless it is there. A deployed table is made by the stack; this is for a
    /// local server or another DynamoDB engine.
    Create(Create),
}

/// Where the table goes.
#[derive(clap::Args, Clone, Debug)]
pub struct Create {
    #[command(flatten)]
    target: Target,
}

/// Does what the command says.
///
/// # Errors
/// One sentence.
pub async fn run(command: Command) -> Outcome {
    let Command::Create(Create { target }) = command;
    let opened = target.open().await?;
    engine::ensure_table(&opened.store).await?;
    println!("The table {} is ready.", opened.store.table());
    Ok(ExitCode::SUCCESS)
}
