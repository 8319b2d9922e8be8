use proptest::prelude::*;

use super::*;

fn set(names: &[&str]) -> PermissionSet {
    names.iter().collect()
}

fn names(set: PermissionSet) -> Vec<&'static str> {
    set.iter().collect()
}

#[test]
fn the_catalogue_is_ascending_and_without_repetition() {
    let all = names(allowed(Role::Admin));
    assert_eq!(all.len(), 144);
    assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
    assert!(all.iter().all(|name| is_known(name)));
    assert!(is_known("*"));
    assert!(!is_known("foo.bar") && !is_known("") && !is_known("LICENSE.READ"));
}

/// The rows of spec 01 §3.7: grants for environment, product, read-only, user, license, then the permissions.
const ROWS: &[(&str, &str)] = &[
    (
        "DDDDD",
        "arch.read artifact.read channel.read component.read constraint.read engine.read entitlement.read \
         group.owners.read group.read license.read license.validate machine.read package.read platform.read \
         process.read release.download release.read release.upgrade token.read",
    ),
    ("DDDAA", "account.read policy.read product.read"),
    ("DDDDA", "user.read"),
    ("DDDD-", "group.licenses.read group.machines.read group.users.read token.generate"),
    (
        "DD-DD",
        "component.create component.delete component.update license.check-in license.check-out \
         license.usage.increment machine.check-out machine.create machine.delete machine.heartbeat.ping \
         machine.proofs.generate machine.update process.create process.delete process.heartbeat.ping process.update \
         token.regenerate token.revoke",
    ),
    ("DD-D-", "license.create license.delete license.policy.update license.renew license.revoke user.update"),
    ("DD-A-", "license.users.attach license.users.detach"),
    ("DDD--", "key.read webhook-endpoint.read webhook-event.read"),
    (
        "DD---",
        "artifact.create artifact.delete artifact.update group.create group.delete group.owners.attach \
         group.owners.detach group.update key.create key.delete key.update license.entitlements.attach \
         license.entitlements.detach license.group.update license.owner.update license.reinstate license.suspend \
         license.tokens.generate license.update license.usage.decrement license.usage.reset license.user.update \
         machine.group.update machine.heartbeat.reset machine.owner.update package.create package.delete \
         package.update policy.create policy.delete policy.entitlements.attach policy.entitlements.detach \
         policy.pool.pop policy.update product.update release.constraints.attach release.constraints.detach \
         release.create release.delete release.package.update release.publish release.update release.upload \
         release.yank user.ban user.create user.delete user.group.update user.tokens.generate user.unban \
         webhook-endpoint.create webhook-endpoint.delete webhook-endpoint.update",
    ),
    ("D-DD-", "user.password.reset user.password.update user.second-factors.read"),
    ("D--D-", "user.second-factors.create user.second-factors.delete user.second-factors.update"),
    ("D-D--", "environment.read event-log.read request-log.read"),
    (
        "D----",
        "entitlement.create entitlement.delete entitlement.update product.create product.delete \
         product.tokens.generate user.invite webhook-event.delete webhook-event.retry",
    ),
    ("--D--", "account.analytics.read account.billing.read account.plan.read account.subscription.read admin.read"),
    (
        "-----",
        "account.billing.update account.plan.update account.subscription.update account.update admin.create \
         admin.delete admin.invite admin.update environment.create environment.delete environment.tokens.generate \
         environment.update",
    ),
];

#[test]
fn every_row_of_the_catalogue() {
    let roles = [Role::Environment, Role::Product, Role::ReadOnly, Role::User, Role::License];
    let mut seen = 0;
    for (grants, permissions) in ROWS {
        for permission in permissions.split_whitespace() {
            seen += 1;
            for (role, grant) in roles.into_iter().zip(grants.chars()) {
                assert_eq!(allowed(role).contains(permission), grant != '-', "{role} {permission}");
                assert_eq!(defaults(role).contains(permission), grant == 'D', "{role} {permission}");
            }
            for role in [Role::Admin, Role::Developer, Role::SalesAgent, Role::SupportAgent] {
                assert!(allowed(role).contains(permission) && defaults(role).contains(permission));
            }
        }
    }
    assert_eq!(seen, 144);
}

