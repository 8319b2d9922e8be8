//! Accounts made by an operator: the first one of a server, and those of a deployed table
//! (spec 02 §3.2 rule 10).

use crate::auth::permissions::{self, PermissionSet, Role};
use crate::clock::{Clock, Time};
use crate::crypto::account_keys::{AccountKeys, AccountSigner};
use crate::crypto::sealed::Vault;
use crate::crypto::{passwords, tokens};
use crate::domain::account::{Account, signup};
use crate::domain::attribute::Reference;
use crate::domain::resource::Resource;
use crate::domain::token::Token;
use crate::domain::user::User;
use crate::http::version::Version;
use crate::ids::{Id, new_id, parse_id};
use crate::store::unit::{CommitError, Reason};
use crate::store::{Item, Store, StoreError, Unit, keys, unit};

/// What an operator wants.
#[derive(Clone, Debug)]
pub struct Provision {
    /// The account's id; none: a fresh one.
    pub id: Option<Id>,
    /// Its name.
    pub name: Option<String>,
    /// Its slug; none: made from the e-mail's host.
    pub slug: Option<String>,
    /// Its admin's e-mail address.
    pub email: String,
    /// The admin's password.
    pub password: String,
}

/// What was made.
#[derive(Clone, Debug)]
pub struct Provisioned {
    /// The account.
    pub account: Account,
    /// Its admin.
    pub admin: User,
    /// The admin's password.
    pub password: String,
    /// A token of the admin.
    pub token: String,
}

/// An account by id or slug.
///
/// # Errors
/// When the table cannot be read.
pub async fn find(store: &Store, name: &str) -> Result<Option<Account>, StoreError> {
    if let Some(id) = parse_id(name) {
        return store.get(id, id).await;
    }
    match store.claimed_by(&keys::claim(None, "account-slug", name)).await? {
        Some(id) => store.get(id, id).await,
        None => Ok(None),
    }
}

/// A draft of an account with sealed keys.
///
/// # Errors
/// When keys cannot be made or sealed.
pub async fn draft(vault: &Vault, id: Id, keys: AccountKeys, now: Time) -> Result<(Account, AccountSigner), String> {
    let plain = serde_json::to_vec(&keys).map_err(|error| error.to_string())?;
    let sealed_keys = vault.seal(&id.to_string(), &plain).await.map_err(|error| error.to_string())?;
    let signer = AccountSigner::new(keys).map_err(|error| error.to_string())?;
    let mut account = Account::draft(id, id, None, now);
    account.sealed_keys = sealed_keys;
    Version::CURRENT.name().clone_into(&mut account.api_version);
    Ok((account, signer))
}

/// A draft of an admin with all permissions.
#[must_use]
pub fn admin(account: Id, environment: Option<Id>, email: &str, now: Time) -> User {
    let mut user = User::draft(new_id(), account, environment, now);
    user.email = email.trim().to_lowercase();
    user.role = Role::Admin;
    user.permissions = permissions::defaults(Role::Admin);
    user
}

/// Makes an account with an admin and a token, all or nothing. `first` makes it the one that a
/// local server serves.
///
/// # Errors
/// One sentence: slug or id are taken, or the table cannot be written.
pub async fn account(
    store: &Store,
    vault: &Vault,
    clock: &Clock,
    wanted: Provision,
    first: bool,
) -> Result<Provisioned, String> {
    let now = clock.now();
    let id = wanted.id.unwrap_or_else(new_id);
    let made = AccountKeys::generate().map_err(|error| error.to_string())?;
    let (mut account, signer) = draft(vault, id, made, now).await?;
    // The operator's word counts, whatever kind of address the admin has.
    let named = signup::naming(&wanted.email, None, None, &[]);
    account.slug = wanted.slug.unwrap_or(named.slug);
    account.name = wanted.name.or(Some(named.name));
    account.protected = true;

    let mut admin = admin(id, None, &wanted.email, now);
    admin.password_digest = Some(passwords::hash(&wanted.password).map_err(|error| error.to_string())?);

    let raw = tokens::generate("admin", tokens::TOKEN_BYTES).map_err(|error| error.to_string())?;
    let mut token = Token::draft(new_id(), id, None, now);
    token.bearer = Reference::new("users", admin.id);
    token.permissions = PermissionSet::WILDCARD;
    token.digest = tokens::digest(&signer, raw.expose());
    token.format = 3;

    let mut work = Unit::new();
    work.insert(&account);
    work.insert(&admin);
    work.insert(&token);
    if first {
        let holder = aws_sdk_dynamodb::types::AttributeValue::S(id.to_string());
        let claim = keys::claim(None, "first-account", "");
        work.put(&claim, Item::from([(unit::CLAIM_HOLDER.to_owned(), holder)]), None);
    }
    work.commit(store).await.map_err(|error| match error {
        CommitError::Refused(refused) if refused.has(&Reason::Taken("slug")) => {
            format!("the slug '{}' is taken", account.slug)
        }
        CommitError::Refused(_) => format!("the account {id} exists already"),
        CommitError::Store(error) => error.to_string(),
    })?;
    Ok(Provisioned { account, admin, password: wanted.password, token: raw.expose().to_owned() })
}
