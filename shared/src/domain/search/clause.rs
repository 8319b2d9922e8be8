//! One key of a query: the test of records, and where those that pass may stand.

use serde_json::Value;

use super::parents::{self, Parents};
use super::subject::Searchable;
use super::term::Term;
use crate::auth::permissions::Role;
use crate::domain::attribute::Metadata;
use crate::domain::license::License;
use crate::domain::metadata;
use crate::domain::policy::Policy;
use crate::domain::product::Product;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::{Id, parse_id};
use crate::store::keys::{self, Within};
use crate::store::list::{Entry, Sources};
use crate::store::{Consistency, item};

/// What a key looks at, and so how records are found by it.
#[derive(Debug)]
pub enum Field<R> {
    /// The id, whole or a part of it.
    Id,
    /// A text that holds the term.
    Text(fn(&R) -> Option<&str>),
    /// The same, of a text by which a look-up item finds its only holder.
    Alias(fn(&R) -> Option<&str>, fn(Id, &str) -> keys::Key),
    /// A machine's fingerprint, which holds the term.
    Fingerprint(fn(&R) -> &str),
    /// A license key, which is the term.
    Key(fn(&R) -> &str),
    /// First and last name.
    FullName(fn(&R) -> (Option<&str>, Option<&str>)),
    /// A user's role.
    Role(fn(&R) -> Role),
    /// Metadata.
    Metadata(fn(&R) -> &Metadata),
    /// A product, by id or name.
    Product(fn(&R) -> Id),
    /// A policy, by id or name.
    Policy(fn(&R) -> Id),
    /// A license, by id or name.
    License(fn(&R) -> Id),
    /// An owner, by id or e-mail address.
    Owner(fn(&R) -> Option<Id>),
    /// The users of the license named here, by id or e-mail address.
    LicenseUser(fn(&R) -> Id),
    /// The policy of the license named here, by id or name.
    LicensePolicy(fn(&R) -> Id),
}

/// The test of one key.
type Test<R> = Box<dyn Fn(&R) -> bool + Send + Sync>;

/// What one key of a query comes down to.
pub struct Clause<R> {
    /// Lists of which each holds everything that passes; none where everything must be looked at.
    pub lists: Vec<Sources>,
    /// Some that pass, found by a look-up.
    pub certain: Sources,
    /// Whether something that passes may not be recognised.
    pub partial: bool,
    test: Test<R>,
}

impl<R: Searchable> Clause<R> {
    /// Whether a record passes.
    #[must_use]
    pub fn passes(&self, record: &R) -> bool {
        (self.test)(record)
    }

    fn of(test: impl Fn(&R) -> bool + Send + Sync + 'static) -> Self {
        Self { lists: Vec::new(), certain: Sources::default(), partial: false, test: Box::new(test) }
    }

    fn nothing() -> Self {
        Self::of(|_| false).listed([Sources::default()])
    }

    fn listed(mut self, lists: impl IntoIterator<Item = Sources>) -> Self {
        self.lists.extend(lists);
        self
    }

    /// Records that belong to one of these parents.
    fn below(parents: Parents, lists: Option<Sources>, of: impl Fn(&R) -> Option<Id> + Send + Sync + 'static) -> Self {
        let partial = parents.partial;
        let clause = Self::of(move |record| of(record).is_some_and(|id| parents.contains(id)));
        Self { partial, ..clause }.listed(lists)
    }

