//! The filters of `GET /tokens` (spec 03 §2.1).

use super::TokenView;
use crate::auth::permissions::Role;
use crate::ids::{Id, parse_id};
use crate::jsonapi::query::{Param, Query};

/// Which bearers' tokens are wanted. What is given but unknown is met by no token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BearerFilter {
    kind: Option<Option<&'static str>>,
    id: Option<Option<Id>>,
    roles: Option<Vec<Role>>,
}

/// The types of bearers: singular and plural.
const KINDS: [[&str; 2]; 4] =
    [["environment", "environments"], ["product", "products"], ["user", "users"], ["license", "licenses"]];

impl BearerFilter {
    /// Reads `bearer[type]`, `bearer[id]`, `bearer[role]` and `bearer[role][]`; blanks are ignored.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        let kind = |name: &str| KINDS.iter().find(|names| names.contains(&name)).map(|[_, plural]| *plural);
        let roles = match query.map("bearer").and_then(|members| members.get("role")) {
            Some(Param::Scalar(role)) => vec![role.as_str()],
            Some(Param::List(roles)) => roles.iter().filter_map(Param::as_text).collect(),
            _ => Vec::new(),
        };
        let roles: Vec<&str> = roles.into_iter().filter(|role| !role.trim().is_empty()).collect();
        Self {
            kind: query.nested("bearer", "type").map(kind),
            id: query.nested("bearer", "id").map(parse_id),
            roles: (!roles.is_empty()).then(|| roles.iter().filter_map(|role| role.parse().ok()).collect()),
        }
    }

    /// Whether it asks for nothing in particular.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The one bearer whose tokens are wanted, if one is named.
    #[must_use]
    pub fn bearer(&self) -> Option<Id> {
        self.id.flatten()
    }

    /// Whether a token is wanted.
    #[must_use]
    pub fn admits(&self, view: &TokenView) -> bool {
        self.kind.is_none_or(|kind| kind == Some(view.token.bearer.kind.as_str()))
            && self.id.is_none_or(|id| id == Some(view.token.bearer.id))
            && self.roles.as_ref().is_none_or(|roles| view.bearer.is(roles))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(query: &str) -> BearerFilter {
        BearerFilter::of(&Query::parse(query).unwrap())
    }

    #[test]
    fn blanks_are_no_filter() {
        for query in ["", "bearer[type]=&bearer[id]=%20&bearer[role]=", "bearer=x", "bearer[type][]=user", "role=user"]
        {
            assert!(filter(query).is_empty(), "{query}");
        }
    }

    #[test]
    fn roles_come_alone_or_in_a_list_in_either_spelling() {
        assert_eq!(filter("bearer[role]=sales_agent").roles, Some(vec![Role::SalesAgent]));
        let several = filter("bearer[role][]=license&bearer[role][]=read-only&bearer[role][]=nobody");
        assert_eq!(several.roles, Some(vec![Role::License, Role::ReadOnly]));
    }

    #[test]
    fn what_is_unknown_is_kept_as_a_filter() {
        assert_eq!(filter("bearer[type]=users").kind, Some(Some("users")));
        assert_eq!(filter("bearer[type]=user").kind, Some(Some("users")));
        assert_eq!(filter("bearer[type]=cat").kind, Some(None));
        assert_eq!(filter("bearer[role]=cat").roles, Some(Vec::new()));
        assert_eq!(filter("bearer[id]=cat").id, Some(None));
        assert_eq!(filter("bearer[id]=cat").bearer(), None);
    }
}