/// Spec 04 §3.11 and 03 §3.10 give these sets a second time.
#[test]
fn license_and_user_sets_agree_with_their_chapters() {
    let license = "account.read arch.read artifact.read channel.read component.create component.delete \
        component.read component.update constraint.read engine.read entitlement.read group.owners.read group.read \
        license.check-in license.check-out license.read license.usage.increment license.validate machine.check-out \
        machine.create machine.delete machine.heartbeat.ping machine.proofs.generate machine.read machine.update \
        package.read platform.read policy.read process.create process.delete process.heartbeat.ping process.read \
        process.update product.read release.download release.read release.upgrade token.read token.regenerate \
        token.revoke user.read";
    assert_eq!(allowed(Role::License), license.split_whitespace().collect());
    let missing: Vec<_> =
        names(allowed(Role::License)).into_iter().filter(|name| !defaults(Role::License).contains(name)).collect();
    assert_eq!(missing, ["account.read", "policy.read", "product.read", "user.read"]);
    assert_eq!(allowed(Role::User).len(), 59);
    assert_eq!(defaults(Role::User).len(), 54);
}

#[test]
fn roles() {
    let table = [
        (Role::Admin, 7, "admin", "admin"),
        (Role::Environment, 6, "environment", "environment"),
        (Role::Developer, 5, "developer", "developer"),
        (Role::Product, 4, "product", "product"),
        (Role::SalesAgent, 3, "sales-agent", "sales agent"),
        (Role::SupportAgent, 2, "support-agent", "support agent"),
        (Role::ReadOnly, 1, "read-only", "read only"),
        (Role::License, 0, "license", "license"),
        (Role::User, 0, "user", "user"),
    ];
    for (role, rank, kebab, spoken) in table {
        assert_eq!((role.rank(), role.as_str(), role.spoken()), (rank, kebab, spoken));
        assert_eq!(kebab.parse(), Ok(role));
        assert_eq!(kebab.replace('-', "_").parse(), Ok(role));
        assert_eq!(serde_json::to_value(role).unwrap(), kebab);
        assert_eq!(serde_json::from_value::<Role>(kebab.into()).unwrap(), role);
    }
    assert!("Admin".parse::<Role>().is_err());
    assert!("sales agent".parse::<Role>().is_err());
}

