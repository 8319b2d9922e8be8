//! `POST /recover`: which accounts belong to an address.

use serde_json::{Map, Value, json};
use shared::app::App;
use shared::domain::account::{Account, links};
use shared::domain::user::{User, staff};
use shared::http::context::Outside;
use shared::http::error::Result;
use shared::http::reply::Reply;
use shared::http::{stack, throttle};
use shared::jsonapi::schema::{Schema, action};
use shared::mail::{Mail, Template};
use shared::store::Store;

pub async fn recover(outside: Outside) -> Result<Reply> {
    let exchange = outside.exchange.clone();
    if !exchange.is_on_own_host() {
        return Err(stack::no_endpoint(&exchange));
    }
    let body = outside.decode_body(&action([
        ("type", Schema::string().one_of(["account"]).required()),
        ("email", Schema::string().required()),
    ]))?;
    let email = body.pointer("/meta/email").and_then(Value::as_str).unwrap_or_default().trim().to_lowercase();
    // Whether the address is known shows neither in the answer nor in its time.
    throttle::uniformly(&exchange.app, tell(&exchange.app, &exchange.store, &email)).await?;
    Ok(Reply::empty())
}

/// Sends the list of the accounts in which somebody of this address is staff, if there are any.
async fn tell(app: &App, store: &Store, email: &str) -> Result<()> {
    let mut accounts = Vec::new();
    for (account, user) in staff::of_any_account(store, email).await? {
        let (account, user) =
            futures::try_join!(store.get::<Account>(account, account), store.get::<User>(account, user))?;
        accounts.extend(account.filter(|_| user.is_some()));
    }
    if accounts.is_empty() {
        return Ok(());
    }
    accounts.sort_by_key(|account| (account.created, account.id));
    let listed = accounts.iter().map(|account| {
        json!({
            "name": account.name.as_ref().unwrap_or(&account.slug),
            "slug": account.slug,
            "login": links::login(&app.config, account),
            "recovery": links::recovery(&app.config, account),
        })
    });
    let variables = Map::from_iter([("accounts".to_owned(), listed.collect())]);
    let mail = Mail { to: email.to_owned(), template: Template::AccountRecovery, variables, sent: app.clock.now() };
    app.mailer.send(mail).await;
    Ok(())
}
