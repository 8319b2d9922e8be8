//! `latchkey import` and `latchkey export`: moving in and moving out (spec 20.1).

mod lines;

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use shared::clock::Clock;
use shared::ids::Id;
use shared::provision;
use shared::store::{Item, Unit, keys, unit};
use shared::transfer::draft::AccountName;
use shared::transfer::import::{Options, Report};
use shared::transfer::{Transfer, export as exporting, kinds};

use crate::cli::{Outcome, Target};
use lines::{Lines, Place};

/// How many records are checked and written together.
const BATCH: usize = 400;

/// What to import.
#[derive(Args, Clone, Debug)]
pub struct Import {
    #[command(flatten)]
    target: Target,
    /// File of records, one JSON object a line; `-` is standard input.
    #[arg(default_value = "-")]
    file: PathBuf,
    /// Store all records or none.
    #[arg(long)]
    atomic: bool,
    /// Account (id or slug) of records that name none.
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,
}

/// What to export.
#[derive(Args, Clone, Debug)]
pub struct Export {
    #[command(flatten)]
    target: Target,
    /// Account (id or slug).
    #[arg(long, value_name = "ACCOUNT")]
    account: String,
    /// Only records of this type.
    #[arg(long = "type", value_name = "TYPE", value_parser = kind)]
    kind: Option<String>,
    /// Include private keys and digests of tokens and passwords.
    #[arg(long)]
    secrets: bool,
}

fn kind(text: &str) -> Result<String, String> {
    match kinds::find(text) {
        Some(_) => Ok(text.to_owned()),
        None => {
            let known: Vec<&str> = kinds::KINDS.iter().map(|kind| kind.definition().kind).collect();
            Err(format!("the types are {}", known.join(", ")))
        }
    }
}

/// Imports records. Exit status 1 if one was refused.
///
/// # Errors
/// One sentence: the file cannot be read, the table cannot be used.
pub async fn import(options: Import) -> Outcome {
    let mut lines = Lines::open(&options.file)?;
    let account = options.account.as_deref().map(AccountName::parse);
    let opened = options.target.open().await?;
    let transfer = Transfer { store: &opened.store, vault: &opened.vault, now: Clock::system().now() };
    let options_of_batch = Options { atomic: options.atomic, account };
    let total: usize = lines.by_rank.iter().map(Vec::len).sum();
    let mut run = Run { transfer, options: options_of_batch, tally: Tally::new(total) };
    for refusal in std::mem::take(&mut lines.malformed) {
        run.tally.refuse(refusal.line, "", &refusal.reason);
    }
    if options.atomic {
        run.atomically(&mut lines).await?;
    } else {
        run.piecemeal(&mut lines).await?;
    }
    if options.target.table.is_none() {
        run.adopt().await?;
    }
    Ok(run.tally.finish())
}

/// An import under way.
struct Run<'a> {
    transfer: Transfer<'a>,
    options: Options,
    tally: Tally,
}

impl Run<'_> {
    /// All records or none.
    async fn atomically(&mut self, lines: &mut Lines) -> Result<(), String> {
        let places: Vec<Place> = std::mem::take(&mut lines.by_rank).into_iter().flatten().collect();
        let mut records = Vec::with_capacity(places.len());
        for place in &places {
            records.push(lines.read(place)?);
        }
        let report = if self.tally.refused > 0 {
            self.transfer.check(&records, &self.options).await.map_err(|error| error.to_string())?
        } else {
            self.batch(&records).await?
        };
        self.note(&report, &places);
        Ok(())
    }

    /// The good ones, parents first. What waits for records of its own type is tried again.
    async fn piecemeal(&mut self, lines: &mut Lines) -> Result<(), String> {
        let mut waiting: Vec<Place> = Vec::new();
        for places in std::mem::take(&mut lines.by_rank) {
            waiting.extend(self.pass(lines, &places, true).await?);
        }
        while !waiting.is_empty() {
            let left = self.pass(lines, &waiting, true).await?;
            if left.len() == waiting.len() {
                self.pass(lines, &left, false).await?;
                return Ok(());
            }
            waiting = left;
        }
        Ok(())
    }

    /// Imports these lines; those that miss another record come back, if they may.
    async fn pass(&mut self, lines: &mut Lines, places: &[Place], patient: bool) -> Result<Vec<Place>, String> {
        let mut waiting = Vec::new();
        for chunk in places.chunks(BATCH) {
            let mut records = Vec::with_capacity(chunk.len());
            for place in chunk {
                records.push(lines.read(place)?);
            }
            let mut report = self.batch(&records).await?;
            if patient {
                report.problems.retain(|problem| {
                    if problem.fault.waits {
                        waiting.push(chunk[problem.index]);
                    }
                    !problem.fault.waits
                });
            }
            self.note(&report, chunk);
        }
        Ok(waiting)
    }

    async fn batch(&self, records: &[Value]) -> Result<Report, String> {
        let imported = self.transfer.import(records, &self.options).await;
        imported.map_err(|error| {
            let stored = self.tally.stored;
            format!("the import stopped after {stored} records: {error}; run it again, what is stored stays")
        })
    }

    fn note(&mut self, report: &Report, places: &[Place]) {
        for problem in &report.problems {
            self.tally.refuse(places[problem.index].line, &problem.fault.pointer, &problem.fault.detail);
        }
        for (name, number) in &report.unknown {
            *self.tally.unknown.entry(name.clone()).or_default() += number;
        }
        for done in report.done.iter().flatten() {
            *self.tally.kinds.entry(done.kind).or_default() += 1;
            if done.kind == "accounts" {
                self.tally.account.get_or_insert(done.id);
            }
        }
        let stored = report.done.iter().flatten().count() as u64;
        self.tally.stored += stored;
        self.tally.bar.inc(stored);
    }

    /// An account that moves into an empty data directory is the one that the server serves.
    async fn adopt(&self) -> Result<(), String> {
        let Some(account) = self.tally.account else { return Ok(()) };
        first(self.transfer.store, account).await
    }
}

