//! `POST /search`.

use shared::domain::entitlement::Entitlement;
use shared::domain::group::Group;
use shared::domain::license::License;
use shared::domain::machine::Machine;
use shared::domain::policy::Policy;
use shared::domain::product::Product;
use shared::domain::search::{Request, Searchable, Subject, plan, request};
use shared::domain::user::User;
use shared::http::context::Ctx;
use shared::http::error::Result;
use shared::http::reply::Reply;

pub async fn search(ctx: Ctx) -> Result<Reply> {
    let request = Request::read(&ctx.decode_body(&request::schema())?)?;
    ctx.caller().allow().when(ctx.bearer.is_staff())?;
    request.check()?;
    ctx.permit(request.subject.permission()).when(request.subject.is_open_to(ctx.role()))?;
    match request.subject {
        Subject::Entitlement => find::<Entitlement>(&ctx, &request).await,
        Subject::Group => find::<Group>(&ctx, &request).await,
        Subject::Product => find::<Product>(&ctx, &request).await,
        Subject::Policy => find::<Policy>(&ctx, &request).await,
        Subject::License => find::<License>(&ctx, &request).await,
        Subject::Machine => find::<Machine>(&ctx, &request).await,
        Subject::User => find::<User>(&ctx, &request).await,
        // There are none yet: a page of no records is the same for every type.
        Subject::Release | Subject::RequestLog => Ok(ctx.page_through(Vec::<Product>::new())?.documents(Vec::new())),
    }
}

async fn find<R: Searchable>(ctx: &Ctx, request: &Request) -> Result<Reply> {
    let mut page = plan::page::<R>(ctx, request.op, &request.query).await?;
    R::permit(ctx, &page.records)?;
    let documents = R::documents(ctx, std::mem::take(&mut page.records)).await?;
    Ok(page.documents(documents))
}
