//! S-1 to S-5, S-9, S-10.

use super::*;

fn no(code: Code, detail: &'static str) -> Answer {
    (false, code, detail)
}

#[test]
fn environments() {
    let mismatch = no(Code::EnvironmentScopeMismatch, "environment scope does not match");
    let mut subject = subject();
    let table = [
        (None, None, VALID),
        (None, Some("isolated"), mismatch),
        (Some(ENVIRONMENT), None, mismatch),
        (Some(ENVIRONMENT), Some("isolated"), VALID),
        (Some(ENVIRONMENT), Some("ISOLATED"), mismatch),
        (Some(ENVIRONMENT), Some("shared"), mismatch),
    ];
    for (environment, value, expected) in table {
        subject.license.environment = environment.map(id);
        subject.found.environment_code = environment.and_then(|_| text("isolated"));
        let scope = Scope { environment: Some(value.map(String::from)), ..Scope::default() };
        assert_eq!(scoped(&subject, &scope), expected, "{environment:?} {value:?}");
    }
    let by_id = Scope { environment: Some(text(id(ENVIRONMENT))), ..Scope::default() };
    subject.found = Lookups::default();
    assert_eq!(scoped(&subject, &by_id), VALID);
    subject.policy.required.environment = true;
    let required = no(Code::EnvironmentScopeRequired, "environment scope is required");
    assert_eq!(scoped(&subject, &Scope::default()), required);
    assert_eq!(quick(&subject), VALID);
}

#[test]
fn products_and_policies() {
    let mut subject = subject();
    let product = |value: String| Scope { product: Some(value), ..Scope::default() };
    let mismatch = no(Code::ProductScopeMismatch, "product scope does not match");
    assert_eq!(scoped(&subject, &product(id(PRODUCT).to_string())), VALID);
    for value in [id(POLICY).to_string(), id(PRODUCT).simple().to_string(), "tool".into()] {
        assert_eq!(scoped(&subject, &product(value)), mismatch);
    }
    assert_eq!(scoped(&subject, &product(id(PRODUCT).to_string().to_uppercase())), mismatch);

    let policy = |value: String| Scope { policy: Some(value), ..Scope::default() };
    let mismatch = no(Code::PolicyScopeMismatch, "policy scope does not match");
    assert_eq!(scoped(&subject, &policy(id(POLICY).to_string())), VALID);
    assert_eq!(scoped(&subject, &policy(id(PRODUCT).to_string())), mismatch);

    subject.policy.required = RequiredScopes { policy: true, ..RequiredScopes::default() };
    assert_eq!(scoped(&subject, &Scope::default()), no(Code::PolicyScopeRequired, "policy scope is required"));
    subject.policy.required.product = true;
    assert_eq!(scoped(&subject, &Scope::default()), no(Code::ProductScopeRequired, "product scope is required"));
    assert_eq!(quick(&subject), VALID);
}

#[test]
fn users() {
    let mismatch = no(Code::UserScopeMismatch, "user scope does not match");
    let mut subject = subject();
    let user = |value: Option<&str>| Scope { user: Some(value.map(String::from)), ..Scope::default() };
    let by_id = |number| user(Some(&id(number).to_string()));

    // No owner; licensees do not make null a mismatch.
    subject.license.licensees = 1;
    assert_eq!(scoped(&subject, &user(None)), VALID);
    assert_eq!(scoped(&subject, &by_id(OWNER)), mismatch);

    subject.license.owner = Some(id(OWNER));
    assert_eq!(scoped(&subject, &user(None)), mismatch);
    assert_eq!(scoped(&subject, &by_id(OWNER)), VALID);
    assert_eq!(scoped(&subject, &user(Some(&format!(" {} ", id(OWNER)).to_uppercase()))), VALID);
    assert_eq!(scoped(&subject, &user(Some(&id(OWNER).simple().to_string()))), mismatch);
    assert_eq!(scoped(&subject, &by_id(STRANGER)), mismatch);
    assert_eq!(scoped(&subject, &by_id(LICENSEE)), mismatch);
    assert_eq!(scoped(&subject, &user(Some("ann@example.com"))), mismatch);

    subject.found.named_user = Some(id(LICENSEE));
    assert_eq!(scoped(&subject, &by_id(LICENSEE)), VALID);
    assert_eq!(scoped(&subject, &user(Some("ann@example.com"))), VALID);
    assert_eq!(scoped(&subject, &by_id(STRANGER)), mismatch);

    subject.policy.required.user = true;
    assert_eq!(scoped(&subject, &Scope::default()), no(Code::UserScopeRequired, "user scope is required"));
    assert_eq!(quick(&subject), VALID);
}

#[test]
fn names_of_users() {
    let canonical = id(OWNER).to_string();
    assert_eq!(UserName::parse(&canonical), UserName::Id(id(OWNER)));
    assert_eq!(UserName::parse(&format!("\t{} ", canonical.to_uppercase())), UserName::Id(id(OWNER)));
    assert_eq!(UserName::parse(" Ann@Example.COM\n"), UserName::Email("ann@example.com".into()));
    let bare = id(OWNER).simple().to_string();
    assert_eq!(UserName::parse(&bare), UserName::Email(bare));
}

