//! `POST /accounts`: sign-up, where many accounts are served.

use serde_json::Value;
use shared::auth::session;
use shared::config::Mode;
use shared::crypto::account_keys::AccountKeys;
use shared::crypto::{self, Failure};
use shared::domain::account::signup::{Naming, naming};
use shared::domain::account::{Account, rules};
use shared::domain::model::Failures;
use shared::domain::resource::Resource;
use shared::domain::user::founders::{self, Founder};
use shared::http::context::{Outside, refusal};
use shared::http::error::{Error, Result};
use shared::http::reply::Reply;
use shared::http::stack;
use shared::ids::new_id;
use shared::jsonapi::schema::{Schema, document, linkage};
use shared::provision;
use shared::store::unit::{CommitError, Reason};
use shared::store::{Store, StoreError, Unit};

/// How often another slug is tried when somebody else takes it at the same time.
const TRIES: usize = 5;

pub async fn sign_up(outside: Outside) -> Result<Reply> {
    let exchange = outside.exchange.clone();
    let app = exchange.app.clone();
    if app.config.mode != Mode::Multi || !exchange.is_on_own_host() {
        return Err(stack::no_endpoint(&exchange));
    }
    let body = outside.decode_body(&wanted())?;
    let data = body.get("data").cloned().unwrap_or_default();
    let now = app.clock.now();
    let id = new_id();
    let mut founders = founders::draft(&data, id, None, now)?;

    let text = |name: &str| data.pointer(&format!("/attributes/{name}")).and_then(Value::as_str);
    let (slug, name) = (text("slug"), text("name"));
    let naming = check(&exchange.store, slug, name, &mut founders, &app.config.public_mail_hosts).await?;

    let made = crypto::aside(AccountKeys::generate).await.and_then(|made| made).map_err(broken)?;
    let (mut account, signer) =
        provision::draft(&app.vault, id, made, now).await.map_err(|error| Error::from(StoreError::Broken(error)))?;
    account.name = Some(naming.name.clone());
    account.slug.clone_from(&naming.slug);
    outside.version.name().clone_into(&mut account.api_version);
    account.protected = data.pointer("/attributes/protected").and_then(Value::as_bool).unwrap_or_default();
    save(&exchange.store, &mut account, &founders, &naming).await?;

    if exchange.from_portal() {
        session::clear(&exchange, Some(&session::cookie_name(None)));
    }
    let location = format!("{}://{}/v1/accounts/{}", app.config.scheme, app.config.host, account.id);
    let document = rules::document(&account, signer.public());
    Ok(Reply::data(document).status(http::StatusCode::CREATED).header("location", location))
}

/// The body. Plans and referrals are sent by clients of the hosted service; here they mean nothing.
fn wanted() -> Schema {
    document(Account::DEFINITION.names())
        .attributes(Schema::object([
            ("name", Schema::string()),
            ("slug", Schema::string()),
            ("protected", Schema::boolean()),
        ]))
        .relationships([("plan", linkage(&[["plan", "plans"]]).ignored()), ("admins", founders::wanted().required())])
        .meta(Schema::object([("referral", Schema::string().ignored())]))
        .build()
}

/// Checks what was asked for, and names the account.
async fn check(
    store: &Store,
    slug: Option<&str>,
    name: Option<&str>,
    founders: &mut [Founder],
    public_hosts: &[String],
) -> Result<Naming> {
    let mut failures = Failures::default();
    if let Some(name) = name.filter(|name| name.chars().count() > 255) {
        failures.push("name", "TOO_LONG", format!("is too long ({} characters, maximum is 255)", name.chars().count()));
    }
    if let Some(slug) = slug {
        rules::check_slug(slug, is_taken(store, slug).await?, &mut failures);
    }
    if founders.is_empty() {
        failures.push("users", "TOO_SHORT", "must have at least one admin");
    }
    founders::check(founders, None, |at| format!("users[{at}]"), &mut failures).await?;
    failures.result::<Account>()?;

    // The founder is the last of the admins.
    let email = founders.last().map(|founder| founder.user.email.clone()).unwrap_or_default();
    let mut naming = naming(&email, slug, name, public_hosts);
    if naming.resembles_id() {
        return Err(Failures::one::<Account>("slug", "NOT_ALLOWED", "cannot resemble a UUID"));
    }
    let mut unusable = Failures::default();
    rules::check_slug(&naming.slug, false, &mut unusable);
    if !naming.of_work && !unusable.is_empty() {
        naming.slug = naming.variation();
    }
    Ok(naming)
}

async fn is_taken(store: &Store, slug: &str) -> Result<bool, StoreError> {
    Ok(store.claimed_by(&Account::by_slug(slug)).await?.is_some())
}

/// Stores account and admins. A taken slug is varied if it is not one of work.
async fn save(store: &Store, account: &mut Account, founders: &[Founder], naming: &Naming) -> Result<()> {
    let mut admins = Unit::new();
    founders::insert(founders, &mut admins).await?;
    for _ in 0..TRIES {
        let mut unit = Unit::new();
        unit.insert(account);
        unit.merge(admins.clone());
        match unit.commit(store).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Refused(refused)) if refused.has(&Reason::Taken("slug")) => {
                if naming.of_work {
                    let detail = "already exists for this domain; use another domain or recover the account";
                    return Err(Failures::one::<Account>("slug", "NOT_ALLOWED", detail));
                }
                account.slug = naming.variation();
            }
            Err(error) => return Err(refusal::<Account>(error)),
        }
    }
    Err(Error::conflict("No free slug was found; please try again"))
}

fn broken(error: Failure) -> Error {
    StoreError::Broken(error.to_string()).into()
}
