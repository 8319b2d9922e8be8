//! The table and the vault: embedded in a data directory, in memory, or deployed.

mod in_process;

use std::fs;
use std::path::Path;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::auth::AuthSchemeId;
use dynoxide::Database;
use shared::crypto::sealed::Vault;
use shared::store::{Store, schema};

use crate::cli::Target;

/// Name of the table of a local server.
const TABLE: &str = "latchkey";

/// A table, ready for use, and what seals its secrets.
#[derive(Debug)]
pub struct Opened {
    /// The table.
    pub store: Store,
    /// The vault.
    pub vault: Vault,
}

/// The table of a data directory, in the embedded engine or at another endpoint.
///
/// # Errors
/// One sentence: the directory cannot be used, its database or key file is damaged, the endpoint does not answer.
pub async fn local(data: &Path, endpoint: Option<&str>) -> Result<Opened, String> {
    fs::create_dir_all(data)
        .map_err(|error| format!("the data directory {} cannot be made: {error}", data.display()))?;
    let key = data.join("vault.key");
    if data.join("latchkey.db").exists() && !key.exists() {
        return Err(format!("{} is missing, and without it nobody's keys can be read: put it back", key.display()));
    }
    let vault = Vault::file(key).map_err(|error| error.to_string())?;
    let client = match endpoint {
        Some(endpoint) => client_of(endpoint),
        None => {
            let path = data.join("latchkey.db");
            check(&path)?;
            let text = path.to_str().ok_or("the data directory's name is not UTF-8")?;
            embed(open(text).map_err(|error| damaged(&path, &error))?)
        }
    };
    let store = Store::new(client, TABLE);
    ensure_table(&store).await?;
    Ok(Opened { store, vault })
}

/// An empty table in memory, or at another endpoint.
///
/// # Errors
/// One sentence.
pub async fn ephemeral(endpoint: Option<&str>) -> Result<Opened, String> {
    let vault = Vault::file(ephemeral_key()?).map_err(|error| error.to_string())?;
    let (client, table) = match endpoint {
        Some(endpoint) => (client_of(endpoint), format!("sandbox-{}", shared::ids::new_id())),
        None => {
            let memory = format!("file:latchkey-{}?mode=memory&cache=shared", shared::ids::new_id());
            (embed(open(&memory)?), TABLE.to_owned())
        }
    };
    let store = Store::new(client, &table);
    ensure_table(&store).await?;
    Ok(Opened { store, vault })
}

/// Where the key of a server that keeps nothing lies: a file of this process alone.
fn ephemeral_key() -> Result<std::path::PathBuf, String> {
    let directory = std::env::temp_dir().join(format!("latchkey-{}", std::process::id()));
    fs::create_dir_all(&directory).map_err(|error| error.to_string())?;
    Ok(directory.join("vault.key"))
}

/// A table in AWS.
///
/// # Errors
/// One sentence.
pub async fn deployed(table: &str, target: &Target) -> Result<Opened, String> {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(region) = &target.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let aws = loader.load().await;
    let client = match &target.endpoint {
        Some(endpoint) => client_of(endpoint),
        None => Client::new(&aws),
    };
    let vault = match &target.kms_key {
        Some(key) => Vault::kms(aws_sdk_kms::Client::new(&aws), key.clone()),
        None if target.endpoint.is_some() => {
            fs::create_dir_all(&target.data).map_err(|error| error.to_string())?;
            Vault::file(target.data.join("vault.key")).map_err(|error| error.to_string())?
        }
        None => return Err("--table needs --kms-key, the key that the stack's outputs name".to_owned()),
    };
    Ok(Opened { store: Store::new(client, table), vault })
}

/// Opens a database of the engine, with an index that it lacks: to number a stream record the engine looks for the
/// largest number there is, which takes it longer with every write unless the numbers are in order. DynamoDB keeps a
/// day of its stream; the engine would keep all of it.
fn open(path: &str) -> Result<Database, String> {
    let database = Database::new(path).map_err(|error| error.to_string())?;
    let tidy = "CREATE INDEX IF NOT EXISTS _stream_order
                ON _stream_records (table_name, CAST(sequence_number AS INTEGER));
                DELETE FROM _stream_records WHERE created_at < unixepoch() - 86400";
    let tidied = rusqlite::Connection::open(path).and_then(|connection| connection.execute_batch(tidy));
    tidied.map_err(|error| error.to_string())?;
    Ok(database)
}

/// A client of a database in this process.
fn embed(database: Database) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url("http://embedded")
        .allow_no_auth()
        .auth_scheme_preference([AuthSchemeId::new("noAuth")])
        .http_client(in_process::client(database));
    Client::from_conf(config.build())
}

/// A client of another engine, which takes any credentials.
fn client_of(endpoint: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("latchkey", "latchkey", None, None, "local"));
    Client::from_conf(config.build())
}

/// Creates the table unless it is there.
///
/// # Errors
/// One sentence.
pub async fn ensure_table(store: &Store) -> Result<(), String> {
    let there = store.client().describe_table().table_name(store.table()).send().await.is_ok();
    if there {
        return Ok(());
    }
    let request = schema::create_table(store.client(), store.table()).map_err(|error| error.to_string())?;
    request.send().await.map_err(|error| {
        format!("the table cannot be created: {}", aws_sdk_dynamodb::error::DisplayErrorContext(error))
    })?;
    for _ in 0..100 {
        let answer = store.client().describe_table().table_name(store.table()).send().await;
        let active = answer.ok().and_then(|answer| answer.table).and_then(|table| table.table_status);
        if active == Some(aws_sdk_dynamodb::types::TableStatus::Active) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err("the table did not become active".to_owned())
}

/// Refuses a file that is no database, before the engine touches it.
fn check(path: &Path) -> Result<(), String> {
    use std::io::Read;
    let mut header = [0; 16];
    match fs::File::open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
        Ok(mut file) => match file.read(&mut header) {
            Ok(0) => Ok(()),
            Ok(16) if &header == b"SQLite format 3\0" => Ok(()),
            Ok(_) => Err(damaged(path, "it is not a database")),
            Err(error) => Err(format!("{} cannot be read: {error}", path.display())),
        },
    }
}

fn damaged(path: &Path, reason: &str) -> String {
    format!("{} is damaged and was left untouched: {reason}", path.display())
}
