//! Records that others are found by: the products, policies, licenses and users that a term names.

use indexmap::IndexSet;

use super::term::Term;
use crate::domain::license::License;
use crate::domain::resource::Resource;
use crate::domain::user::User;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::ids::Id;
use crate::store::Stored;
use crate::store::keys::Within;
use crate::store::list::{Order, Sources};

/// How many records are looked at to find those that a term names.
const MOST_READ: usize = 10_000;
/// How many are read at a time.
const BATCH: usize = 1000;
/// Of how many parents the children are listed parent by parent; those of more are found by looking
/// at everything.
const MOST_LISTED: usize = 50;

/// What a term names, newest first.
#[derive(Clone, Debug, Default)]
pub struct Parents {
    ids: IndexSet<Id>,
    /// Whether there may be more.
    pub partial: bool,
}

impl Parents {
    /// Whether a record is among them.
    #[must_use]
    pub fn contains(&self, id: Id) -> bool {
        self.ids.contains(&id)
    }

    /// Where their children of a kind stand, if they are few enough to list them parent by parent.
    #[must_use]
    pub fn children(&self, ctx: &Ctx, within: fn(Id) -> Within, kind: &str) -> Option<Sources> {
        (self.ids.len() <= MOST_LISTED).then(|| self.listed(ctx, within, kind))
    }

    /// Where the children of the newest of them stand.
    fn listed(&self, ctx: &Ctx, within: fn(Id) -> Within, kind: &str) -> Sources {
        let mut sources = Sources::default();
        for id in self.ids.iter().take(MOST_LISTED) {
            sources.add(ctx.account(), &ctx.environments(), within(*id), kind);
        }
        sources
    }
}

/// The record of a whole id, or those whose text the term is in or whose id it begins.
///
/// # Errors
/// When the table cannot be read.
pub async fn named<P: Stored>(ctx: &Ctx, term: &Term, text: fn(&P) -> Option<&str>) -> Result<Parents> {
    if let Some(id) = term.id() {
        return Ok(Parents { ids: [id].into(), partial: false });
    }
    let mut parents = Parents::default();
    let everything = Sources::of(ctx.account(), &ctx.environments(), Within::Account, P::DEFINITION.kind);
    let mut walk = ctx.store.walk(&everything, Order::Descending, None);
    let mut read = 0;
    loop {
        let entries = walk.next(BATCH).await?;
        let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
        let records = ctx.store.get_many::<P>(ctx.account(), &ids).await?;
        let meant = records.iter().filter(|record| term.is_in(text(record)) || term.begins(record.id()));
        parents.ids.extend(meant.map(Resource::id));
        read += entries.len();
        if entries.len() < BATCH {
            return Ok(parents);
        }
        if read >= MOST_READ {
            return Ok(Parents { partial: true, ..parents });
        }
    }
}

/// The users that a term names. One whose whole address it is, is found however many there are.
///
/// # Errors
/// When the table cannot be read.
pub async fn users(ctx: &Ctx, term: &Term) -> Result<Parents> {
    let mut users = named::<User>(ctx, term, |user| Some(&user.email)).await?;
    if users.partial {
        users.ids.extend(ctx.holder(&User::by_email(ctx.account(), term.text())).await?);
    }
    Ok(users)
}

/// The licenses below other records (of policies, or of users, who own them or are attached to
/// them), and where they stand.
///
/// # Errors
/// When the table cannot be read.
pub async fn licenses(ctx: &Ctx, above: &Parents, within: fn(Id) -> Within) -> Result<(Parents, Sources)> {
    let sources = above.listed(ctx, within, License::DEFINITION.kind);
    let entries = ctx.store.walk(&sources, Order::Descending, None).next(MOST_READ).await?;
    let partial = above.partial || above.ids.len() > MOST_LISTED || entries.len() == MOST_READ;
    let ids = entries.iter().map(|entry| entry.id).collect();
    Ok((Parents { ids, partial }, entries.into()))
}
