//! Checking out: what is asked for, and the file that comes of it (spec 05 §2.4, §3.10; 06 §2.13, §5.1).
//!
//! License files and machine files take the same parameters, are refused for the same reasons, look alike and are issued
//! alike; they differ in what can be included, what it is called, and the secret that opens them: that is what a
//! [`Subject`] tells.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::auth::authorize::Permit;
use crate::auth::bearer::Bearer;
use crate::clock::Time;
use crate::crypto::certificates::{self, FileAlgorithm, FileSecret, Kind};
use crate::crypto::license_keys::Scheme;
use crate::domain::calendar::{MONTH, add_duration};
use crate::domain::resource::Resource;
use crate::http::context::{Ctx, refusal};
use crate::http::error::{Error, Result};
use crate::http::version::{self, Occasion};
use crate::ids::{Id, new_id};
use crate::jsonapi::document;
use crate::jsonapi::schema::{self, Schema};
use crate::store::{StoreError, Stored, Unit};

/// Seconds that a file lives at least, if it does not live forever.
const SHORTEST: i64 = 3600;

/// Something that a file can include.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Include {
    /// Its name.
    pub name: &'static str,
    /// The permission it takes.
    pub permission: &'static str,
}

/// What files of a kind can include.
#[derive(Clone, Copy, Debug)]
pub struct Menu {
    /// Everything there is.
    pub includes: &'static [Include],
    /// Another name, and what it stands for.
    pub alias: (&'static str, &'static str),
}

/// What can be checked out.
pub trait Subject: Sync {
    /// The record that the file is about.
    type Record: Stored;
    /// What can be included.
    const MENU: Menu;
    /// The kind of its files.
    const KIND: Kind;
    /// The type of its files' resource objects.
    const FILES: &'static str;

    /// The record that the file is about.
    fn record(&self) -> &Self::Record;

    /// The scheme of its license, from which the algorithm follows that nobody asked for.
    fn scheme(&self) -> Option<Scheme>;

    /// Whether a bearer may check it out, by its role.
    fn admits(&self, bearer: &Bearer) -> bool;

    /// The secret that opens its files.
    fn secret(&self) -> FileSecret;

    /// What its files are about: relationship, type and id.
    fn about(&self) -> Vec<(&'static str, &'static str, Id)>;

    /// What the file says.
    fn dataset(&self, ctx: &Ctx, terms: &Terms) -> impl Future<Output = Result<Dataset>> + Send;
}

/// A file that was issued.
#[derive(Clone, Debug)]
pub struct Issued<S> {
    /// What it is about.
    pub subject: S,
    /// The file itself.
    pub certificate: String,
    terms: Terms,
}

/// Checks a record out, as a request asks for.
///
/// # Errors
/// 400 of parameters, and 403, in the order of the chapter; 404 if the record was deleted meanwhile.
pub async fn issue<S: Subject>(ctx: &Ctx, subject: S) -> Result<Issued<S>> {
    let record = subject.record();
    let singular = S::Record::DEFINITION.singular;
    let order = Order::decode(ctx)?;
    ctx.permit(&format!("{singular}.check-out")).writes(record).when(subject.admits(&ctx.bearer))?;
    let terms = order.settle(&S::MENU, subject.scheme(), ctx.now)?;
    terms.permit(ctx.permit(&format!("{singular}.read"))).when(true)?;

    let mut unit = Unit::new();
    unit.touch(record, [("last_check_out", json!(ctx.now)), ("updated", json!(ctx.now))]);
    let event = ctx.event_about(&format!("{singular}.checked-out"), record, Value::Null);
    let key = record.key();
    // What is included is read while the check-out is noted: the file shows the record as it was found.
    let noted = async { ctx.announce(unit, &key, event).await.map_err(refusal::<S::Record>) };
    let (dataset, _) = futures::try_join!(subject.dataset(ctx, &terms), noted)?;
    let certificate = terms.certify(ctx, S::KIND, &subject.secret(), dataset)?;
    Ok(Issued { subject, certificate, terms })
}

