//! The first start: an account, its admin, a token, and a walk to paste.

use rand::distr::{Alphanumeric, SampleString};
use shared::clock::Clock;
use shared::domain::account::Account;
use shared::ids::Id;
use shared::provision::{self, Provision};
use shared::store::keys;

use crate::engine::Opened;

const EMAIL: &str = "admin@latchkey.example";

/// The account to serve: the one named, else the first one, which is made if there is none.
///
/// # Errors
/// One sentence: there is no such account, or the table cannot be used.
pub async fn account(opened: &Opened, named: Option<&str>, url: &str) -> Result<Id, String> {
    let store = &opened.store;
    if let Some(name) = named {
        let found = provision::find(store, name).await.map_err(|error| error.to_string())?;
        return found.map(|account: Account| account.id).ok_or_else(|| format!("there is no account '{name}' here"));
    }
    let claim = keys::claim(None, "first-account", "");
    if let Some(id) = store.claimed_by(&claim).await.map_err(|error| error.to_string())? {
        return Ok(id);
    }
    let password = Alphanumeric.sample_string(&mut rand::rng(), 20);
    let wanted = Provision {
        id: None,
        name: Some("Latchkey".to_owned()),
        slug: Some("latchkey".to_owned()),
        email: EMAIL.to_owned(),
        password,
    };
    let made = provision::account(store, &opened.vault, &Clock::system(), wanted, true).await?;
    println!("{}", walk(url, &made));
    Ok(made.account.id)
}

/// What the terminal shows after the first start.
fn walk(url: &str, made: &provision::Provisioned) -> String {
    let provision::Provisioned { account, admin, password, token } = made;
    let id = account.id;
    let email = &admin.email;
    format!(
        r#"
A first account was made.

  account   {id}
  admin     {email}
  password  {password}
  token     {token}

Paste these one after the other: a product, a policy with signed keys, a license, and its validation.

export LATCHKEY={url}/v1/accounts/{id} TOKEN={token}
post() {{ curl -sS -X POST "$LATCHKEY/$1" -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/vnd.api+json' -d "$2"; }}
first_id() {{ grep -o '"id":"[^"]*"' | head -n 1 | cut -d '"' -f 4; }}
PRODUCT=$(post products '{{"data":{{"type":"products","attributes":{{"name":"Example"}}}}}}' | first_id)
POLICY=$(post policies '{{"data":{{"type":"policies","attributes":{{"name":"Perpetual","scheme":"ED25519_SIGN"}},"relationships":{{"product":{{"data":{{"type":"products","id":"'$PRODUCT'"}}}}}}}}}}' | first_id)
KEY=$(post licenses '{{"data":{{"type":"licenses","relationships":{{"policy":{{"data":{{"type":"policies","id":"'$POLICY'"}}}}}}}}}}' | grep -o '"key":"[^"]*"' | cut -d '"' -f 4)
post licenses/actions/validate-key '{{"meta":{{"key":"'$KEY'"}}}}'
"#
    )
}
