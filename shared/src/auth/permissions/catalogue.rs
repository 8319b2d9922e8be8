//! The permission catalogue: every permission and what each role may do with it (spec 01 §3.7).

use super::Role;

/// What a role's bearers may do with a permission.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Grant {
    /// Held without being asked for.
    Default,
    /// May be given.
    Allowed,
    /// Cannot be held.
    Never,
}

use Grant::{Allowed as A, Default as D, Never as N};

/// How many permissions there are.
pub(super) const COUNT: usize = 144;

/// Words of a bit mask over the catalogue.
pub(super) const WORDS: usize = COUNT.div_ceil(64);

/// One bit per permission, in the order of the catalogue.
pub(super) type Mask = [u64; WORDS];

/// Every permission, ascending, with its grants for environments, products, read-only users, users and licenses.
/// The other roles may hold all of them, and do by default.
#[rustfmt::skip]
const CATALOGUE: [(&str, [Grant; 5]); COUNT] = [
    ("account.analytics.read", [N, N, D, N, N]),
    ("account.billing.read", [N, N, D, N, N]),
    ("account.billing.update", [N, N, N, N, N]),
    ("account.plan.read", [N, N, D, N, N]),
    ("account.plan.update", [N, N, N, N, N]),
    ("account.read", [D, D, D, A, A]),
    ("account.subscription.read", [N, N, D, N, N]),
    ("account.subscription.update", [N, N, N, N, N]),
    ("account.update", [N, N, N, N, N]),
    ("admin.create", [N, N, N, N, N]),
    ("admin.delete", [N, N, N, N, N]),
    ("admin.invite", [N, N, N, N, N]),
    ("admin.read", [N, N, D, N, N]),
    ("admin.update", [N, N, N, N, N]),
    ("arch.read", [D, D, D, D, D]),
    ("artifact.create", [D, D, N, N, N]),
    ("artifact.delete", [D, D, N, N, N]),
    ("artifact.read", [D, D, D, D, D]),
    ("artifact.update", [D, D, N, N, N]),
    ("channel.read", [D, D, D, D, D]),
    ("component.create", [D, D, N, D, D]),
    ("component.delete", [D, D, N, D, D]),
    ("component.read", [D, D, D, D, D]),
    ("component.update", [D, D, N, D, D]),
    ("constraint.read", [D, D, D, D, D]),
    ("engine.read", [D, D, D, D, D]),
    ("entitlement.create", [D, N, N, N, N]),
    ("entitlement.delete", [D, N, N, N, N]),
    ("entitlement.read", [D, D, D, D, D]),
    ("entitlement.update", [D, N, N, N, N]),
    ("environment.create", [N, N, N, N, N]),
    ("environment.delete", [N, N, N, N, N]),
    ("environment.read", [D, N, D, N, N]),
    ("environment.tokens.generate", [N, N, N, N, N]),
    ("environment.update", [N, N, N, N, N]),
    ("event-log.read", [D, N, D, N, N]),
    ("group.create", [D, D, N, N, N]),
    ("group.delete", [D, D, N, N, N]),
    ("group.licenses.read", [D, D, D, D, N]),
    ("group.machines.read", [D, D, D, D, N]),
    ("group.owners.attach", [D, D, N, N, N]),
    ("group.owners.detach", [D, D, N, N, N]),
    ("group.owners.read", [D, D, D, D, D]),
    ("group.read", [D, D, D, D, D]),
    ("group.update", [D, D, N, N, N]),
    ("group.users.read", [D, D, D, D, N]),
    ("key.create", [D, D, N, N, N]),
    ("key.delete", [D, D, N, N, N]),
    ("key.read", [D, D, D, N, N]),
    ("key.update", [D, D, N, N, N]),
    ("license.check-in", [D, D, N, D, D]),
    ("license.check-out", [D, D, N, D, D]),
    ("license.create", [D, D, N, D, N]),
    ("license.delete", [D, D, N, D, N]),
    ("license.entitlements.attach", [D, D, N, N, N]),
    ("license.entitlements.detach", [D, D, N, N, N]),
    ("license.group.update", [D, D, N, N, N]),
    ("license.owner.update", [D, D, N, N, N]),
    ("license.policy.update", [D, D, N, D, N]),
    ("license.read", [D, D, D, D, D]),
    ("license.reinstate", [D, D, N, N, N]),
    ("license.renew", [D, D, N, D, N]),
    ("license.revoke", [D, D, N, D, N]),
    ("license.suspend", [D, D, N, N, N]),
    ("license.tokens.generate", [D, D, N, N, N]),
    ("license.update", [D, D, N, N, N]),
    ("license.usage.decrement", [D, D, N, N, N]),
    ("license.usage.increment", [D, D, N, D, D]),
    ("license.usage.reset", [D, D, N, N, N]),
    ("license.user.update", [D, D, N, N, N]),
    ("license.users.attach", [D, D, N, A, N]),
    ("license.users.detach", [D, D, N, A, N]),
    ("license.validate", [D, D, D, D, D]),
    ("machine.check-out", [D, D, N, D, D]),
    ("machine.create", [D, D, N, D, D]),
    ("machine.delete", [D, D, N, D, D]),
    ("machine.group.update", [D, D, N, N, N]),
    ("machine.heartbeat.ping", [D, D, N, D, D]),
    ("machine.heartbeat.reset", [D, D, N, N, N]),
    ("machine.owner.update", [D, D, N, N, N]),
    ("machine.proofs.generate", [D, D, N, D, D]),
    ("machine.read", [D, D, D, D, D]),
    ("machine.update", [D, D, N, D, D]),
    ("package.create", [D, D, N, N, N]),
    ("package.delete", [D, D, N, N, N]),
    ("package.read", [D, D, D, D, D]),
    ("package.update", [D, D, N, N, N]),
    ("platform.read", [D, D, D, D, D]),
    ("policy.create", [D, D, N, N, N]),
    ("policy.delete", [D, D, N, N, N]),
    ("policy.entitlements.attach", [D, D, N, N, N]),
    ("policy.entitlements.detach", [D, D, N, N, N]),
    ("policy.pool.pop", [D, D, N, N, N]),
    ("policy.read", [D, D, D, A, A]),
    ("policy.update", [D, D, N, N, N]),
    ("process.create", [D, D, N, D, D]),
    ("process.delete", [D, D, N, D, D]),
    ("process.heartbeat.ping", [D, D, N, D, D]),
    ("process.read", [D, D, D, D, D]),
    ("process.update", [D, D, N, D, D]),
    ("product.create", [D, N, N, N, N]),
    ("product.delete", [D, N, N, N, N]),
    ("product.read", [D, D, D, A, A]),
    ("product.tokens.generate", [D, N, N, N, N]),
    ("product.update", [D, D, N, N, N]),
    ("release.constraints.attach", [D, D, N, N, N]),
    ("release.constraints.detach", [D, D, N, N, N]),
    ("release.create", [D, D, N, N, N]),
    ("release.delete", [D, D, N, N, N]),
    ("release.download", [D, D, D, D, D]),
    ("release.package.update", [D, D, N, N, N]),
    ("release.publish", [D, D, N, N, N]),
    ("release.read", [D, D, D, D, D]),
    ("release.update", [D, D, N, N, N]),
    ("release.upgrade", [D, D, D, D, D]),
    ("release.upload", [D, D, N, N, N]),
    ("release.yank", [D, D, N, N, N]),
    ("request-log.read", [D, N, D, N, N]),
    ("token.generate", [D, D, D, D, N]),
    ("token.read", [D, D, D, D, D]),
    ("token.regenerate", [D, D, N, D, D]),
    ("token.revoke", [D, D, N, D, D]),
    ("user.ban", [D, D, N, N, N]),
    ("user.create", [D, D, N, N, N]),
    ("user.delete", [D, D, N, N, N]),
    ("user.group.update", [D, D, N, N, N]),
    ("user.invite", [D, N, N, N, N]),
    ("user.password.reset", [D, N, D, D, N]),
    ("user.password.update", [D, N, D, D, N]),
    ("user.read", [D, D, D, D, A]),
    ("user.second-factors.create", [D, N, N, D, N]),
    ("user.second-factors.delete", [D, N, N, D, N]),
    ("user.second-factors.read", [D, N, D, D, N]),
    ("user.second-factors.update", [D, N, N, D, N]),
    ("user.tokens.generate", [D, D, N, N, N]),
    ("user.unban", [D, D, N, N, N]),
    ("user.update", [D, D, N, D, N]),
    ("webhook-endpoint.create", [D, D, N, N, N]),
    ("webhook-endpoint.delete", [D, D, N, N, N]),
    ("webhook-endpoint.read", [D, D, D, N, N]),
    ("webhook-endpoint.update", [D, D, N, N, N]),
    ("webhook-event.delete", [D, N, N, N, N]),
    ("webhook-event.read", [D, D, D, N, N]),
    ("webhook-event.retry", [D, N, N, N, N]),
];

