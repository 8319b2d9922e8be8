//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::{engine, operator, serve};

/// What a command ends with: an exit code, or one sentence that says why not.
pub type Outcome = Result<ExitCode, String>;

/// Latchkey: a licensing API that speaks the Keygen protocol. Without a command it serves.
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do instead of serving.
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Serve,
}

/// How to serve.
#[derive(Args, Clone, Debug)]
pub struct Serve {
    /// Port to listen on.
    #[arg(long, default_value_t = 8787)]
    pub port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "127.0.0.1")]
    pub address: std::net::IpAddr,
    /// Directory for everything that is kept.
    #[arg(long, default_value = ".latchkey", value_name = "DIRECTORY")]
    pub data: PathBuf,
    /// Serve HTTPS, TLS 1.2 or newer, with a self-signed certificate kept in the data directory.
    #[arg(long)]
    pub tls: bool,
    /// Rehearse: many accounts, nothing kept, and the controls below `/-/sandbox`. Loopback only.
    #[arg(long)]
    pub sandbox: bool,
    /// Serve this account (id or slug) of the data directory, rather than the first one.
    #[arg(long, value_name = "ACCOUNT", conflicts_with = "sandbox")]
    pub account: Option<String>,
    /// Domain of the service: absolute links, custom domains, the portal's origin.
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
}

/// Where the table is.
#[derive(Args, Clone, Debug)]
pub struct Target {
    /// Name of a deployed table; without it the data directory is used.
    #[arg(long)]
    pub table: Option<String>,
    /// AWS region of the table.
    #[arg(long, requires = "table")]
    pub region: Option<String>,
    /// Endpoint of another DynamoDB engine.
    #[arg(long, env = "DYNAMODB_ENDPOINT")]
    pub endpoint: Option<String>,
    /// AWS KMS key that seals secrets (id, ARN or alias).
    #[arg(long, requires = "table")]
    pub kms_key: Option<String>,
    /// Data directory of a local server (which must not be running).
    #[arg(long, default_value = ".latchkey", value_name = "DIRECTORY")]
    pub data: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve (the same as no command).
    Serve(Serve),
    /// Accounts.
    #[command(subcommand)]
    Accounts(operator::accounts::Command),
    /// Read records, one JSON object a line, from a file or standard input.
    Import(operator::transfer::Import),
    /// Write records, one JSON object a line, to standard output.
    Export(operator::transfer::Export),
    /// The table.
    #[command(subcommand)]
    Table(operator::table::Command),
    /// Measure requests a second.
    Bench(operator::bench::Bench),
    /// Describe the API as an OpenAPI 3.1 document.
    Openapi,
}

/// Does what the arguments say.
///
/// # Errors
/// One sentence for the terminal.
pub async fn run(arguments: Arguments) -> Outcome {
    match arguments.command.unwrap_or(Command::Serve(arguments.serve)) {
        Command::Serve(options) => serve::serve(options).await,
        Command::Accounts(command) => operator::accounts::run(command).await,
        Command::Import(options) => operator::transfer::import(options).await,
        Command::Export(options) => operator::transfer::export(options).await,
        Command::Table(command) => operator::table::run(command).await,
        Command::Bench(options) => operator::bench::run(options).await,
        Command::Openapi => {
            println!("{:#}", operator::openapi::document());
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Target {
    /// The table and the vault behind it.
    ///
    /// # Errors
    /// When they cannot be reached or opened.
    pub async fn open(&self) -> Result<engine::Opened, String> {
        match &self.table {
            Some(table) => engine::deployed(table, self).await,
            None => engine::local(&self.data, self.endpoint.as_deref()).await,
        }
    }
}
