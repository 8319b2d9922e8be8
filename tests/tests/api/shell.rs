//! Commands of the documentation, run as they stand there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::Vendor;

/// The blocks of shell commands in a text.
pub fn blocks(text: &str) -> Vec<String> {
    let blocks = text.split("```bash\n").skip(1).map(|block| block.split("```").next().expect("a block"));
    blocks.map(str::to_owned).collect()
}

/// The blocks of shell commands in a section of a document.
pub fn section(document: &str, heading: &str) -> Vec<String> {
    let (_, section) = document.split_once(&format!("\n## {heading}\n")).expect("the section");
    blocks(section.split("\n## ").next().expect("a text"))
}

/// Runs a script as a vendor who has `LATCHKEY` and `TOKEN` from the first start, and more variables.
pub async fn run(vendor: &Vendor, folder: &Path, variables: &[(&str, &str)], script: &str) -> Output {
    let mut command = Command::new("bash");
    command
        .args(["-c", &format!("set -eo pipefail\n{script}")])
        .current_dir(folder)
        .env("LATCHKEY", format!("{}/v1/accounts/{}", vendor.server.url, vendor.account.id))
        .env("TOKEN", vendor.authorization.trim_start_matches("Bearer "))
        .envs(variables.iter().copied());
    // The commands ask the server, which runs beside them.
    let ran = tokio::task::spawn_blocking(move || command.output()).await.expect("a thread");
    ran.expect("bash")
}

/// Whether commands are there. CI installs them.
pub fn has(commands: &[&str]) -> bool {
    commands.iter().all(|name| match Command::new(name).arg("--version").output() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::NotFound && std::env::var_os("CI").is_none() => false,
        Err(error) => panic!("{name}: {error}"),
    })
}

/// An empty folder of a test.
pub fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}
