//! The types that can be searched, and what can be asked of each.

use serde_json::Value;

use super::clause::Field;
use crate::auth::permissions::Role;
use crate::domain::entitlement::Entitlement;
use crate::domain::group::Group;
use crate::domain::license::{License, view as licenses};
use crate::domain::machine::{Machine, view as machines};
use crate::domain::policy::Policy;
use crate::domain::product::Product;
use crate::domain::user::{User, view as users};
use crate::http::context::Ctx;
use crate::http::error::Result;
use crate::jsonapi::document::{self, Extras};
use crate::store::Stored;

/// What can be asked of releases and request logs, whose records come with later parts.
const RELEASE_KEYS: &[&str] = &["id", "version", "tag", "metadata", "product"];
const REQUEST_LOG_KEYS: &[&str] = &[
    "id",
    "requestor",
    "requestor_type",
    "requestor_id",
    "resource",
    "resource_type",
    "resource_id",
    "method",
    "status",
    "url",
    "ip",
];

/// Types that exist and are not searched (singular; plurals are regular).
const OTHERS: &[&str] = &[
    "account",
    "arch",
    "artifact",
    "channel",
    "component",
    "environment",
    "event_log",
    "key",
    "package",
    "platform",
    "process",
    "second_factor",
    "session",
    "token",
    "webhook_endpoint",
    "webhook_event",
];

/// A type that can be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Entitlements.
    Entitlement,
    /// Groups.
    Group,
    /// Products.
    Product,
    /// Policies.
    Policy,
    /// Licenses.
    License,
    /// Machines.
    Machine,
    /// Users, staff included.
    User,
    /// Releases.
    Release,
    /// Request logs.
    RequestLog,
}

impl Subject {
    const ALL: &'static [Self] = &[
        Self::Entitlement,
        Self::Group,
        Self::Product,
        Self::Policy,
        Self::License,
        Self::Machine,
        Self::User,
        Self::Release,
        Self::RequestLog,
    ];

    /// The type of this name: snake_case, singular or plural.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|subject| is_called(name, subject.name()))
    }

    /// Whether a type of this name exists, searched or not.
    #[must_use]
    pub fn is_known(name: &str) -> bool {
        Self::named(name).is_some() || OTHERS.iter().any(|other| is_called(name, other))
    }

    /// Its name: snake_case, singular.
    const fn name(self) -> &'static str {
        match self {
            Self::Entitlement => "entitlement",
            Self::Group => "group",
            Self::Product => "product",
            Self::Policy => "policy",
            Self::License => "license",
            Self::Machine => "machine",
            Self::User => "user",
            Self::Release => "release",
            Self::RequestLog => "request_log",
        }
    }

    /// Its name in answers.
    #[must_use]
    pub fn shown(self) -> String {
        crate::jsonapi::casing::camel(self.name())
    }

    /// What can be asked of it.
    #[must_use]
    pub fn keys(self) -> Vec<&'static str> {
        match self {
            Self::Entitlement => keys::<Entitlement>(),
            Self::Group => keys::<Group>(),
            Self::Product => keys::<Product>(),
            Self::Policy => keys::<Policy>(),
            Self::License => keys::<License>(),
            Self::Machine => keys::<Machine>(),
            Self::User => keys::<User>(),
            Self::Release => RELEASE_KEYS.to_vec(),
            Self::RequestLog => REQUEST_LOG_KEYS.to_vec(),
        }
    }

    /// The permission that its list needs.
    #[must_use]
    pub const fn permission(self) -> &'static str {
        match self {
            Self::Entitlement => "entitlement.read",
            Self::Group => "group.read",
            Self::Product => "product.read",
            Self::Policy => "policy.read",
            Self::License => "license.read",
            Self::Machine => "machine.read",
            Self::User => "user.read",
            Self::Release => "release.read",
            Self::RequestLog => "request-log.read",
        }
    }

    /// Whether staff of this role may list it.
    #[must_use]
    pub fn is_open_to(self, role: Option<Role>) -> bool {
        self != Self::RequestLog || matches!(role, Some(Role::Admin | Role::Developer | Role::ReadOnly))
    }
}

fn is_called(name: &str, singular: &str) -> bool {
    name == singular
        || match singular.strip_suffix('y') {
            Some(stem) if !singular.ends_with("ey") => name == format!("{stem}ies"),
            _ if singular.ends_with("ss") || singular.ends_with("ch") => name == format!("{singular}es"),
            _ => name == format!("{singular}s"),
        }
}

fn keys<R: Searchable>() -> Vec<&'static str> {
    R::FIELDS.iter().map(|(key, _)| *key).collect()
}

