//! Filters of user lists (spec 03 §3.8).

use std::str::FromStr;

use super::User;
use super::view::UserStatus;
use crate::auth::permissions::Role;
use crate::domain::attribute::Metadata;
use crate::domain::metadata;
use crate::ids::{Id, parse_id};
use crate::jsonapi::query::{Param, Query};

/// What a list of users is restricted to; everything given must hold.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    /// One of these roles; none: any role.
    pub roles: Option<Vec<Role>>,
    /// This status; a status that does not exist is nobody's.
    pub status: Option<Option<UserStatus>>,
    /// Whether it owns a license.
    pub assigned: Option<bool>,
    /// It has a license of this product.
    pub product: Option<Id>,
    /// It owns this license or is attached to it.
    pub license: Option<Id>,
    /// It is a member of this group.
    pub group: Option<Id>,
    /// Its metadata holds these pairs.
    pub metadata: Option<Metadata>,
}

impl Filter {
    /// Reads the filters of a query. Without a word about roles, end users are meant.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        // The nil id is nobody's: what is no id matches nothing.
        let id = |name: &str| query.scalar(name).map(|text| parse_id(text).unwrap_or_default());
        Self {
            roles: roles(query),
            status: query.scalar("status").map(|name| UserStatus::from_str(&name.to_ascii_uppercase()).ok()),
            assigned: query.scalar("assigned").or_else(|| query.scalar("active")).map(is_true),
            product: id("product"),
            license: id("license"),
            group: id("group"),
            metadata: metadata::wanted(query),
        }
    }

    /// Whether a user passes, as far as its own record tells.
    #[must_use]
    pub fn passes(&self, user: &User) -> bool {
        self.roles.as_ref().is_none_or(|roles| roles.contains(&user.role))
            && self.assigned.is_none_or(|assigned| assigned == (user.licenses_count > 0))
            && self.group.is_none_or(|group| user.group == Some(group))
            && self.metadata.as_ref().is_none_or(|wanted| metadata::matches(&user.metadata, wanted))
    }

    /// Whether every user passes.
    #[must_use]
    pub fn admits_all(&self) -> bool {
        *self
            == Self {
                roles: None,
                status: None,
                assigned: None,
                product: None,
                license: None,
                group: None,
                metadata: None,
            }
    }
}

/// The roles asked for: `roles[]=admin`. Any other shape switches the filter off.
#[must_use]
pub fn roles(query: &Query) -> Option<Vec<Role>> {
    match query.get("roles") {
        None => Some(vec![Role::User]),
        Some(Param::List(_)) => {
            let names = query.list("roles").unwrap_or_default();
            Some(names.iter().filter_map(|name| name.parse().ok()).collect())
        }
        Some(_) => None,
    }
}

fn is_true(text: &str) -> bool {
    !matches!(text.to_ascii_lowercase().as_str(), "false" | "f" | "0" | "off")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Filter {
        Filter::of(&Query::parse(query).unwrap())
    }

    #[test]
    fn end_users_unless_told() {
        assert_eq!(read("").roles, Some(vec![Role::User]));
        assert_eq!(read("roles[]=admin&roles[]=sales_agent").roles, Some(vec![Role::Admin, Role::SalesAgent]));
        assert_eq!(read("roles[]=nobody").roles, Some(vec![]));
        assert!(read("roles=admin").admits_all());
        assert!(!read("").admits_all());
    }

    #[test]
    fn statuses_in_any_case() {
        assert_eq!(read("status=active").status, Some(Some(UserStatus::Active)));
        assert_eq!(read("status=INVALID").status, Some(None));
        assert_eq!(read("status=").status, None);
    }

    #[test]
    fn what_counts_as_false() {
        for (query, assigned) in [
            ("assigned=true", Some(true)),
            ("active=1", Some(true)),
            ("assigned=False", Some(false)),
            ("assigned=off", Some(false)),
            ("active=0", Some(false)),
            ("assigned=no", Some(true)),
            ("assigned=", None),
        ] {
            assert_eq!(read(query).assigned, assigned, "{query}");
        }
    }
}