#[test]
fn entitlements() {
    let mut subject = subject();
    subject.found.entitlements = texts(&["A", "B"]).unwrap();
    let missing = no(Code::EntitlementsMissing, "is missing one or more required entitlements");
    let table: &[(&[&str], Answer)] = &[
        (&[], no(Code::EntitlementsScopeEmpty, "entitlements scope is empty")),
        (&["A"], VALID),
        (&["B", "A"], VALID),
        (&["A", "A"], VALID),
        (&["A", "C"], missing),
        (&["C"], missing),
        (&["a"], missing),
    ];
    for (codes, expected) in table {
        let scope = Scope { entitlements: texts(codes), ..Scope::default() };
        assert_eq!(scoped(&subject, &scope), *expected, "{codes:?}");
    }
}

#[test]
fn checksums_and_versions() {
    let checksum = || Scope { checksum: text("c0ffee"), ..Scope::default() };
    let version = || Scope { version: text("1.0.1"), ..Scope::default() };
    let both = Scope { checksum: text("c0ffee"), ..version() };
    let no_checksum =
        no(Code::ChecksumScopeMismatch, "checksum scope is not valid (does not match any accessible artifacts)");
    let no_version =
        no(Code::VersionScopeMismatch, "version scope is not valid (does not match any accessible releases)");
    let matched = |subject: &Subject, scope: &Scope| {
        let outcome = decide(subject, Mode::Scoped(scope), now());
        (answer(&outcome), outcome.checksum, outcome.version)
    };

    let mut subject = subject();
    assert_eq!(matched(&subject, &checksum()), (no_checksum, None, None));
    assert_eq!(matched(&subject, &version()), (no_version, None, None));
    subject.found.checksum_version = text("2.0.1+hotfix");
    assert_eq!(matched(&subject, &checksum()), (VALID, text("c0ffee"), text("2.0.1+hotfix")));
    // What matched is remembered although a later step fails.
    assert_eq!(matched(&subject, &both), (no_version, text("c0ffee"), text("2.0.1+hotfix")));
    subject.found.version_found = true;
    assert_eq!(matched(&subject, &both), (VALID, text("c0ffee"), text("1.0.1")));
    assert_eq!(matched(&subject, &version()), (VALID, None, text("1.0.1")));
    subject.license.expiry = Some(ago(1));
    let expired = no(Code::Expired, "is expired");
    assert_eq!(matched(&subject, &both), (expired, text("c0ffee"), text("1.0.1")));
    subject.license.expiry = None;

    subject.policy.required.version = true;
    assert_eq!(scoped(&subject, &checksum()), no(Code::VersionScopeRequired, "version scope is required"));
    subject.policy.required.checksum = true;
    assert_eq!(scoped(&subject, &version()), no(Code::ChecksumScopeRequired, "checksum scope is required"));
    assert_eq!(quick(&subject), VALID);
}

/// With everything wrong, the steps fail in their order as the ones before are put right.
#[test]
fn scopes_fail_in_order() {
    let mut subject = activated(vec![machine(1)]);
    subject.license.owner = Some(id(OWNER));
    subject.license.limits.users = Some(0);
    let mut scope = Scope {
        environment: Some(text("x")),
        product: text("x"),
        policy: text("x"),
        user: Some(text("x")),
        entitlements: texts(&["x"]),
        machine: text("x"),
        fingerprint: text("x"),
        fingerprints: None,
        components: texts(&["x"]),
        checksum: text("x"),
        version: text("x"),
    };
    type Repair = fn(&mut Subject, &mut Scope);
    let repairs: &[(Code, Repair)] = &[
        (Code::EnvironmentScopeMismatch, |_, scope| scope.environment = None),
        (Code::ProductScopeMismatch, |_, scope| scope.product = None),
        (Code::PolicyScopeMismatch, |_, scope| scope.policy = None),
        (Code::UserScopeMismatch, |_, scope| scope.user = None),
        (Code::EntitlementsMissing, |_, scope| scope.entitlements = None),
        (Code::MachineScopeMismatch, |_, scope| scope.machine = None),
        (Code::FingerprintScopeMismatch, |_, scope| scope.fingerprint = text("fp-1")),
        (Code::ComponentsScopeMismatch, |subject, _| subject.found.component_hits = 1),
        (Code::ChecksumScopeMismatch, |_, scope| scope.checksum = None),
        (Code::VersionScopeMismatch, |_, scope| scope.version = None),
        (Code::TooManyUsers, |subject, _| subject.license.limits.users = None),
    ];
    for (code, repair) in repairs {
        assert_eq!(scoped(&subject, &scope).1, *code);
        repair(&mut subject, &mut scope);
    }
    assert_eq!(scoped(&subject, &scope), VALID);
}
