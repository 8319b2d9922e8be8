use super::{Canonical, InvalidEncoding, arrived_decoded, canonical, encode_segment, split_account, target};
use percent_encoding::percent_decode_str;
use proptest::prelude::*;

const ID: &str = "0193e1b8-7c4f-7a2b-9c1d-2e3f4a5b6c7d";
const KEY: &str = "key/eyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==";
const KEY_SENT: &str = "key%2FeyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==";

fn routed(received: &str) -> String {
    let Canonical { path, extension } = canonical(received).unwrap();
    assert_eq!(extension, None, "{received}");
    path
}

#[test]
fn ordinary_paths_stay_as_they_are() {
    for path in [
        "/v1/licenses",
        "/v1/accounts/acme/licenses/0193e1b8-7c4f-7a2b-9c1d-2e3f4a5b6c7d/actions/check-out",
        "/v1/licenses/actions/validate-key",
        "/v1/licenses/key%2FeyJhY2NvdW50Ijp7ImlkIjoiMSJ9fQ==.GQ8tLmJ-4v_5xk1N0pHh7A==/actions/validate",
        "/v1/machines/AA:BB:CC:DD",
        "/v1/users/ada@example.com/tokens",
        "/v1/entitlements/FEATURE_A",
        "/v1",
        "/",
    ] {
        assert_eq!(routed(path), path);
        assert_eq!(target(path), path);
    }
}

#[test]
fn a_signed_key_arrives_decoded_and_is_found() {
    for prefix in ["/v1", "/v1/accounts/acme"] {
        for suffix in ["", "/actions/validate", "/machines", "/machines/ab:cd", "/policy", "/entitlements/X"] {
            let sent = format!("{prefix}/licenses/{KEY_SENT}{suffix}");
            let received = format!("{prefix}/licenses/{KEY}{suffix}");
            assert_eq!(routed(&received), sent);
            assert_eq!(target(&received), sent);
            assert_eq!(routed(&sent), sent);
            assert_eq!(target(&sent), sent);
        }
    }
}

#[test]
fn fingerprints_may_hold_anything() {
    for (fingerprint, sent) in [
        ("4d:Eq:8f/Kn/a+b==", "4d:Eq:8f%2FKn%2Fa+b=="),
        ("a//b", "a%2F%2Fb"),
        ("100% sure?", "100%25%20sure%3F"),
        ("line\nbreak\t.", "line%0Abreak%09."),
        ("Füße \u{1F511}", "F%C3%BC%C3%9Fe%20%F0%9F%94%91"),
        ("a#b<c>", "a%23b%3Cc%3E"),
    ] {
        assert_eq!(encode_segment(fingerprint), sent);
        let received = format!("/v1/machines/{fingerprint}/actions/ping");
        let sent = format!("/v1/machines/{sent}/actions/ping");
        assert_eq!(routed(&received), sent);
        assert_eq!(target(&received), sent);
        assert_eq!(routed(&sent), sent);
        assert_eq!(target(&sent), sent);
    }
    let below = format!("/v1/licenses/{ID}/machines/a/b/c");
    assert_eq!(routed(&below), format!("/v1/licenses/{ID}/machines/a%2Fb%2Fc"));
    assert_eq!(routed(&format!("/v1/licenses/{KEY}/machines/a/b")), format!("/v1/licenses/{KEY_SENT}/machines/a%2Fb"));
    assert_eq!(routed("/v1/groups/x/machines/a/b"), "/v1/groups/x/machines/a%2Fb");
}

#[test]
fn file_names_keep_their_slashes_in_the_signature() {
    assert_eq!(routed("/v1/artifacts/dir/app.tar.gz"), "/v1/artifacts/dir%2Fapp.tar.gz");
    assert_eq!(target("/v1/artifacts/dir/app.tar.gz"), "/v1/artifacts/dir/app.tar.gz");
    assert_eq!(
        routed(&format!("/v1/artifacts/{ID}/blobs/sha256/ab")),
        format!("/v1/artifacts/{ID}/blobs%2Fsha256%2Fab")
    );
    assert_eq!(routed("/v1/releases/1.0.0/artifacts/dir/app.exe"), "/v1/releases/1.0.0/artifacts/dir%2Fapp.exe");
    assert_eq!(target("/v1/releases/1.0.0/artifacts/dir/app.exe"), "/v1/releases/1.0.0/artifacts/dir%2Fapp.exe");
}