impl<S: Subject> Issued<S> {
    /// The resource object of the file, which is kept nowhere.
    #[must_use]
    pub fn document(&self, ctx: &Ctx) -> Value {
        self.terms.file(ctx, S::FILES, &self.certificate, &self.subject.about())
    }

    /// The name that the file is saved under.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}.lic", self.subject.record().id())
    }
}

/// What a request asks for: the query, and over it the body's `meta`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Order {
    encrypt: bool,
    algorithm: Option<String>,
    /// Absent, null, or seconds: not the same things.
    #[serde(deserialize_with = "given")]
    ttl: Option<Option<i64>>,
    include: Vec<String>,
}

/// Tells null from absence.
fn given<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Option<i64>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn parameters(includes: Schema) -> [(&'static str, Schema); 4] {
    [
        ("encrypt", Schema::boolean()),
        ("algorithm", Schema::string().blank().nullable()),
        ("ttl", Schema::integer().coerced().nullable()),
        ("include", includes),
    ]
}

impl Order {
    /// Reads the parameters of a request. Only their shape is checked: their values are, once the bearer is known to
    /// be allowed to check out at all.
    ///
    /// # Errors
    /// 400 of the query, then of the body.
    pub fn decode(ctx: &Ctx) -> Result<Self> {
        let [encrypt, algorithm, ttl, include] = parameters(Schema::array(Schema::string().blank()).coerced());
        let (name, flag) = encrypt;
        let query =
            schema::validate_query(&Schema::object([(name, flag.coerced()), algorithm, ttl, include]), &ctx.query)?;
        let body = ctx.decode_body(&schema::action(parameters(Schema::array(Schema::string().blank()))))?;
        Ok(Self::of(&query, &body))
    }

    fn of(query: &Value, body: &Value) -> Self {
        let members = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
        let mut parameters = members(Some(query));
        parameters.extend(members(body.get("meta")));
        serde_json::from_value(Value::Object(parameters)).unwrap_or_default()
    }

    /// Settles the values: includes, then lifetime, then algorithm.
    ///
    /// # Errors
    /// 400 of the first that cannot be had.
    pub fn settle(&self, menu: &Menu, scheme: Option<Scheme>, now: Time) -> Result<Terms> {
        let includes = self.includes(menu)?;
        let ttl = self.ttl.unwrap_or(Some(MONTH));
        if ttl.is_some_and(|ttl| ttl < SHORTEST) {
            let detail = format!("must be at least {SHORTEST} seconds (1 hour)");
            return Err(Error::bad_request(detail).code("CHECKOUT_TTL_INVALID").parameter("ttl"));
        }
        let algorithm = match self.algorithm.as_deref().filter(|name| !name.trim().is_empty()) {
            None => FileAlgorithm::default_for(scheme, self.encrypt),
            Some(name) => name.parse().map_err(|error: certificates::FileAlgorithmError| {
                Error::bad_request(error.to_string()).code("CHECKOUT_ALGORITHM_INVALID").parameter("algorithm")
            })?,
        };
        let expiry = ttl.map(|ttl| add_duration(now.timestamp(), ttl).into());
        Ok(Terms { includes, ttl, algorithm, issued: now, expiry })
    }

    /// The includes in the order asked for, each once; those named by the alias come last.
    fn includes(&self, menu: &Menu) -> Result<Vec<Include>> {
        let (alias, meant) = menu.alias;
        let named = self.include.iter().map(String::as_str).filter(|name| *name != alias);
        let aliased = self.include.iter().any(|name| name == alias).then_some(meant);
        let mut includes: Vec<Include> = Vec::new();
        for name in named.chain(aliased) {
            let known = menu.includes.iter().find(|include| include.name == name).ok_or_else(|| {
                Error::bad_request("invalid includes").code("CHECKOUT_INCLUDE_INVALID").parameter("include")
            })?;
            if !includes.contains(known) {
                includes.push(*known);
            }
        }
        Ok(includes)
    }
}

/// What a file will be.
#[derive(Clone, Debug, PartialEq)]
pub struct Terms {
    /// What it includes.
    pub includes: Vec<Include>,
    /// How many seconds it lives; none: forever.
    pub ttl: Option<i64>,
    /// How it is encoded and signed.
    pub algorithm: FileAlgorithm,
    /// When it is issued.
    pub issued: Time,
    /// When it expires.
    pub expiry: Option<Time>,
}

/// What a file says: a record, and the records around it.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// The resource object of the record.
    pub data: Value,
    /// The resource objects included. Repetitions are dropped.
    pub included: Vec<Value>,
}

