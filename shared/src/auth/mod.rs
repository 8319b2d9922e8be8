//! Who acts, and what they may do.
//!
//! * [`permissions`] — roles, the permission catalogue, sets of permissions
//! * [`credentials`] — what a request presents
//! * [`authenticate`] — whom that makes it
//! * [`password`], [`second_factor`], [`session`] — the ways of people
//! * [`bearer`] — principals
//! * [`authorize`] — whether they may

pub mod authenticate;
pub mod authorize;
pub mod bearer;
pub mod credentials;
pub mod password;
pub mod permissions;
pub mod second_factor;
pub mod session;