/// Makes an account the one that a local server serves, unless there is one already.
///
/// # Errors
/// One sentence.
pub async fn first(store: &shared::store::Store, account: Id) -> Result<(), String> {
    let claim = keys::claim(None, "first-account", "");
    if store.claimed_by(&claim).await.map_err(|error| error.to_string())?.is_some() {
        return Ok(());
    }
    let holder = aws_sdk_dynamodb::types::AttributeValue::S(account.to_string());
    let mut work = Unit::new();
    work.put(&claim, Item::from([(unit::CLAIM_HOLDER.to_owned(), holder)]), None);
    work.commit(store).await.map_err(|error| error.to_string())
}

/// What happened so far, and how it shows.
struct Tally {
    bar: ProgressBar,
    stored: u64,
    refused: u64,
    kinds: BTreeMap<&'static str, u64>,
    unknown: BTreeMap<String, u64>,
    account: Option<Id>,
}

impl Tally {
    fn new(total: usize) -> Self {
        let bar = if io::stderr().is_terminal() { ProgressBar::new(total as u64) } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} records, {per_sec}, {eta} left");
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, stored: 0, refused: 0, kinds: BTreeMap::new(), unknown: BTreeMap::new(), account: None }
    }

    fn refuse(&mut self, line: u64, pointer: &str, detail: &str) {
        self.refused += 1;
        let at = if pointer.is_empty() { String::new() } else { format!(", {pointer}") };
        self.bar.suspend(|| eprintln!("line {line}{at}: {detail}"));
    }

    fn finish(self) -> ExitCode {
        self.bar.finish_and_clear();
        for (name, number) in &self.unknown {
            eprintln!("passed over {name}, which is unknown here, in {number} records");
        }
        let kinds: Vec<String> = self.kinds.iter().map(|(kind, number)| format!("{number} {kind}")).collect();
        let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        println!("{} records imported{kinds}, {} refused", self.stored, self.refused);
        if self.refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Writes an account's records to standard output, parents first, oldest first.
///
/// # Errors
/// One sentence.
pub async fn export(options: Export) -> Outcome {
    let opened = options.target.open().await?;
    let found = provision::find(&opened.store, &options.account).await.map_err(|error| error.to_string())?;
    let account = found.ok_or_else(|| format!("there is no account '{}' here", options.account))?;
    let transfer = Transfer { store: &opened.store, vault: &opened.vault, now: Clock::system().now() };
    let kinds = exporting::selection(options.kind.as_deref()).ok_or("there is no such type")?;
    let mut out = BufWriter::new(io::stdout().lock());
    for kind in kinds {
        let mut pages = transfer.export(account.id, kind, options.secrets).await.map_err(|error| error.to_string())?;
        loop {
            let page = pages.next().await.map_err(|error| error.to_string())?;
            if page.is_empty() {
                break;
            }
            for record in page {
                if let Err(error) = writeln!(out, "{record}") {
                    return gone(&error);
                }
            }
        }
    }
    match out.flush() {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(error) => gone(&error),
    }
}

/// Who reads the export may stop whenever it wants.
fn gone(error: &io::Error) -> Outcome {
    if error.kind() == io::ErrorKind::BrokenPipe {
        Ok(ExitCode::SUCCESS)
    } else {
        Err(format!("the export cannot be written: {error}"))
    }
}