#[test]
fn an_id_ends_where_it_ends() {
    let path = format!("/v1/licenses/{ID}/nope");
    assert_eq!(routed(&path), path);
    let path = format!("/v1/licenses/{}/nope", ID.replace('-', "").to_uppercase());
    assert_eq!(routed(&path), path);
    assert_eq!(routed("/v1/products/a/b"), "/v1/products/a/b");
}

#[test]
fn slashes_collapse_for_routing_but_not_for_signing() {
    for received in ["/v1//licenses/", "//v1/licenses", "/v1/licenses//"] {
        assert_eq!(routed(received), "/v1/licenses");
        assert_eq!(target(received), received);
    }
    assert_eq!(routed("/v1/licenses//x//actions/validate/"), "/v1/licenses/x/actions/validate");
    assert_eq!(target("/v1//machines/a b/"), "/v1//machines/a%20b/");
    assert_eq!(routed(""), "/");
}

#[test]
fn needless_escapes_go_and_missing_ones_come() {
    assert_eq!(routed("/v1/licenses/A%2dB%5F%7e"), "/v1/licenses/A-B_~");
    assert_eq!(target("/v1/licenses/A%2dB%5F%7e"), "/v1/licenses/A%2dB%5F%7e");
    assert_eq!(routed("/v1/machines/[::1]|^"), "/v1/machines/%5B::1%5D%7C%5E");
    assert_eq!(routed("/v1/machines/a%2541"), "/v1/machines/a%2541");
    assert_eq!(canonical("/v1/machines/%FF"), Err(InvalidEncoding));
    assert_eq!(target("/v1/machines/%FF"), "/v1/machines/%FF");
}

#[test]
fn decoding_leaves_traces() {
    for path in ["/v1/machines/a b", "/v1/machines/100%", "/v1/machines/%zz", "/v1/machines/é", "/v1/machines/a\nb"] {
        assert!(arrived_decoded(path), "{path}");
    }
    for path in ["/v1/machines/a%20b", "/v1/machines/[a]|\"{}^`\\", "/v1/machines/AA:BB"] {
        assert!(!arrived_decoded(path), "{path}");
    }
    // One trace settles the whole path.
    assert_eq!(routed("/v1/machines/a b%41"), "/v1/machines/a%20b%2541");
}

#[test]
fn extensions_end_fixed_segments_and_plain_identifiers() {
    for (received, path) in [
        ("/v1/licenses.json", "/v1/licenses"),
        ("/v1/accounts/acme.jsonapi", "/v1/accounts/acme"),
        ("/v1/ping.json", "/v1/ping"),
        ("/v1/licenses/x.y/actions/validate.json", "/v1/licenses/x.y/actions/validate"),
        ("/v1/licenses/actions/validate-key.json", "/v1/licenses/actions/validate-key"),
        ("/v1/licenses/a/b/policy.json", "/v1/licenses/a%2Fb/policy"),
        ("/v1/policies/x.json", "/v1/policies/x"),
    ] {
        assert_eq!(routed(received), path);
        assert_eq!(target(received).matches(".json").count(), 1);
    }
    for (received, path, extension) in
        [("/v1/licenses.xml", "/v1/licenses", "xml"), ("/v1/products/com.html", "/v1/products/com", "html")]
    {
        assert_eq!(canonical(received), Ok(Canonical { path: path.to_owned(), extension: Some(extension.to_owned()) }));
    }
    // No extension at all: literal identifiers, more than one dot, nothing on one side of it.
    for path in [
        "/v1/licenses/a.json",
        "/v1/machines/foo.bar",
        "/v1/users/ada@example.com",
        "/v1/releases/1.0.0",
        "/v1/artifacts/app.exe",
        "/v1/groups/x/users/ada@example.com",
        "/v1/engines/rubygems/specs.4.8.gz",
        "/v1/engines/rubygems/x.gz",
        "/v1/licenses.json.json",
        "/v1/.json",
        "/v1/licenses.",
    ] {
        assert_eq!(routed(path), path);
    }
}

