//! Every route of every family, and paths that fill them in.

use latchkey_local::serve;
use reqwest::Method;
use shared::http::families::{FAMILIES, family_of};
use support::Vendor;

/// Method and pattern of every route, as the routers declare them.
pub fn all() -> Vec<(&'static str, &'static str)> {
    serve::FAMILIES.iter().flat_map(|family| (family.routes)().table().to_vec()).collect()
}

/// `shared/tests/template.rs` holds `template.yaml` against the table of families; this holds the table against
/// the routers.
#[test]
fn every_route_belongs_to_the_family_that_serves_it() {
    assert_eq!(serve::FAMILIES.len(), FAMILIES.len());
    for family in serve::FAMILIES {
        for (_, pattern) in (family.routes)().table() {
            let filled = pattern.replace(['{', '}'], "");
            let path = match filled.strip_prefix("/account") {
                Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/v1/accounts/acme{rest}"),
                _ => format!("/v1{filled}"),
            };
            assert_eq!(family_of(&path).map(|known| known.name), Some(family.name), "{pattern}");
        }
    }
}

/// A method by its name.
pub fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("a method")
}

/// The path of a route below `vendor`'s account, its identifiers filled in from the segment before and their own name.
pub fn path(vendor: &Vendor, pattern: &str, mut identifier: impl FnMut(&str, &str) -> String) -> String {
    let mut filled: Vec<String> = Vec::new();
    let mut before = String::new();
    for segment in pattern.split('/') {
        match segment.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
            Some(name) => filled.push(identifier(&before, name)),
            None => {
                segment.clone_into(&mut before);
                filled.push(segment.to_owned());
            }
        }
    }
    let inner = filled.join("/");
    let account = vendor.account.id;
    if matches!(pattern, "/accounts" | "/recover" | "/health" | "/health/webhooks" | "/ping") {
        return format!("/v1{inner}");
    }
    match inner.strip_prefix("/account") {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/v1/accounts/{account}{rest}"),
        _ => format!("/v1/accounts/{account}{inner}"),
    }
}
