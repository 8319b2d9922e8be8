use std::sync::{Arc, Mutex};

use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// An empty folder of its own for each caller; removed when dropped.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("latchkey-vault-{}", Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn key(&self) -> PathBuf {
        self.0.join("key")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn a_file_vault_round_trips_across_restarts() {
    let folder = Folder::new();
    let vault = Vault::file(folder.key()).unwrap();
    let sealed = vault.seal("account", b"secret").await.unwrap();
    assert!(sealed.starts_with("l1.") && sealed != vault.seal("account", b"secret").await.unwrap());

    let again = Vault::file(folder.key()).unwrap();
    assert_eq!(again.open("account", &sealed).await.unwrap().as_slice(), b"secret");
    assert!(matches!(again.open("other", &sealed).await, Err(VaultError::Unreadable)));
    assert!(matches!(again.open("account", &sealed[3..]).await, Err(VaultError::Unreadable)));
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1, "no drafts are left");

    let stranger = Folder::new();
    let other = Vault::file(stranger.key()).unwrap();
    assert!(matches!(other.open("account", &sealed).await, Err(VaultError::Unreadable)));
}

#[cfg(unix)]
#[test]
fn the_key_file_is_private_and_its_folder_is_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let path = folder.0.join("a/b/key");
    Vault::file(&path).unwrap();
    let file = std::fs::metadata(path).unwrap();
    assert_eq!((file.permissions().mode() & 0o777, file.len()), (0o600, 32));
}

#[test]
fn a_damaged_key_file_is_refused_and_kept() {
    let folder = Folder::new();
    for bytes in [vec![], vec![7; 31], vec![7; 33], vec![0; 32], vec![7; 4096]] {
        std::fs::write(folder.key(), &bytes).unwrap();
        let error = Vault::file(folder.key()).unwrap_err();
        assert!(matches!(error, VaultError::Damaged { found, .. } if found == bytes.len() as u64), "{error}");
        assert!(error.to_string().contains("is damaged"));
        assert_eq!(std::fs::read(folder.key()).unwrap(), bytes);
    }
    assert!(matches!(Vault::file(&folder.0), Err(VaultError::File { .. })), "a folder is no key file");
}

#[tokio::test]
async fn starting_at_once_ends_in_one_key() {
    let folder = Folder::new();
    let vaults: Vec<Vault> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| Vault::file(folder.key()).unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let sealed = vaults[0].seal("a", b"x").await.unwrap();
    for vault in &vaults {
        assert_eq!(vault.open("a", &sealed).await.unwrap().as_slice(), b"x");
    }
}

