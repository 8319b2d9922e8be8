//! Accounts, environments, users, tokens and what belongs to them.

use serde_json::{Map, Value};

use crate::auth::permissions::{self, PermissionSet, Role};
use crate::clock::Time;
use crate::crypto::account_keys::{AccountKeys, ImportedKeys};
use crate::crypto::tokens::{self, Version};
use crate::crypto::totp::Secret;
use crate::crypto::{Failure, passwords};
use crate::domain::account::{Account, Setting};
use crate::domain::environment::Environment;
use crate::domain::group::{Group, GroupOwner};
use crate::domain::license::License;
use crate::domain::token::{Session, Token, rules};
use crate::domain::user::{SecondFactor, User};
use crate::http::version::Version as ApiVersion;
use crate::jsonapi::casing;
use crate::store::StoreError;
use crate::store::keys::Within;
use crate::transfer::desk::open_keys;
use crate::transfer::kind::{Importable, Reach, Work};
use crate::transfer::{Fault, Transfer, Trouble, sealed};

/// Types that tokens and sessions may belong to.
const BEARERS: &[&str] = &["users", "products", "licenses", "environments"];
/// How long a session lasts that nothing else limits: 7 days, in seconds (spec 03 §3.14).
const SESSION: i64 = 7 * 86_400;

/// Runs what holds the processor for a while beside the other tasks.
async fn slowly<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure)
}

fn insert(secrets: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        secrets.insert(name.to_owned(), value.into());
    }
}

impl Importable for Account {
    const REACH: Reach = Reach::Itself;

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if self.slug.is_empty() {
            return Err(Fault::new("/attributes/slug", "is missing").into());
        }
        if self.api_version.is_empty() {
            ApiVersion::CURRENT.name().clone_into(&mut self.api_version);
        }
        if let Some(cname) = work.secrets.text("cname")? {
            self.cname = cname.map(str::to_owned);
        }
        let brought = work.secrets.get("privateKeys").filter(|value| !value.is_null());
        let before = match work.before {
            Some(before) => Some(open_keys(work.desk.vault, before).await?),
            None => None,
        };
        if before.is_some() && brought.is_none() {
            return Ok(());
        }
        let refused = |detail: String| Fault::secret("privateKeys", detail);
        let mut parts: ImportedKeys = match brought {
            Some(value) => serde_json::from_value(value.clone()).map_err(|error| refused(error.to_string()))?,
            None => ImportedKeys::default(),
        };
        if let Some(before) = &before {
            let kept = |text: &str| Some(text.to_owned());
            parts.ed25519 = parts.ed25519.or_else(|| kept(before.ed25519_seed_hex()));
            parts.rsa2048 = parts.rsa2048.or_else(|| kept(before.rsa_private_pem()));
            parts.ecdsa_p256 = parts.ecdsa_p256.or_else(|| kept(before.ecdsa_private_pem()));
            parts.secret_key = parts.secret_key.or_else(|| kept(before.secret_key()));
        }
        let made = if parts.rsa2048.is_none() {
            slowly(move || AccountKeys::from_parts(parts)).await?
        } else {
            AccountKeys::from_parts(parts)
        };
        let keys = made.map_err(|error| refused(error.to_string()))?;
        if before.as_ref() != Some(&keys) {
            let plain = serde_json::to_vec(&keys).map_err(|error| StoreError::Broken(error.to_string()))?;
            self.sealed_keys = work.desk.vault.seal(&self.id.to_string(), &plain).await?;
        }
        work.desk.remember(self.id, keys)?;
        Ok(())
    }

    async fn reveal(&self, transfer: &Transfer<'_>) -> Result<Map<String, Value>, StoreError> {
        let keys = open_keys(transfer.vault, self).await?;
        let mut secrets = Map::new();
        let keys = serde_json::to_value(&keys).map_err(|error| StoreError::Broken(error.to_string()))?;
        secrets.insert("privateKeys".to_owned(), keys);
        insert(&mut secrets, "cname", self.cname.clone());
        Ok(secrets)
    }
}

