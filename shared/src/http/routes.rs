//! The routes of a family: a router, and the list of what it serves.

use axum::Router;
use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

/// Routes below the account, e.g. `/licenses/{id}`. Built once for serving and for describing.
#[derive(Debug, Default)]
pub struct Routes {
    router: Router,
    table: Vec<(&'static str, &'static str)>,
}

impl Routes {
    /// No routes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn add(mut self, methods: &[&'static str], pattern: &'static str, handler: MethodRouter) -> Self {
        self.table.extend(methods.iter().map(|method| (*method, pattern)));
        self.router = self.router.route(pattern, handler);
        self
    }

    /// `GET` (and `HEAD`).
    #[must_use]
    pub fn get<H: Handler<T, ()>, T: 'static>(self, pattern: &'static str, handler: H) -> Self {
        self.add(&["GET"], pattern, routing::get(handler))
    }

    /// `POST`.
    #[must_use]
    pub fn post<H: Handler<T, ()>, T: 'static>(self, pattern: &'static str, handler: H) -> Self {
        self.add(&["POST"], pattern, routing::post(handler))
    }

    /// `PUT`, where it has a meaning of its own.
    #[must_use]
    pub fn put<H: Handler<T, ()>, T: 'static>(self, pattern: &'static str, handler: H) -> Self {
        self.add(&["PUT"], pattern, routing::put(handler))
    }

    /// `PATCH` and `PUT`: an update.
    #[must_use]
    pub fn update<H: Handler<T, ()>, T: 'static>(self, pattern: &'static str, handler: H) -> Self {
        self.add(&["PATCH", "PUT"], pattern, routing::patch(handler.clone()).put(handler))
    }

    /// `DELETE`.
    #[must_use]
    pub fn delete<H: Handler<T, ()>, T: 'static>(self, pattern: &'static str, handler: H) -> Self {
        self.add(&["DELETE"], pattern, routing::delete(handler))
    }

    /// The router.
    pub fn into_router(self) -> Router {
        self.router
    }

    /// Method and pattern of every route.
    #[must_use]
    pub fn table(&self) -> &[(&'static str, &'static str)] {
        &self.table
    }
}