impl Terms {
    /// Whether the file includes this.
    #[must_use]
    pub fn includes(&self, name: &str) -> bool {
        self.includes.iter().any(|include| include.name == name)
    }

    /// The permissions that the includes take.
    pub fn permit<'a>(&self, permit: Permit<'a>) -> Permit<'a> {
        self.includes.iter().fold(permit, |permit, include| permit.and(include.permission))
    }

    /// Issues the certificate, its dataset in the API version of the request.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    fn certify(&self, ctx: &Ctx, kind: Kind, secret: &FileSecret, dataset: Dataset) -> Result<String> {
        let mut text = self.dataset(dataset);
        version::downgrade(&mut text, ctx.version, Occasion::Apart);
        certificates::issue(kind, self.algorithm, secret, &text.to_string(), &ctx.tenant.signer)
            .map_err(|error| StoreError::Broken(error.to_string()).into())
    }

    /// The dataset as a document.
    fn dataset(&self, Dataset { data, included }: Dataset) -> Value {
        let mut distinct: Vec<Value> = Vec::with_capacity(included.len());
        for resource in included {
            let same = |known: &Value| known["type"] == resource["type"] && known["id"] == resource["id"];
            if !distinct.iter().any(same) {
                distinct.push(resource);
            }
        }
        let mut document = Map::new();
        document.insert("data".to_owned(), data);
        if !distinct.is_empty() {
            document.insert("included".to_owned(), Value::Array(distinct));
        }
        let meta = json!({"issued": self.issued, "expiry": self.expiry, "ttl": self.ttl});
        document.insert("meta".to_owned(), meta);
        Value::Object(document)
    }

    /// The resource object of a file about these records (relationship, type and id).
    fn file(&self, ctx: &Ctx, kind: &str, certificate: &str, about: &[(&str, &str, Id)]) -> Value {
        let account = ctx.account();
        let base = document::base(account);
        let mut relationships = Map::new();
        let related = json!({"links": {"related": base}, "data": document::linkage("accounts", account)});
        relationships.insert("account".to_owned(), related);
        let environment = ctx
            .environment_id()
            .map_or_else(|| json!({"links": {"related": null}, "data": null}), |id| link(&base, "environments", id));
        relationships.insert("environment".to_owned(), environment);
        for (name, kind, id) in about {
            relationships.insert((*name).to_owned(), link(&base, kind, *id));
        }
        json!({
            "id": new_id(),
            "type": kind,
            "attributes": {
                "certificate": certificate,
                "algorithm": self.algorithm.to_string(),
                "includes": self.includes.iter().map(|include| include.name).collect::<Vec<_>>(),
                "ttl": self.ttl,
                "expiry": self.expiry,
                "issued": self.issued,
            },
            "relationships": relationships,
        })
    }
}