/// The mask of one column, of the permissions that are at least allowed or that are held by default.
const fn column(column: usize, defaults_only: bool) -> Mask {
    let mut mask = [0; WORDS];
    let mut index = 0;
    while index < COUNT {
        let included = match CATALOGUE[index].1[column] {
            Grant::Default => true,
            Grant::Allowed => !defaults_only,
            Grant::Never => false,
        };
        if included {
            mask[index / 64] |= 1 << (index % 64);
        }
        index += 1;
    }
    mask
}

const fn everything() -> Mask {
    let mut mask = [0; WORDS];
    let mut index = 0;
    while index < COUNT {
        mask[index / 64] |= 1 << (index % 64);
        index += 1;
    }
    mask
}

const ALL: Mask = everything();
const ALLOWED: [Mask; 5] = [column(0, false), column(1, false), column(2, false), column(3, false), column(4, false)];
const DEFAULTS: [Mask; 5] = [column(0, true), column(1, true), column(2, true), column(3, true), column(4, true)];

const fn column_of(role: Role) -> Option<usize> {
    match role {
        Role::Admin | Role::Developer | Role::SalesAgent | Role::SupportAgent => None,
        Role::Environment => Some(0),
        Role::Product => Some(1),
        Role::ReadOnly => Some(2),
        Role::User => Some(3),
        Role::License => Some(4),
    }
}

/// What bearers of `role` may hold.
pub(super) const fn allowed(role: Role) -> Mask {
    match column_of(role) {
        Some(column) => ALLOWED[column],
        None => ALL,
    }
}

/// What bearers of `role` hold when nothing else was said.
pub(super) const fn defaults(role: Role) -> Mask {
    match column_of(role) {
        Some(column) => DEFAULTS[column],
        None => ALL,
    }
}

/// Where `name` stands in the catalogue.
pub(super) fn index(name: &str) -> Option<usize> {
    CATALOGUE.binary_search_by_key(&name, |entry| entry.0).ok()
}

/// The permission at a place of the catalogue.
pub(super) fn name(index: usize) -> Option<&'static str> {
    CATALOGUE.get(index).map(|entry| entry.0)
}
