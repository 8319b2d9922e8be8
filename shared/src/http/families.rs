//! Which function answers which path.
//!
//! A *family* is a crate below `functions/`, deployed as one function. The first segment behind
//! `/v1` or `/v1/accounts/{account}` names it. This table is the one source of that: the local
//! server routes by [`family_of`], and a test holds `template.yaml` (and the routes of
//! `cargo lambda watch`) against [`gateway_routes`].

/// In which of the two URL forms a first segment exists (spec 01 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Below `/v1` and below `/v1/accounts/{account}`.
    Both,
    /// Only below `/v1/accounts/{account}`.
    Prefixed,
    /// Only below `/v1`.
    Bare,
}

/// A first path segment and the forms it exists in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The segment's literal text.
    pub name: &'static str,
    /// Where it may stand.
    pub form: Form,
}

/// One resource family: a crate, a binary and a function of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// Name of the crate's folder, its binary, its sample event and its function.
    pub name: &'static str,
    /// First segments that belong to it.
    pub segments: &'static [Segment],
}

const fn both(name: &'static str) -> Segment {
    Segment { name, form: Form::Both }
}

/// Every deployed family, in the order of the specification's endpoint table.
pub const FAMILIES: &[Family] = &[
    // `accounts` itself (`/v1/accounts`, `/v1/accounts/{account}`) is no segment: it is the prefix.
    Family {
        name: ACCOUNTS,
        segments: &[
            both("ping"),
            Segment { name: "health", form: Form::Bare },
            Segment { name: "recover", form: Form::Bare },
            Segment { name: "settings", form: Form::Prefixed },
        ],
    },
    Family { name: "environments", segments: &[both("environments")] },
    Family { name: "tokens", segments: &[both("tokens"), both("me"), both("profile"), both("passwords")] },
    Family { name: "users", segments: &[both("users")] },
    Family { name: "products", segments: &[both("products")] },
    Family { name: "entitlements", segments: &[both("entitlements")] },
    Family { name: "groups", segments: &[both("groups")] },
    Family { name: "search", segments: &[both("search")] },
    Family { name: "policies", segments: &[both("policies")] },
    Family { name: "keys", segments: &[both("keys")] },
    Family { name: "licenses", segments: &[both("licenses")] },
    Family { name: "machines", segments: &[both("machines"), both("components"), both("processes")] },
];

/// Functions that no route reaches: each a crate, a binary and a function of this name.
pub const WORKERS: &[&str] = &["sweep"];

const ACCOUNTS: &str = "accounts";

/// The family that answers paths which no other one claims: it says 404 in the documented form.
#[must_use]
pub fn fallback() -> &'static Family {
    &FAMILIES[0]
}

/// The family of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.name == name)
}

/// The family whose function answers `path`, a canonical path
/// ([`canonical`](super::path::canonical)); `None` where no endpoint exists.
#[must_use]
pub fn family_of(path: &str) -> Option<&'static Family> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    if segments.next() != Some("v1") {
        return None;
    }
    let first = segments.next()?;
    if first != ACCOUNTS {
        return owner(first, Form::Bare);
    }
    match segments.nth(1) {
        None => by_name(ACCOUNTS),
        Some(first) => owner(first, Form::Prefixed),
    }
}

fn owner(first: &str, form: Form) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| {
        family
            .segments
            .iter()
            .any(|segment| segment.name == first && (segment.form == form || segment.form == Form::Both))
    })
}

/// The HTTP API's route keys (method, path) that lead to a family's function.
///
/// Each segment has its collection and everything below it, in each of its forms; methods are left
/// to the routers, so that a preflight and a wrong method get the documented answers.
#[must_use]
pub fn gateway_routes(family: &Family) -> Vec<(&'static str, String)> {
    let mut paths = Vec::new();
    if family.name == ACCOUNTS {
        paths.push("/v1/accounts".to_owned());
        paths.push("/v1/accounts/{account}".to_owned());
    }
    for Segment { name, form } in family.segments {
        if *form != Form::Prefixed {
            paths.push(format!("/v1/{name}"));
            paths.push(format!("/v1/{name}/{{proxy+}}"));
        }
        if *form != Form::Bare {
            paths.push(format!("/v1/accounts/{{account}}/{name}"));
            paths.push(format!("/v1/accounts/{{account}}/{name}/{{proxy+}}"));
        }
    }
    paths.into_iter().map(|path| ("ANY", path)).collect()
}

#[cfg(test)]
mod tests {
    use super::{FAMILIES, by_name, fallback, family_of, gateway_routes};
    use std::collections::BTreeSet;

    fn name_of(path: &str) -> Option<&'static str> {
        family_of(path).map(|family| family.name)
    }

    #[test]
    fn the_first_segment_names_the_family_in_both_forms() {
        for (path, family) in [
            ("/v1/licenses", "licenses"),
            ("/v1/licenses/x/tokens", "licenses"),
            ("/v1/accounts/acme/licenses/x/tokens", "licenses"),
            ("/v1/accounts/licenses/machines", "machines"),
            ("/v1/processes/x/actions/ping", "machines"),
            ("/v1/accounts/acme/me", "tokens"),
            ("/v1/passwords", "tokens"),
            ("/v1/search", "search"),
        ] {
            assert_eq!(name_of(path), Some(family), "{path}");
        }
    }

    #[test]
    fn accounts_answers_its_prefix_and_what_stands_outside_an_account() {
        for path in [
            "/v1/accounts",
            "/v1/accounts/acme",
            "/v1/accounts/licenses",
            "/v1/accounts/acme/settings/x",
            "/v1/accounts/acme/ping",
            "/v1/ping",
            "/v1/health/webhooks",
            "/v1/recover",
        ] {
            assert_eq!(name_of(path), Some("accounts"), "{path}");
        }
    }

    #[test]
    fn other_paths_belong_to_nobody() {
        for path in [
            "",
            "/",
            "/v1",
            "/v2/licenses",
            "/licenses",
            "/v1/Licenses",
            "/v1/plans",
            "/v1/settings",
            "/v1/account",
            "/v1/accounts/acme/health",
            "/v1/accounts/acme/recover",
            "/v1/accounts/acme/accounts",
            "/v1/accounts/acme/billing",
        ] {
            assert_eq!(name_of(path), None, "{path}");
        }
    }

    #[test]
    fn every_gateway_route_leads_to_the_family_that_declares_it_and_to_no_other() {
        let mut seen = BTreeSet::new();
        for family in FAMILIES {
            assert_eq!(by_name(family.name), Some(family));
            for (method, path) in gateway_routes(family) {
                assert_eq!(method, "ANY");
                assert_eq!(name_of(&path.replace("{proxy+}", "x/y")), Some(family.name), "{path}");
                assert!(seen.insert(path));
            }
        }
        assert_eq!(fallback().name, "accounts");
        // The default quota of an HTTP API is 300 routes; releases and the rest still have to fit.
        assert!(seen.len() < 150, "{} routes", seen.len());
    }
}
