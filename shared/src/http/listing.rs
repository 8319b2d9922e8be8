//! Lists: pages of an index, hydrated, filtered, and linked.

use serde_json::{Value, json};

use super::context::Ctx;
use super::error::Result;
use super::reply::Reply;
use crate::domain::attribute::Metadata;
use crate::domain::resource::Resource;
use crate::ids::Id;
use crate::jsonapi::pagination::{self, Extent, LAST_NUMBER, Mode, Paging};
use crate::store::keys::{Within, order};
use crate::store::list::{Entry, Order, Sources};
use crate::store::{StoreError, Stored};

/// How many entries a filtered list looks at for one page: then the page ends, full or not.
const WORK_BOUND: usize = 10_000;
/// How many entries are hydrated at first, and at most at a time: a filter that many records pass
/// should not look at more than a page needs, one that few pass should not wait for each hundred.
const BATCH: usize = 100;
const LARGEST_BATCH: usize = 1000;

/// A list about to be read.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// Its partitions.
    pub sources: Sources,
    /// Whether its number of records is maintained: an unfiltered account-wide list.
    pub maintained: Option<&'static str>,
    /// Whether pages by number tell how many there are.
    pub uncounted: bool,
    /// What is looked at even behind the work bound: candidates that some look-up named.
    pub certain: Sources,
    /// Whether a cursor may be any visible record, and not only one that passes the filter: then a
    /// page that ended at the work bound says where to go on.
    pub resumable: bool,
}

impl List {
    /// Everything of a kind that is visible in the current environment.
    #[must_use]
    pub fn everything<R: Stored>(ctx: &Ctx) -> Self {
        Self { maintained: Some(R::DEFINITION.kind), ..Self::within::<R>(ctx, Within::Account) }
    }

    /// Everything of a kind within something, as far as it is visible in the current environment.
    #[must_use]
    pub fn within<R: Stored>(ctx: &Ctx, within: Within) -> Self {
        let sources = Sources::of(ctx.account(), &ctx.environments(), within, R::DEFINITION.kind);
        Self { sources, ..Self::default() }
    }

    /// A list of these partitions.
    #[must_use]
    pub fn of(sources: Sources) -> Self {
        Self { sources, ..Self::default() }
    }

    /// This list, or the records of the kind that have one of the wanted metadata pairs, whichever is
    /// shorter: in either stands what is in this list and has them all. The caller tests for both.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub async fn narrowed<R: Stored>(self, ctx: &Ctx, wanted: Option<&Metadata>) -> Result<Self> {
        let (account, environments) = (ctx.account(), ctx.environments());
        let pairs = wanted.into_iter().flatten();
        let mut candidates: Vec<Sources> = pairs
            .filter_map(|(name, value)| Sources::having(account, &environments, R::DEFINITION.kind, name, value))
            .collect();
        if candidates.is_empty() {
            return Ok(self);
        }
        candidates.push(self.sources.clone());
        let sources = ctx.store.narrowest(candidates).await?.unwrap_or_default();
        Ok(Self { sources, ..self })
    }
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// Its records.
    pub records: Vec<T>,
    /// Its `links`.
    pub links: Option<Value>,
    /// Whether nothing that belongs on it can be missing. A page that ended at the work bound may lack
    /// older records, and so may its count.
    pub complete: bool,
}

impl<T> Page<T> {
    /// The answer that shows the page.
    #[must_use]
    pub fn reply(mut self, show: impl FnMut(T) -> Value) -> Reply {
        let documents = std::mem::take(&mut self.records).into_iter().map(show).collect();
        self.documents(documents)
    }

    /// The answer that shows these resource objects of the page's records.
    #[must_use]
    pub fn documents(self, documents: Vec<Value>) -> Reply {
        let mut reply = Reply::data(documents.into());
        if let Some(links) = self.links {
            reply = reply.member("links", links);
        }
        if self.complete { reply } else { reply.member("meta", json!({"complete": false})) }
    }
}

impl Ctx {
    /// A page of a list, all of whose records pass.
    ///
    /// # Errors
    /// 400 of bad paging parameters; when the table cannot be read.
    pub async fn page<R: Stored>(&self, list: List) -> Result<Page<R>> {
        self.page_of(list, false, |batch: Vec<R>| async { Ok(batch) }).await
    }