impl Importable for Setting {
    async fn finish(&mut self, _: &Work<'_, Self>) -> Result<(), Trouble> {
        self.key = casing::snake(&self.key);
        Ok(())
    }
}

impl Importable for Environment {
    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if !work.given("permissions") {
            self.permissions = permissions::defaults(Role::Environment);
        }
        Ok(())
    }
}

impl Importable for Group {}

impl Importable for GroupOwner {
    const HOME: Option<&'static str> = Some("group");
    const REACH: Reach = Reach::Under("groups", Within::Parent, None);
}

impl Importable for User {
    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        self.email = self.email.trim().to_lowercase();
        if !work.given("permissions") {
            let usual = work.desk.usual_permissions(self.account, "default_user_permissions");
            let usual = usual.filter(|_| self.role == Role::User);
            self.permissions = usual.unwrap_or_else(|| permissions::defaults(self.role));
        }
        if let Some(digest) = work.secrets.text("passwordDigest")? {
            if digest.is_some_and(|digest| !passwords::is_digest(digest)) {
                return Err(Fault::secret("passwordDigest", "must be a bcrypt or argon2id digest").into());
            }
            self.password_digest = digest.map(str::to_owned);
        }
        if let Some(password) = work.secrets.text("password")? {
            self.password_digest = match password {
                None => None,
                Some(password) => Some(digest(password.to_owned(), self.password_digest.take()).await?),
            };
        }
        if let Some(digest) = work.secrets.text("passwordResetDigest")? {
            self.password_reset_digest = digest.map(str::to_owned);
        }
        if let Some(raw) = work.secrets.text("passwordResetToken")? {
            self.password_reset_digest = match raw {
                Some(raw) => Some(tokens::digest(&*work.desk.signer(self.account).await?, raw)),
                None => None,
            };
        }
        if let Some(at) = work.secrets.time("passwordResetSentAt")? {
            self.password_reset_sent_at = at;
        }
        if let Some(at) = work.secrets.time("bannedAt")? {
            self.banned_at = at;
        }
        Ok(())
    }

    async fn reveal(&self, _: &Transfer<'_>) -> Result<Map<String, Value>, StoreError> {
        let mut secrets = Map::new();
        let text = |at: Option<Time>| at.map(|at| at.to_string());
        insert(&mut secrets, "passwordDigest", self.password_digest.clone());
        insert(&mut secrets, "passwordResetDigest", self.password_reset_digest.clone());
        insert(&mut secrets, "passwordResetSentAt", text(self.password_reset_sent_at));
        insert(&mut secrets, "bannedAt", text(self.banned_at));
        Ok(secrets)
    }
}

/// The digest of a password: the one there is, if it is of this password.
async fn digest(password: String, before: Option<String>) -> Result<String, Failure> {
    slowly(move || match before {
        Some(before) if passwords::verify(&password, &before) => Ok(before),
        _ => passwords::hash(&password),
    })
    .await?
}

impl Importable for SecondFactor {
    const HOME: Option<&'static str> = Some("user");
    const REACH: Reach = Reach::Claimed("users", Self::of_user);

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let brought = match work.secrets.text("secret")?.flatten() {
            Some(text) => Some(Secret::parse(text).ok_or_else(|| Fault::secret("secret", "must be base32"))?),
            None => None,
        };
        let secret = match (brought, work.before) {
            (None, Some(_)) => return Ok(()),
            (None, None) => Secret::generate()?,
            (Some(secret), _) => secret,
        };
        let (context, plain) = (self.account.to_string(), secret.base32());
        let same = match work.before {
            Some(before) => {
                **plain == *String::from_utf8_lossy(&work.desk.vault.open(&context, &before.sealed_secret).await?)
            }
            None => false,
        };
        if !same {
            self.sealed_secret = work.desk.vault.seal(&context, plain.as_bytes()).await?;
        }
        Ok(())
    }

    async fn reveal(&self, transfer: &Transfer<'_>) -> Result<Map<String, Value>, StoreError> {
        let opened = transfer.vault.open(&self.account.to_string(), &self.sealed_secret).await;
        let opened = opened.map_err(|error| sealed(&error))?;
        let mut secrets = Map::new();
        insert(&mut secrets, "secret", Some(String::from_utf8_lossy(&opened).into_owned()));
        Ok(secrets)
    }
}