/// KMS as far as the vault uses it, over HTTP: a "wrapped" key is the context and the key.
/// Notes the operations that were called.
async fn kms() -> (aws_sdk_kms::Client, Arc<Mutex<Vec<String>>>) {
    async fn answer(
        State(calls): State<Arc<Mutex<Vec<String>>>>,
        headers: HeaderMap,
        body: String,
    ) -> (StatusCode, String) {
        let body: Value = serde_json::from_str(&body).unwrap();
        let operation = headers["x-amz-target"].to_str().unwrap().to_owned();
        calls.lock().unwrap().push(operation.clone());
        let context = body["EncryptionContext"]["account"].as_str().unwrap();
        if operation.ends_with("GenerateDataKey") {
            let key = random::<32>().unwrap();
            let wrapped = [context.as_bytes(), &key].concat();
            let (plain, wrapped) = (STANDARD.encode(key), STANDARD.encode(wrapped));
            return (
                StatusCode::OK,
                json!({ "Plaintext": plain, "CiphertextBlob": wrapped, "KeyId": "k" }).to_string(),
            );
        }
        let blob = STANDARD.decode(body["CiphertextBlob"].as_str().unwrap()).unwrap();
        match blob.strip_prefix(context.as_bytes()) {
            Some(key) if key.len() == 32 => (StatusCode::OK, json!({ "Plaintext": STANDARD.encode(key) }).to_string()),
            _ => (StatusCode::BAD_REQUEST, json!({ "__type": "InvalidCiphertextException" }).to_string()),
        }
    }
    let calls = Arc::new(Mutex::new(Vec::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = axum::Router::new().fallback(answer).with_state(Arc::clone(&calls));
    tokio::spawn(async move { axum::serve(listener, router).await });
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(format!("http://{address}"))
        .build();
    (aws_sdk_kms::Client::from_conf(config), calls)
}

#[tokio::test]
async fn a_kms_vault_asks_once_for_each_account() {
    let (client, calls) = kms().await;
    let vault = Vault::kms(client.clone(), "alias/latchkey");
    let one = vault.seal("account-1", b"one").await.unwrap();
    let two = vault.seal("account-1", b"two").await.unwrap();
    assert!(one.starts_with("k1."));
    assert_eq!(vault.open("account-1", &one).await.unwrap().as_slice(), b"one");
    assert_eq!(*calls.lock().unwrap(), ["TrentService.GenerateDataKey"]);

    let fresh = Vault::kms(client, "alias/latchkey");
    assert_eq!(fresh.open("account-1", &two).await.unwrap().as_slice(), b"two");
    assert_eq!(fresh.open("account-1", &one).await.unwrap().as_slice(), b"one");
    fresh.seal("account-1", b"three").await.unwrap();
    assert_eq!(*calls.lock().unwrap(), ["TrentService.GenerateDataKey", "TrentService.Decrypt"]);
    fresh.seal("account-2", b"x").await.unwrap();
    assert_eq!(calls.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_kms_vault_refuses_other_contexts_and_changes() {
    let (client, _) = kms().await;
    let vault = Vault::kms(client, "k");
    let sealed = vault.seal("account-1", b"one").await.unwrap();
    let mut changed = sealed.clone();
    changed.push('A');
    for (context, value) in
        [("account-2", sealed.as_str()), ("account-1", &changed), ("account-1", "l1.AAAA"), ("account-1", "k1.!.A")]
    {
        assert!(matches!(vault.open(context, value).await, Err(VaultError::Unreadable)), "{value}");
    }
}

#[tokio::test]
async fn an_unreachable_kms_is_an_error_of_its_own() {
    let config = aws_sdk_kms::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-north-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(aws_sdk_kms::config::retry::RetryConfig::disabled())
        .endpoint_url("http://127.0.0.1:1")
        .build();
    let vault = Vault::kms(aws_sdk_kms::Client::from_conf(config), "k");
    assert!(matches!(vault.seal("a", b"x").await, Err(VaultError::Kms(_))));
}

#[test]
fn cookies_are_bound_to_account_and_name() {
    let (session, sealer) = (Uuid::new_v4(), CookieSealer::new("secret").unwrap());
    let value = sealer.seal("session_id", session).unwrap();
    assert_eq!(value.len(), 59);
    assert!(value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')));
    assert_ne!(sealer.seal("session_id", session).unwrap(), value);
    assert_eq!(sealer.open("session_id", &value), Some(session));
    assert_eq!(CookieSealer::new("secret").unwrap().open("session_id", &value), Some(session));
    assert_eq!(sealer.open("session_id.x", &value), None);
    assert_eq!(CookieSealer::new("Secret").unwrap().open("session_id", &value), None);
    assert_eq!(SecretBox::new("secret", "other").unwrap().open("session_id", &value), None);
    for bad in ["", "x", &value[1..], &session.to_string()] {
        assert_eq!(sealer.open("session_id", bad), None);
    }
    // A sealed value that is no session id.
    let odd = sealer.0.seal("session_id", b"odd").unwrap();
    assert_eq!(sealer.open("session_id", &odd), None);
}

proptest! {
    #[test]
    fn boxes_round_trip_and_detect_changes(context: String, data: Vec<u8>, at: prop::sample::Index) {
        let sealer = SecretBox::new("secret", "test").unwrap();
        let sealed = sealer.seal(&context, &data).unwrap();
        let opened = sealer.open(&context, &sealed);
        prop_assert_eq!(opened.as_ref().map(|plain| plain.as_slice()), Some(data.as_slice()));
        let mut bytes = sealed.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        prop_assert!(sealer.open(&context, std::str::from_utf8(&bytes).unwrap()).is_none());
    }
}