fn link(base: &str, kind: &str, id: Id) -> Value {
    json!({"links": {"related": format!("{base}/{kind}/{id}")}, "data": document::linkage(kind, id)})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::certificates::Encoding;

    const MENU: Menu = Menu {
        includes: &[
            Include { name: "policy", permission: "policy.read" },
            Include { name: "owner", permission: "user.read" },
            Include { name: "group", permission: "group.read" },
        ],
        alias: ("user", "owner"),
    };

    fn order(query: Value, meta: Value) -> Order {
        Order::of(&query, &json!({"meta": meta}))
    }

    fn settled(query: Value, meta: Value) -> Result<Terms> {
        order(query, meta).settle(&MENU, None, "2031-05-09T08:21:33Z".parse().unwrap())
    }

    fn code(query: Value, meta: Value) -> String {
        let error = settled(query, meta).unwrap_err();
        error.errors[0].code.clone().unwrap().into_owned()
    }

    #[test]
    fn the_body_overrides_the_query_member_by_member() {
        let query = json!({"encrypt": true, "ttl": 3600, "include": ["policy"]});
        let terms = settled(query, json!({"ttl": null, "include": ["group"]})).unwrap();
        assert_eq!((terms.ttl, terms.expiry), (None, None));
        assert_eq!(terms.algorithm.encoding, Encoding::Aes256Gcm);
        assert_eq!(terms.includes.iter().map(|include| include.name).collect::<Vec<_>>(), ["group"]);
    }

    #[test]
    fn a_month_unless_told() {
        let terms = settled(json!({}), json!({})).unwrap();
        assert_eq!((terms.ttl, terms.expiry), (Some(2_629_746), Some("2031-06-09T08:21:33Z".parse().unwrap())));
        assert_eq!(terms.algorithm.to_string(), "base64+ed25519");
        let terms = settled(json!({"ttl": 189_341_712}), json!({})).unwrap();
        assert_eq!(terms.expiry, Some("2037-05-09T08:21:33Z".parse().unwrap()));
    }

    #[test]
    fn includes_are_distinct_and_the_alias_comes_last() {
        let names = |asked: &[&str]| {
            let terms = settled(json!({"include": asked}), json!({})).unwrap();
            terms.includes.iter().map(|include| include.name).collect::<Vec<_>>()
        };
        assert_eq!(names(&["user", "policy"]), ["policy", "owner"]);
        assert_eq!(names(&["owner", "user", "policy", "policy"]), ["owner", "policy"]);
        assert_eq!(names(&[]), Vec::<&str>::new());
    }

    #[test]
    fn refusals_in_their_order() {
        let wrong = json!({"include": ["account"], "ttl": 60, "algorithm": "foo+ed25519"});
        assert_eq!(code(wrong.clone(), json!({})), "CHECKOUT_INCLUDE_INVALID");
        assert_eq!(code(wrong.clone(), json!({"include": []})), "CHECKOUT_TTL_INVALID");
        assert_eq!(code(wrong.clone(), json!({"include": [], "ttl": null})), "CHECKOUT_ALGORITHM_INVALID");
        assert!(settled(wrong, json!({"include": [], "ttl": null, "algorithm": null})).is_ok());
        for algorithm in ["base64", "base64+foo", "+ed25519"] {
            assert_eq!(code(json!({"algorithm": algorithm}), json!({})), "CHECKOUT_ALGORITHM_INVALID");
        }
        assert_eq!(code(json!({" include": [], "include": [" policy"]}), json!({})), "CHECKOUT_INCLUDE_INVALID");
    }

    #[test]
    fn the_dataset_names_everything_once_and_shows_its_terms() {
        let terms = settled(json!({"ttl": null}), json!({})).unwrap();
        let user = json!({"type": "users", "id": "1"});
        let dataset = Dataset { data: json!({"id": "x"}), included: vec![user.clone(), user.clone()] };
        let document = terms.dataset(dataset);
        assert_eq!(document["included"], json!([user]));
        let meta = json!({"issued": "2031-05-09T08:21:33.000Z", "expiry": null, "ttl": null});
        assert_eq!(document["meta"], meta);
        assert!(terms.dataset(Dataset::default()).get("included").is_none());
    }
}