impl Importable for Token {
    const BEARERS: &'static [&'static str] = BEARERS;
    const HOME: Option<&'static str> = Some("bearer");
    const LOOKUP: &'static str = "/meta/secrets/token";

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        let bearer = self.bearer.id;
        let mut role = None;
        match self.bearer.kind.as_str() {
            "products" => self.product = Some(bearer),
            "licenses" => {
                if let Some(license) = work.desk.find::<License>(self.account, bearer) {
                    self.product = Some(license.product);
                    self.license_policy = Some(license.policy);
                    self.license_owner = license.owner;
                }
            }
            "users" => role = work.desk.find::<User>(self.account, bearer).map(|user| user.role),
            _ => {}
        }
        if !work.given("permissions") {
            self.permissions = PermissionSet::WILDCARD;
        }
        if !work.given("expiry") {
            self.expiry = role.and_then(|role| rules::usual_expiry(role, work.desk.now));
        }
        if let Some(digest) = work.secrets.text("digest")?.flatten() {
            let version = work.secrets.text("version")?.flatten().and_then(Version::parse);
            let version = version.ok_or_else(|| Fault::secret("version", "must be v1, v2 or v3"))?;
            if digest.is_empty() {
                return Err(Fault::secret("digest", "must not be empty").into());
            }
            self.format = format(version);
            digest.clone_into(&mut self.digest);
        }
        if let Some(raw) = work.secrets.text("token")?.flatten() {
            let version = tokens::version_of(raw)
                .ok_or_else(|| Fault::secret("token", "must be a token of version 1, 2 or 3"))?;
            let keeps = self.format == 1 && tokens::verify_v1(raw, &self.digest).is_match();
            self.digest = match version {
                Version::V1 if keeps => self.digest.clone(),
                Version::V1 => tokens::digest_v1(raw)?,
                Version::V2 => tokens::digest_v2(&*work.desk.signer(self.account).await?, raw),
                Version::V3 => tokens::digest(&*work.desk.signer(self.account).await?, raw),
            };
            self.format = format(version);
        }
        Ok(())
    }

    async fn reveal(&self, _: &Transfer<'_>) -> Result<Map<String, Value>, StoreError> {
        let mut secrets = Map::new();
        if !self.digest.is_empty() {
            insert(&mut secrets, "digest", Some(self.digest.clone()));
            insert(&mut secrets, "version", Some(format!("v{}", self.format)));
        }
        Ok(secrets)
    }
}

const fn format(version: Version) -> i64 {
    match version {
        Version::V1 => 1,
        Version::V2 => 2,
        Version::V3 => 3,
    }
}

impl Importable for Session {
    const BEARERS: &'static [&'static str] = BEARERS;
    const HOME: Option<&'static str> = Some("bearer");

    async fn finish(&mut self, work: &Work<'_, Self>) -> Result<(), Trouble> {
        if !work.given("expiry") {
            let token =
                self.token.and_then(|id| work.desk.find::<Token>(self.account, id)).and_then(|token| token.expiry);
            let parent =
                self.parent.and_then(|id| work.desk.find::<Self>(self.account, id)).map(|parent| parent.expiry);
            self.expiry = token.or(parent).unwrap_or_else(|| work.desk.now.plus_seconds(SESSION));
        }
        Ok(())
    }
}
