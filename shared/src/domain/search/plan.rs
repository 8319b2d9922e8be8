//! All keys of a query together: the list that is read, and the test of its records.

use serde_json::{Map, Value};

use super::clause::Clause;
use super::request::Op;
use super::subject::Searchable;
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::http::listing::{List, Page};
use crate::store::Store;
use crate::store::list::Sources;

/// The page of what a query finds.
///
/// # Errors
/// 400 of bad paging parameters; when the table cannot be read.
pub async fn page<R: Searchable>(ctx: &Ctx, op: Op, query: &Map<String, Value>) -> Result<Page<R>> {
    let mut clauses = Vec::with_capacity(query.len());
    for (key, value) in query {
        if let Some((_, field)) = R::FIELDS.iter().find(|(name, _)| name == key) {
            clauses.push(Clause::new(ctx, field, value).await?);
        }
    }
    let (found, certain) = candidates(&ctx.store, op, &mut clauses).await?;
    let list = match found {
        Some(sources) => List { certain, resumable: true, ..List::of(sources) },
        None => List { certain, resumable: true, ..List::everything::<R>(ctx) },
    };
    // Lists are of the environments that are visible; look-ups are of the account.
    let visible = ctx.environments();
    let passes = |record: &R| {
        let mut passed = clauses.iter().map(|clause| clause.passes(record));
        let passes = match op {
            Op::And => passed.all(|passed| passed),
            Op::Or => passed.any(|passed| passed),
        };
        passes && visible.contains(&record.environment())
    };
    let mut page = ctx.page_where(list, true, passes).await?;
    page.complete &= !clauses.iter().any(|clause| clause.partial);
    Ok(page)
}

/// Where what passes stands: the shortest list that holds all of it (none: it may be anywhere), and
/// what is looked at however much else there is.
async fn candidates<R: Searchable>(
    store: &Store,
    op: Op,
    clauses: &mut [Clause<R>],
) -> Result<(Option<Sources>, Sources)> {
    let mut certain = Sources::default();
    for clause in clauses.iter_mut() {
        certain.extend(std::mem::take(&mut clause.certain));
    }
    match op {
        Op::And => {
            let lists = clauses.iter_mut().flat_map(|clause| std::mem::take(&mut clause.lists)).collect();
            Ok((store.narrowest(lists).await?, certain))
        }
        Op::Or => {
            let mut together = Sources::default();
            let mut anywhere = false;
            for clause in clauses {
                match store.narrowest(std::mem::take(&mut clause.lists)).await? {
                    Some(sources) => together.extend(sources),
                    None => anywhere = true,
                }
            }
            if !anywhere {
                return Ok((Some(together), certain));
            }
            certain.extend(together);
            Ok((None, certain))
        }
    }
}