    /// What a key and its value come down to.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn new(ctx: &Ctx, field: &Field<R>, value: &Value) -> Result<Self> {
        if let (Field::Metadata(of), Value::Object(wanted)) = (field, value) {
            return Ok(Self::metadata(ctx, *of, wanted.clone()));
        }
        let Some(term) = Term::of(value) else { return Ok(Self::nothing()) };
        let kind = R::DEFINITION.kind;
        Ok(match *field {
            Field::Metadata(_) => Self::nothing(),
            Field::Id => match term.id() {
                Some(id) => {
                    let found = ctx.visible::<R>(id).await?;
                    Self::of(move |record| record.id() == id).listed([entries(found)])
                }
                None => Self::of(move |record| term.names(record.id())),
            },
            Field::Text(of) => Self::of(move |record| term.is_in(of(record))),
            Field::Alias(of, key) => {
                let certain = match ctx.holder(&key(ctx.account(), term.text())).await? {
                    Some(holder) => entries(ctx.visible::<R>(holder).await?),
                    None => Sources::default(),
                };
                Self { certain, ..Self::of(move |record| term.is_in(of(record))) }
            }
            Field::Fingerprint(of) => {
                let certain = Sources::items(keys::namesakes(ctx.account(), kind, term.text()).pk);
                Self { certain, ..Self::of(move |record| term.is_in(Some(of(record)))) }
            }
            Field::Key(of) => {
                let lookup = keys::license_key(ctx.account(), term.text());
                let holder = ctx.store.item(&lookup, Consistency::Strong).await?;
                let found = match holder.as_ref().and_then(|found| item::text(found, "license")).and_then(parse_id) {
                    Some(id) => ctx.visible::<R>(id).await?,
                    None => None,
                };
                Self::of(move |record| of(record) == term.text()).listed([entries(found)])
            }
            Field::FullName(of) => Self::of(move |record| {
                let (first, last) = of(record);
                term.is_full_name(first, last)
            }),
            Field::Role(of) => {
                let admins_only = Role::ALL.iter().all(|role| term.is_role(*role) == (*role == Role::Admin));
                let admins = admins_only.then(|| {
                    Sources::of(ctx.account(), &ctx.environments(), Within::Parent(ctx.account()), User::ADMINS)
                });
                Self::of(move |record| term.is_role(of(record))).listed(admins)
            }
            Field::Product(of) => {
                let products = parents::named::<Product>(ctx, &term, |product| Some(&product.name)).await?;
                let lists = products.children(ctx, Within::Product, kind);
                Self::below(products, lists, move |record| Some(of(record)))
            }
            Field::Policy(of) => {
                let policies = parents::named::<Policy>(ctx, &term, |policy| Some(&policy.name)).await?;
                let lists = policies.children(ctx, Within::Parent, kind);
                Self::below(policies, lists, move |record| Some(of(record)))
            }
            Field::License(of) => {
                let licenses = parents::named::<License>(ctx, &term, |license| license.name.as_deref()).await?;
                let lists = licenses.children(ctx, Within::Parent, kind);
                Self::below(licenses, lists, move |record| Some(of(record)))
            }
            Field::Owner(of) => {
                let users = parents::users(ctx, &term).await?;
                let lists = users.children(ctx, Within::Owner, kind);
                Self::below(users, lists, of)
            }
            Field::LicenseUser(of) => {
                let users = parents::users(ctx, &term).await?;
                let (licenses, stand) = parents::licenses(ctx, &users, Within::Owner).await?;
                Self::below_licenses(ctx, licenses, stand, of)
            }
            Field::LicensePolicy(of) => {
                let policies = parents::named::<Policy>(ctx, &term, |policy| Some(&policy.name)).await?;
                let (licenses, stand) = parents::licenses(ctx, &policies, Within::Parent).await?;
                Self::below_licenses(ctx, licenses, stand, of)
            }
        })
    }

    /// The licenses themselves, or what belongs to them.
    fn below_licenses(ctx: &Ctx, licenses: Parents, stand: Sources, of: fn(&R) -> Id) -> Self {
        let kind = R::DEFINITION.kind;
        let themselves = kind == License::DEFINITION.kind;
        let lists = if themselves { Some(stand) } else { licenses.children(ctx, Within::Parent, kind) };
        Self::below(licenses, lists, move |record| Some(of(record)))
    }

    /// Every pair must be there, so that each pair's postings are a list.
    fn metadata(ctx: &Ctx, of: fn(&R) -> &Metadata, wanted: Metadata) -> Self {
        let (account, environments) = (ctx.account(), ctx.environments());
        let lists: Vec<Sources> = wanted
            .iter()
            .filter_map(|(name, value)| Sources::having(account, &environments, R::DEFINITION.kind, name, value))
            .collect();
        Self::of(move |record| metadata::matches(of(record), &wanted)).listed(lists)
    }
}

/// A record at hand, as a list.
fn entries<R: Searchable>(found: Option<R>) -> Sources {
    found.iter().map(Entry::of).collect::<Vec<_>>().into()
}
