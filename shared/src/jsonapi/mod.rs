//! Requests and responses as JSON:API has them.
//!
//! A body's way in: [`parse`] → [`casing::normalise_keys`] → [`schema::validate`]. A query's way in:
//! [`query::Query`], and [`schema::validate_query`] where an endpoint declares one.

pub mod casing;
pub mod document;
pub mod pagination;
pub mod parse;
pub mod pointer;
pub mod query;
pub mod schema;