/// A record type that can be searched.
pub trait Searchable: Stored {
    /// What can be asked of it, by (snake_case) key.
    const FIELDS: &'static [(&'static str, Field<Self>)];

    /// Whether the bearer may be shown these records.
    ///
    /// # Errors
    /// 403.
    fn permit(ctx: &Ctx, records: &[Self]) -> Result<()> {
        let _ = (ctx, records);
        Ok(())
    }

    /// The resource objects of records, in their order.
    fn documents(ctx: &Ctx, records: Vec<Self>) -> impl Future<Output = Result<Vec<Value>>> + Send {
        let _ = ctx;
        let documents = records.iter().map(|record| document::resource(record, &Extras::default())).collect();
        async { Ok(documents) }
    }
}

impl Searchable for Entitlement {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("code", Field::Alias(|entitlement| Some(&entitlement.code), Self::by_code)),
        ("name", Field::Text(|entitlement| Some(&entitlement.name))),
    ];
}

impl Searchable for Group {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[("name", Field::Text(|group| Some(&group.name)))];
}

impl Searchable for Product {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("name", Field::Text(|product| Some(&product.name))),
        ("metadata", Field::Metadata(|product| &product.metadata)),
    ];
}

impl Searchable for Policy {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("name", Field::Text(|policy| Some(&policy.name))),
        ("metadata", Field::Metadata(|policy| &policy.metadata)),
        ("product", Field::Product(|policy| policy.product)),
    ];
}

impl Searchable for License {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("key", Field::Key(|license| &license.key)),
        ("name", Field::Text(|license| license.name.as_deref())),
        ("metadata", Field::Metadata(|license| &license.metadata)),
        ("owner", Field::Owner(|license| license.owner)),
        ("user", Field::LicenseUser(|license| license.id)),
        ("product", Field::Product(|license| license.product)),
        ("policy", Field::Policy(|license| license.policy)),
    ];

    async fn documents(ctx: &Ctx, records: Vec<Self>) -> Result<Vec<Value>> {
        let views = licenses::views(&ctx.store, ctx.account(), records).await?;
        Ok(views.iter().map(|view| view.document(ctx.now)).collect())
    }
}

impl Searchable for Machine {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("fingerprint", Field::Fingerprint(|machine| &machine.fingerprint)),
        ("name", Field::Text(|machine| machine.name.as_deref())),
        ("metadata", Field::Metadata(|machine| &machine.metadata)),
        ("license", Field::License(|machine| machine.license)),
        ("owner", Field::Owner(|machine| machine.owner)),
        ("user", Field::LicenseUser(|machine| machine.license)),
        ("product", Field::Product(|machine| machine.product)),
        ("policy", Field::LicensePolicy(|machine| machine.license)),
    ];

    async fn documents(ctx: &Ctx, records: Vec<Self>) -> Result<Vec<Value>> {
        let views = machines::views(&ctx.store, ctx.account(), records).await?;
        Ok(views.iter().map(|view| view.document_for(ctx.version, ctx.now)).collect())
    }
}

impl Searchable for User {
    const FIELDS: &'static [(&'static str, Field<Self>)] = &[
        ("id", Field::Id),
        ("email", Field::Alias(|user| Some(&user.email), Self::by_email)),
        ("first_name", Field::Text(|user| user.first_name.as_deref())),
        ("last_name", Field::Text(|user| user.last_name.as_deref())),
        ("full_name", Field::FullName(|user| (user.first_name.as_deref(), user.last_name.as_deref()))),
        ("name", Field::FullName(|user| (user.first_name.as_deref(), user.last_name.as_deref()))),
        ("metadata", Field::Metadata(|user| &user.metadata)),
        ("role", Field::Role(|user| user.role)),
    ];

    fn permit(ctx: &Ctx, records: &[Self]) -> Result<()> {
        if records.iter().any(|user| user.role == Role::Admin) {
            return ctx.permit("admin.read").when(true);
        }
        Ok(())
    }

    async fn documents(ctx: &Ctx, records: Vec<Self>) -> Result<Vec<Value>> {
        users::documents(ctx, &records).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_both_numbers() {
        assert_eq!(Subject::named("policies"), Some(Subject::Policy));
        assert_eq!(Subject::named("request_logs"), Some(Subject::RequestLog));
        assert_eq!(Subject::named("keys"), None);
        for name in ["keys", "processes", "arches", "second_factors", "account"] {
            assert!(Subject::is_known(name), "{name}");
        }
        assert!(!Subject::is_known("policys"));
    }

    #[test]
    fn request_logs_are_for_those_who_keep_the_account() {
        assert!(Subject::RequestLog.is_open_to(Some(Role::ReadOnly)));
        assert!(!Subject::RequestLog.is_open_to(Some(Role::SalesAgent)));
        assert!(Subject::License.is_open_to(Some(Role::SupportAgent)));
    }
}
