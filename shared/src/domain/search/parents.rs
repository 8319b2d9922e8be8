//! Records that others are found by: the products, policies, licenses and users that a term names.

use std::collections::HashSet;

use super::term::Term;
use crate::domain::license::License;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::store::Stored;
use crate::store::keys::Within;
use crate::store::list::{Entry, Order, Sources};

/// How many records are looked at to find those that a term names.
const MOST_READ: usize = 10_000;
/// How many are read at a time.
const BATCH: usize = 1000;
/// Of how many parents the children are listed one parent at a time; those of more are found by
/// looking at everything.
const MOST_LISTED: usize = 50;

/// What a term names, newest first.
#[derive(Clone, Debug, Default)]
pub struct Parents {
    entries: Vec<Entry>,
    ids: HashSet<Id>,
    /// Whether there may be more than were looked at.
    pub partial: bool,
}

impl Parents {
    /// Whether a record is among them.
    #[must_use]
    pub fn contains(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }

    /// They themselves, as a list.
    #[must_use]
    pub fn list(&self) -> Sources {
        self.entries.clone().into()
    }

    /// Where their children of a kind stand, if they are few enough to list them parent by parent.
    #[must_use]
    pub fn children(&self, ctx: &Ctx, within: fn(Id) -> Within, kind: &str) -> Option<Sources> {
        (self.ids.len() <= MOST_LISTED).then(|| {
            let mut sources = Sources::default();
            for id in &self.ids {
                sources.add(ctx.account(), &ctx.environments(), within(*id), kind);
            }
            sources
        })
    }

    fn push(&mut self, entry: Entry) {
        if self.ids.insert(entry.id) {
            self.entries.push(entry);
        }
    }
}

/// The records that a whole id names, or whose text the term is in, or whose id it begins.
///
/// # Errors
/// When the table cannot be read.
pub async fn named<P: Stored>(ctx: &Ctx, term: &Term, text: fn(&P) -> Option<&str>) -> Result<Parents> {
    let mut parents = Parents::default();
    if let Some(id) = term.id() {
        if let Some(record) = ctx.visible::<P>(id).await? {
            parents.push(Entry::of(&record));
        }
        return Ok(parents);
    }
    let everything = Sources::of(ctx.account(), &ctx.environments(), Within::Account, P::DEFINITION.kind);
    let mut walk = ctx.store.walk(&everything, Order::Descending, None);
    let mut read = 0;
    loop {
        let entries = walk.next(BATCH).await?;
        let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
        for record in ctx.store.get_many::<P>(ctx.account(), &ids).await? {
            if term.is_in(text(&record)) || term.begins(record.id()) {
                parents.push(Entry::of(&record));
            }
        }
        read += entries.len();
        parents.partial = read >= MOST_READ;
        if entries.len() < BATCH || parents.partial {
            return Ok(parents);
        }
    }
}

/// The users that a term names. One whose whole address it is is found however many there are.
///
/// # Errors
/// When the table cannot be read.
pub async fn users(ctx: &Ctx, term: &Term) -> Result<Parents> {
    let mut users = named::<User>(ctx, term, |user| Some(&user.email)).await?;
    if users.partial
        && let Some(holder) = ctx.holder(&User::by_email(ctx.account(), term.text())).await?
    {
        users.entries.extend(
            ctx.visible::<User>(holder).await?.filter(|user| users.ids.insert(user.id)).as_ref().map(Entry::of),
        );
    }
    Ok(users)
}

/// The licenses below other records: of policies, or of users, who own them or are attached to them.
///
/// # Errors
/// When the table cannot be read.
pub async fn licenses(ctx: &Ctx, above: &Parents, within: fn(Id) -> Within) -> Result<Parents> {
    let mut licenses = Parents { partial: above.partial || above.entries.len() > MOST_LISTED, ..Parents::default() };
    let mut sources = Sources::default();
    for entry in above.entries.iter().take(MOST_LISTED) {
        sources.add(
            ctx.account(),
            &ctx.environments(),
            within(entry.id),
            <License as crate::domain::resource::Resource>::DEFINITION.kind,
        );
    }
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_READ).await?;
    licenses.partial |= entries.len() == MOST_READ;
    for entry in entries {
        licenses.push(entry);
    }
    Ok(licenses)
}