    /// A page of the records of a list that pass a test.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn page_where<R: Stored>(
        &self,
        list: List,
        filtered: bool,
        passes: impl Fn(&R) -> bool,
    ) -> Result<Page<R>> {
        self.page_of(list, filtered, |mut batch: Vec<R>| {
            batch.retain(|record| passes(record));
            async { Ok(batch) }
        })
        .await
    }

    /// A page of what `admit` makes of a list's records: it drops those that do not pass and adds
    /// what the others are shown with. `filtered` says whether it may drop any.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub async fn page_of<R, T, F>(&self, list: List, filtered: bool, admit: impl Fn(Vec<R>) -> F) -> Result<Page<T>>
    where
        R: Stored,
        T: Listed,
        F: Future<Output = Result<Vec<T>>>,
    {
        let paging = Paging::of(&self.query)?;
        let after = match paging.mode {
            Mode::Cursor(Some(cursor)) => {
                let Some(record) = self.store.get::<R>(self.account(), cursor).await? else {
                    return Ok(self.linked(Vec::new(), paging, Extent::default()));
                };
                let position = order(record.created(), record.id());
                let visible = self.sees(record.environment());
                if !visible || (!list.resumable && admit(vec![record]).await?.is_empty()) {
                    return Ok(self.linked(Vec::new(), paging, Extent::default()));
                }
                Some(position)
            }
            _ => None,
        };
        let counted = matches!(paging.mode, Mode::Number(_)) && !list.uncounted;
        let skip = match paging.mode {
            Mode::Number(number) => (number - 1) * paging.size,
            _ => 0,
        };
        // One more than the page tells whether records follow; filtered counts look at all that pages can reach.
        let wanted = if counted && filtered { LAST_NUMBER * paging.size.max(100) } else { skip + paging.size + 1 };
        let mut walk = self.store.walk(&list.sources, paging.order, after);
        let mut passed: Vec<T> = Vec::new();
        let (mut seen, mut skipped) = (0, 0);
        if !filtered && skip > 0 {
            skipped = walk.next(skip).await?.len();
        }
        let (mut ended, mut batch) = (false, BATCH);
        let mut last_seen = None;
        while !ended && skipped + passed.len() < wanted && seen < WORK_BOUND {
            let ask =
                if filtered { batch.min(WORK_BOUND - seen) } else { (wanted - skipped - passed.len()).min(BATCH) };
            batch = (batch * 2).min(LARGEST_BATCH);
            let entries = walk.next(ask).await?;
            ended = entries.len() < ask;
            seen += entries.len();
            last_seen = entries.last().map(|entry| entry.id).or(last_seen);
            passed.extend(admit(self.hydrate(&entries).await?).await?);
        }
        let bounded = !ended && skipped + passed.len() < wanted;
        let resumes = bounded && list.resumable && matches!(paging.mode, Mode::Cursor(_));
        if bounded && !resumes && !list.certain.is_empty() {
            let mut rest = self.store.walk(&list.certain, paging.order, walk.position().map(str::to_owned));
            let entries = rest.next(WORK_BOUND / 10).await?;
            passed.extend(admit(self.hydrate(&entries).await?).await?);
        }
        let count = match (counted, list.maintained) {
            (false, _) => None,
            (true, Some(kind)) if !filtered => {
                Some(self.store.count(self.account(), &self.environments(), kind).await?)
            }
            (true, _) if filtered => Some(passed.len() as u64),
            (true, _) => {
                let mut total = skipped + passed.len();
                while !ended && total < LAST_NUMBER * 100 {
                    let entries = walk.next(1000).await?;
                    ended = entries.len() < 1000;
                    total += entries.len();
                }
                Some(total as u64)
            }
        };
        let mut records: Vec<T> = passed.into_iter().skip(skip - skipped.min(skip)).collect();
        let more = records.len() > paging.size;
        records.truncate(paging.size);
        let extent = if resumes && !more {
            Extent { last: last_seen, more: true, count }
        } else {
            Extent { last: records.last().map(Listed::id), more, count }
        };
        Ok(Page { complete: !bounded, ..self.linked(records, paging, extent) })
    }

    /// A page of records that are all at hand: a set derived from others, not a list of its own.
    ///
    /// # Errors
    /// 400 of bad paging parameters.
    pub fn page_through<R: Resource>(&self, mut records: Vec<R>) -> Result<Page<R>> {
        let paging = Paging::of(&self.query)?;
        records.sort_by_key(|record| (record.created(), Resource::id(record)));
        if paging.order == Order::Descending {
            records.reverse();
        }
        let count = records.len();
        let skip = match paging.mode {
            Mode::Limit | Mode::Cursor(None) => 0,
            Mode::Number(number) => (number - 1) * paging.size,
            Mode::Cursor(Some(cursor)) => {
                records.iter().position(|record| Resource::id(record) == cursor).map_or(count, |at| at + 1)
            }
        };
        let mut records: Vec<R> = records.into_iter().skip(skip).collect();
        let more = records.len() > paging.size;
        records.truncate(paging.size);
        let last = records.last().map(Resource::id);
        Ok(self.linked(records, paging, Extent { last, more, count: Some(count as u64) }))
    }

    fn linked<T>(&self, records: Vec<T>, paging: Paging, extent: Extent) -> Page<T> {
        let path = self.exchange.target.split('?').next().unwrap_or_default();
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let links = pagination::links(paging, path, &self.query, extent);
        Page { records, links, complete: true }
    }

    /// The records that entries lead to, in their order; what is gone by now is left out.
    async fn hydrate<R: Stored>(&self, entries: &[Entry]) -> Result<Vec<R>, StoreError> {
        let ids: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
        self.store.get_many(self.account(), &ids).await
    }
}

/// What a page can hold.
pub trait Listed {
    /// The id of the record it shows.
    fn id(&self) -> Id;
}

impl<R: Resource> Listed for R {
    fn id(&self) -> Id {
        Resource::id(self)
    }
}