#[test]
fn serializes_ascending_with_the_wildcard_first() {
    let set = set(&["machine.read", "*", "license.read", "machine.read"]);
    assert_eq!(serde_json::to_string(&set).unwrap(), r#"["*","license.read","machine.read"]"#);
    let read: PermissionSet = serde_json::from_str(r#"["machine.read","gone.permission","license.read","*"]"#).unwrap();
    assert_eq!(read, set);
    assert_eq!(set.len(), 3);
    assert_eq!(format!("{:?}", PermissionSet::WILDCARD), r#"{"*"}"#);
}

#[test]
fn a_wildcard_holds_what_the_role_allows_and_no_more() {
    assert!(PermissionSet::WILDCARD.holds(Role::User, "product.read"));
    assert!(!PermissionSet::WILDCARD.holds(Role::User, "product.create"));
    assert!(PermissionSet::WILDCARD.holds(Role::Admin, "account.billing.update"));
    assert!(!set(&["license.create"]).holds(Role::License, "license.create"));
    assert!(!set(&["license.read"]).holds(Role::License, "license.validate"));
    assert!(!PermissionSet::WILDCARD.holds(Role::Admin, "*"));
    assert!(!PermissionSet::WILDCARD.holds(Role::Admin, "foo.bar"));
    assert!(PermissionSet::WILDCARD.is_full(Role::Admin) && allowed(Role::Admin).is_full(Role::Admin));
    assert!(!defaults(Role::User).is_full(Role::User));
}

#[test]
fn tokens_and_licenses_are_cut_to_their_bearers() {
    let star = PermissionSet::WILDCARD;
    let bearer = set(&["license.read", "license.validate", "token.generate"]);
    let token = set(&["license.read", "machine.read"]);
    assert_eq!(effective_token(star, bearer), bearer);
    assert_eq!(effective_token(token, star), token);
    assert_eq!(effective_token(star, star), star);
    assert_eq!(effective_token(token, bearer), set(&["license.read"]));
    assert_eq!(effective_token(PermissionSet::EMPTY, star), PermissionSet::EMPTY);
    assert_eq!(effective_license(bearer, None), bearer);
    assert_eq!(effective_license(star, None), star);
    assert_eq!(effective_license(star, Some(bearer)), bearer);
    assert_eq!(effective_license(bearer, Some(star)), bearer);
    assert_eq!(effective_license(bearer, Some(token)), set(&["license.read"]));
}

#[test]
fn a_new_role_keeps_what_is_default_for_it() {
    let user = defaults(Role::User);
    assert_eq!(after_role_change(user, Role::Admin), user);
    assert_eq!(after_role_change(PermissionSet::WILDCARD, Role::Admin), PermissionSet::WILDCARD);
    assert_eq!(after_role_change(set(&["product.read", "license.read"]), Role::User), set(&["license.read"]));
}

#[test]
fn lists_sent_by_clients() {
    let user = allowed(Role::User);
    let bad: &[&[&str]] =
        &[&["foo.bar"], &["license.read", "license.read"], &["*", "*"], &["product.create"], &["license.read", ""]];
    for list in bad {
        assert_eq!(parse_list(list, user), Err(UnsupportedPermissions), "{list:?}");
    }
    assert_eq!(parse_list::<String>(&[], user), Ok(PermissionSet::EMPTY));
    assert_eq!(parse_list(&["*", "product.read"], user), Ok(set(&["product.read", "*"])));
    let narrow = expand(set(&["license.read"]), Role::User);
    assert_eq!(parse_list(&["machine.read"], narrow), Err(UnsupportedPermissions));
    assert_eq!(parse_list(&["*"], narrow), Ok(PermissionSet::WILDCARD));
    assert_eq!(parse_list(&["machine.read"], expand(PermissionSet::WILDCARD, Role::User)), Ok(set(&["machine.read"])));
}

fn any_role() -> impl Strategy<Value = Role> {
    prop::sample::select(Role::ALL.to_vec())
}

fn any_set() -> impl Strategy<Value = PermissionSet> {
    (prop::collection::vec(0usize..144, 0..40), any::<bool>()).prop_map(|(indexes, wildcard)| {
        let mut set: PermissionSet = indexes.into_iter().filter_map(catalogue::name).collect();
        set.wildcard = wildcard;
        set
    })
}

proptest! {
    #[test]
    fn defaults_are_allowed(role in any_role()) {
        prop_assert!(defaults(role).is_subset(allowed(role)));
    }

    #[test]
    fn json_round_trips(set in any_set()) {
        let json = serde_json::to_string(&set).unwrap();
        prop_assert_eq!(serde_json::from_str::<PermissionSet>(&json).unwrap(), set);
        prop_assert_eq!(set.iter().count(), set.len());
    }

    /// A token never adds to its bearer: what the effective set holds, the bearer holds as well.
    #[test]
    fn a_token_never_holds_more_than_its_bearer(token in any_set(), bearer in any_set(), role in any_role()) {
        let effective = expand(effective_token(token, bearer), role);
        prop_assert!(effective.is_subset(expand(bearer, role)));
        if !token.has_wildcard() {
            prop_assert!(effective.is_subset(token));
        }
    }

    #[test]
    fn what_a_bearer_may_give_parses(bearer in any_set(), role in any_role()) {
        let grantable = expand(bearer, role);
        let list: Vec<_> = grantable.with_wildcard().iter().collect();
        prop_assert_eq!(parse_list(&list, grantable), Ok(grantable.with_wildcard()));
    }
}
