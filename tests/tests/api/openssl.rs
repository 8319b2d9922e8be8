//! The commands of the README and of docs/OFFLINE.md, as they stand there, with the `openssl` command.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use support::{Server, Vendor, id};

use crate::shell::{self, section};

const README: &str = include_str!("../../../README.md");
const OFFLINE: &str = include_str!("../../../docs/OFFLINE.md");

/// Whether a line is for keys of a scheme: it ends with the scheme's name, or with none.
fn is_for(line: &str, scheme: &str) -> bool {
    let named = line.rsplit_once(" # ").map(|(_, name)| name.trim());
    named.is_none_or(|name| {
        name == scheme || !name.chars().all(|one| one.is_ascii_uppercase() || one.is_ascii_digit() || one == '_')
    })
}

/// A desk to work at: an empty folder, and what the commands take from their surroundings.
struct Desk<'a> {
    vendor: &'a Vendor,
    folder: &'a Path,
    key: &'a str,
    license: &'a str,
}

impl Desk<'_> {
    async fn run(&self, script: &str) -> Output {
        shell::run(self.vendor, self.folder, &[("KEY", self.key), ("LICENSE", self.license)], script).await
    }
}

#[tokio::test]
async fn keys_of_every_scheme_verify_as_documented() {
    if !shell::has(&["openssl"]) {
        return;
    }
    let (_server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let readme = section(README, "Verify a key offline").concat();
    let further = section(OFFLINE, "Keys of every scheme");
    for scheme in [
        "ED25519_SIGN",
        "ECDSA_P256_SIGN",
        "RSA_2048_PKCS1_SIGN_V2",
        "RSA_2048_PKCS1_PSS_SIGN_V2",
        "RSA_2048_PKCS1_SIGN",
        "RSA_2048_PKCS1_PSS_SIGN",
        "RSA_2048_PKCS1_ENCRYPT",
        "RSA_2048_JWT_RS256",
    ] {
        let policy = vendor.policy(&product, json!({"scheme": scheme})).await;
        let said = json!({"tier": "pro", "scheme": scheme}).to_string();
        let license = vendor.license(&policy, json!({"key": said})).await;
        let key = license["attributes"]["key"].as_str().expect("a key");
        let folder = shell::folder(scheme);
        let desk = Desk { vendor: &vendor, folder: &folder, key, license: &id(&license) };

        let in_readme = readme.contains(&format!(" # {scheme}\n"));
        let script =
            if in_readme { readme.clone() } else { format!("{}\n{}", fetching(&readme), block(&further, scheme)) };
        let script: Vec<&str> = script.lines().filter(|line| is_for(line, scheme)).collect();
        let ran = desk.run(&script.join("\n")).await;
        let shown = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{scheme}: {shown}{}", String::from_utf8_lossy(&ran.stderr));
        if in_readme || scheme == "RSA_2048_PKCS1_ENCRYPT" {
            assert!(shown.ends_with(&said), "{scheme} says {shown}");
        }

        // Of somebody else's making: the same commands say no.
        let forged = forge(key);
        let desk = Desk { key: &forged, ..desk };
        let ran = desk.run(&script.join("\n")).await;
        assert!(!ran.status.success(), "{scheme}: {}", String::from_utf8_lossy(&ran.stdout));
    }
}

/// The commands of the README that fetch the public keys.
fn fetching(readme: &str) -> String {
    readme.lines().take_while(|line| !line.starts_with("# What is signed")).collect::<Vec<_>>().join("\n")
}

/// The block that has the command for a scheme.
fn block<'a>(blocks: &'a [String], scheme: &str) -> &'a str {
    blocks.iter().find(|block| block.contains(&format!(" # {scheme}\n"))).expect("a block")
}

/// A key whose first letters say something else.
fn forge(key: &str) -> String {
    let at = key.find('/').map_or(3, |slash| slash + 3);
    let other = if key.as_bytes()[at] == b'A' { "B" } else { "A" };
    format!("{}{other}{}", &key[..at], &key[at + 1..])
}

#[tokio::test]
async fn a_license_file_opens_as_documented() {
    if !shell::has(&["openssl"]) {
        return;
    }
    let (_server, vendor) = Server::single().await;
    let license = vendor.licensed(json!({"scheme": "ED25519_SIGN"})).await;
    let key = license["attributes"]["key"].as_str().expect("a key");
    let folder = shell::folder("file");
    let desk = Desk { vendor: &vendor, folder: &folder, key, license: &id(&license) };
    let fetching = fetching(&section(README, "Verify a key offline").concat());
    let script = format!("{fetching}\n{}", section(OFFLINE, "License files").concat());
    let ran = desk.run(&script).await;
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{shown}{}", String::from_utf8_lossy(&ran.stderr));
    let dataset = shown.split_once('{').map(|(_, rest)| format!("{{{rest}")).expect("a dataset");
    let dataset: Value = serde_json::from_str(&dataset).expect("a document");
    assert_eq!((&dataset["data"]["id"], &dataset["meta"]["ttl"]), (&license["id"], &json!(2_629_746)));
}

#[tokio::test]
async fn an_activation_proof_verifies_as_documented() {
    if !shell::has(&["openssl"]) {
        return;
    }
    let (_server, vendor) = Server::single().await;
    let license = id(&vendor.licensed(json!({"floating": true})).await);
    let attributes = json!({"fingerprint": "AA:BB"});
    let machine = id(&vendor.make("machines", attributes, &[("license", "licenses", &license)]).await);
    let fetching = fetching(&section(README, "Verify a key offline").concat());
    let proving = section(OFFLINE, "Activation proofs").concat();
    let folder = shell::folder("proof");
    let ran = shell::run(&vendor, &folder, &[("MACHINE", &machine)], &format!("{fetching}\n{proving}")).await;
    let shown = String::from_utf8_lossy(&ran.stdout);
    assert!(ran.status.success(), "{shown}{}", String::from_utf8_lossy(&ran.stderr));
    let dataset = shown.split_once('{').map(|(_, rest)| format!("{{{rest}")).expect("a dataset");
    let dataset: Value = serde_json::from_str(&dataset).expect("a document");
    assert_eq!((&dataset["machine"]["id"], &dataset["machine"]["fingerprint"]), (&json!(machine), &json!("AA:BB")));
    assert_eq!(dataset["license"]["id"], json!(license));

    // About another computer: the same commands say no.
    let other = proving.replace("printf %s \"${PROOF%.*}\" > signed", "printf %s \"${PROOF%.*}A\" > signed");
    assert_ne!(other, proving);
    let ran = shell::run(&vendor, &folder, &[("MACHINE", &machine)], &format!("{fetching}\n{other}")).await;
    assert!(!ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
}
