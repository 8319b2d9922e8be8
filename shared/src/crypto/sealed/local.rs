//! The vault of a single machine: one key, in a file.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::LessSafeKey;
use zeroize::Zeroizing;

use super::{VaultError, cipher, open, random, seal};

const KEY_BYTES: usize = 32;
const PREFIX: &str = "l1.";

/// A vault over a key file. Made by [`super::Vault::file`].
#[derive(Clone)]
pub struct FileVault {
    key: Arc<LessSafeKey>,
}

impl FileVault {
    pub(super) fn open(path: &Path) -> Result<Self, VaultError> {
        let failed = |source| VaultError::File { path: path.to_owned(), source };
        let key = match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                create(path)?;
                // Another process may have been first: what counts is what the file holds now.
                read(path, File::open(path).map_err(failed)?)?
            }
            file => read(path, file.map_err(failed)?)?,
        };
        Ok(Self { key: Arc::new(cipher(key.as_ref())?) })
    }

    pub(super) fn seal(&self, context: &str, plaintext: &[u8]) -> Result<String, VaultError> {
        Ok(format!("{PREFIX}{}", seal(&self.key, context, plaintext)?))
    }

    pub(super) fn open_value(&self, context: &str, sealed: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        sealed.strip_prefix(PREFIX).and_then(|body| open(&self.key, context, body)).ok_or(VaultError::Unreadable)
    }
}

impl fmt::Debug for FileVault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileVault(redacted)")
    }
}

/// Reads the key. A file of zeros is what a crash leaves of a file whose blocks were not written.
fn read(path: &Path, file: File) -> Result<Zeroizing<[u8; KEY_BYTES]>, VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    let found = file.metadata().map_err(failed)?.len();
    let mut bytes = Zeroizing::new(Vec::with_capacity(KEY_BYTES + 1));
    file.take(KEY_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(failed)?;
    match <[u8; KEY_BYTES]>::try_from(bytes.as_slice()) {
        Ok(key) if key != [0; KEY_BYTES] => Ok(Zeroizing::new(key)),
        _ => Err(VaultError::Damaged { path: path.to_owned(), found }),
    }
}

/// Writes a new key beside `path` and links it there, unless there is a file by then: at no time
/// can anyone see half a key.
fn create(path: &Path) -> Result<(), VaultError> {
    let failed = |source| VaultError::File { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", hex::encode(random::<8>()?)));
    let draft = path.with_file_name(name);
    let key = Zeroizing::new(random::<KEY_BYTES>()?);
    let linked = write_new(&draft, key.as_ref()).and_then(|()| fs::hard_link(&draft, path));
    // Best effort: a draft that stays is a key that nothing was sealed with.
    let _ = fs::remove_file(&draft);
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        result => result.map_err(failed),
    }
}

fn write_new(path: &Path, key: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(key)?;
    file.sync_all()
}