#[test]
fn the_account_splits_off() {
    let split = |path| split_account(path).map(|(account, inner)| (account.unwrap_or_default(), inner));
    for (path, account, inner) in [
        ("/v1/accounts", "", "/accounts"),
        ("/v1/accounts/acme", "acme", "/account"),
        ("/v1/accounts/a%20b/settings", "a b", "/account/settings"),
        ("/v1/accounts/acme/settings/x", "acme", "/account/settings/x"),
        ("/v1/accounts/acme/licenses/x%2Fy", "acme", "/licenses/x%2Fy"),
        ("/v1/accounts/acme/ping", "acme", "/ping"),
        ("/v1/licenses/x/actions/validate", "", "/licenses/x/actions/validate"),
        ("/v1/ping", "", "/ping"),
        ("/v1/health/webhooks", "", "/health/webhooks"),
        ("/v1", "", "/"),
    ] {
        assert_eq!(split(path), Some((account.to_owned(), inner.to_owned())), "{path}");
    }
    for path in [
        "/",
        "/v2/licenses",
        "/v1x",
        "/licenses",
        "/v1/settings",
        "/v1/account",
        "/v1/account/settings",
        "/v1/accounts/acme/account",
        "/v1/accounts/acme/accounts",
        "/v1/accounts/acme/recover",
        "/v1/accounts/acme/health",
    ] {
        assert_eq!(split(path), None, "{path}");
    }
}

proptest! {
    #[test]
    fn canonical_is_a_fixed_point(received in "(/v1|/v1/accounts/x|)(/[a-z]{0,3}|/licenses|/machines|/artifacts|/actions|/products|/a\\.json|/.{0,6}){0,6}/?") {
        if let Ok(once) = canonical(&received) {
            let twice = canonical(&once.path).unwrap();
            prop_assert_eq!(&twice.path, &once.path);
            prop_assert_eq!(target(&once.path), once.path.as_str());
            prop_assert!(once.path.bytes().all(|byte| byte.is_ascii_graphic()));
        }
        prop_assert!(!arrived_decoded(&target(&received)) || canonical(&received).is_err());
    }

    #[test]
    fn an_encoded_identifier_comes_through_whole(identifier in "[^/]{0,4}[^/.][^/]{0,8}(/[^/]{1,6}){0,2}", suffix in prop::sample::select(vec!["", "/actions/ping", "/components", "/owner"])) {
        prop_assume!(!matches!(identifier.as_str(), "action" | "actions"));
        let sent = format!("/v1/machines/{}{suffix}", encode_segment(&identifier));
        let path = routed(&sent);
        prop_assert_eq!(&path, &sent);
        prop_assert_eq!(target(&sent), sent.as_str());
        let segment = path.split('/').nth(3).unwrap();
        prop_assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), identifier.as_str());
    }

    #[test]
    fn a_decoded_identifier_is_restored(identifier in "[a-zA-Z0-9:=+. é%]{1,8}(/[a-zA-Z0-9:=+. é]{1,6}){0,2}") {
        // Where an escape in it cannot be told from one that the client made, nothing can.
        let received = format!("/v1/machines/{identifier}/actions/ping");
        prop_assume!(arrived_decoded(&received) || !identifier.contains('%'));
        let sent = format!("/v1/machines/{}/actions/ping", encode_segment(&identifier));
        prop_assert_eq!(&routed(&received), &sent);
        prop_assert_eq!(target(&received), sent);
    }
}
