//! The vectors of specs 05 §5.4 and 06 §5.3, and round trips.

use proptest::prelude::*;

use super::super::testing;
use super::*;

const NONCE: [u8; 12] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const LICENSE_DATASET: &str = r#"{"data":{"id":"7c9d1f5e-2b54-4a4e-9f3b-0c6a5d1e8b21","type":"licenses","attributes":{"key":"DEMO-1234"}},"meta":{"issued":"2026-01-15T10:00:00.000Z","expiry":"2026-01-15T11:00:00.000Z","ttl":3600}}"#;
const MACHINE_DATASET: &str = r#"{"data":{"type":"machines","id":"0f6f3a5e-5f0b-4f0e-9f5e-2a8f7c1d3b4a","attributes":{"fingerprint":"AA:BB:CC"}},"meta":{"issued":"2030-01-31T10:00:00.000Z","expiry":"2030-02-28T10:00:00.000Z","ttl":2629746}}"#;

// The bodies between the BEGIN and END lines.
const LICENSE_PLAIN: &str = "\
eyJlbmMiOiJleUprWVhSaElqcDdJbWxrSWpvaU4yTTVaREZtTldVdE1tSTFO\n\
QzAwWVRSbExUbG1NMkl0TUdNMllUVmtNV1U0WWpJeElpd2lkSGx3WlNJNklt\n\
eHBZMlZ1YzJWeklpd2lZWFIwY21saWRYUmxjeUk2ZXlKclpYa2lPaUpFUlUx\n\
UExURXlNelFpZlgwc0ltMWxkR0VpT25zaWFYTnpkV1ZrSWpvaU1qQXlOaTB3\n\
TVMweE5WUXhNRG93TURvd01DNHdNREJhSWl3aVpYaHdhWEo1SWpvaU1qQXlO\n\
aTB3TVMweE5WUXhNVG93TURvd01DNHdNREJhSWl3aWRIUnNJam96TmpBd2ZY\n\
MD0iLCJzaWciOiI3QTQ2Zlp0aE5HOW1zL3RGekh6cjZORWpRZFJoZEJ2emVF\n\
RGJBSDhoQVJ5M2w1RVZPdHVxVlYzRTdMTUppTWE1YkRWZXBoc1dQcUdUTXNa\n\
THU5UnZDUT09IiwiYWxnIjoiYmFzZTY0K2VkMjU1MTkifQ==\n";
const LICENSE_ENCRYPTED: &str = "\
eyJlbmMiOiI5eUwyQ0dnV1FzNlJuVTRHTTZGOTBmOFV3Z0tVbDlyU2ZtUDM2\n\
TlRETUNISDNpN20xZHFhOXFqbUtvSW9BVWhtZElGL1lnank5RGxRcmlpKzEv\n\
OWJLcGRKb215ZDZVdnB6RU5lczBQaEFYRGhtZG5wK2VxSVhPWE1kWFNnN293\n\
OFlrVVI4SUw4bmxWbkNxc3NxOEVJWGVGTDhhM0hSVHZWVjRTd2dNNTVnN3JH\n\
UUZ0ZWhGdi90REZrcUp2aTZOVnJsOG4yZDlwaHhtQkp1OStXRUk3Ri9CTW1G\n\
NmdyMGVjbEZnVTRTeittU3ZyY09FMTdGcnk0UjkxQUhJL25mb3l0bmNrai9J\n\
bz0uQUFFQ0F3UUZCZ2NJQ1FvTC5DS05xeWdtUUZWQ1o0RkY3QmdCazF3PT0i\n\
LCJzaWciOiJZM3huaDB4b3VPSmFPVnFDWFlyVGtXMTRjY2VVTTRTU0ZrMUlx\n\
eG9ZY1M2c1Y0RGMwZGttbW4vZFF2WVhjUzBneUZmZ2Y0MVNZMGtWUlBOQzFq\n\
clBEQT09IiwiYWxnIjoiYWVzLTI1Ni1nY20rZWQyNTUxOSJ9\n";
const MACHINE_ENCRYPTED: &str = "\
eyJlbmMiOiJDMDREam9QYVNMKzdLVWVKZkJQT005SXo1ZFhyWm9adHdSY0wx\n\
MkY3YjZTWlI4K1Q3SGlzU0FIR3cwNytFb2RiSkRsLytiTmdmcmlWUENRV0tv\n\
UDI5aUMxVUtjNXFIQ0pFOFFJbWk5elR0RHc2aENUY2QxdXdyMTlMSjVySmJF\n\
WWtSRkR4aFpBaUI2cExYMCtJQlR0bkZxUlIvQlEvVXVrUi8xejJaRWpyRUpt\n\
SU00Q25TSFF5d0xjbk5SRkhDQVJLNzdvVklFWlM0RkN1UGIzSEJSTVZFYUtQ\n\
V2hSd210MVcxZHFJRlBoNmxxR3A4SHh4dERpRHFHSllMTm1VQXQ1V1ZXUmRW\n\
Z1M1ajlXWVRxM081OGUuQUFFQ0F3UUZCZ2NJQ1FvTC5KdUFoRHRlVEdTUjVR\n\
Q0tqL3JpNDhRPT0iLCJzaWciOiIvTW05eUhoT2pPWjhYOG9xb0h4RG5mTEZR\n\
eGYyWE5EcWxka0hpb1lqT09nVGd6djNXUGZ4S1VyYlpBL2RPeXVWVW5Nello\n\
S0ZiQ1E4eDgxY3hLNVJCZz09IiwiYWxnIjoiYWVzLTI1Ni1nY20rZWQyNTUx\n\
OSJ9\n";

fn algorithm(text: &str) -> FileAlgorithm {
    text.parse().unwrap()
}

fn framed(label: &str, body: &str) -> String {
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}

fn all_algorithms() -> impl Iterator<Item = FileAlgorithm> {
    [Encoding::Base64, Encoding::Aes256Gcm]
        .into_iter()
        .flat_map(|encoding| Algorithm::ALL.map(|signing| FileAlgorithm { encoding, signing }))
}

#[test]
fn license_vectors() {
    let (signer, secret) = (testing::signer(), FileSecret::license("DEMO-1234"));
    assert_eq!(hex::encode(secret.0.as_ref()), "89d216bf2734367bcfc4a895751a6670a3eee06dc3ed7e047924a37f88c82a2f");
    for (name, body, digest) in [
        ("base64+ed25519", LICENSE_PLAIN, "c59b676a8b006af4ec3fc1b76d522e53f99a44a196c4cd2752d42b39bb1361ef"),
        ("aes-256-gcm+ed25519", LICENSE_ENCRYPTED, "5675b63518fae5392850f70e16a4c13695a9b575a846f9fcb0abfc3f63cea40f"),
    ] {
        let text = issue_with_nonce(Kind::License, algorithm(name), &secret, LICENSE_DATASET, &signer, NONCE).unwrap();
        assert_eq!(text, framed("LICENSE FILE", body), "{name}");
        assert_eq!(hex::encode(sha256(text.as_bytes())), digest);
        assert_eq!(open(Kind::License, &text, signer.public(), Some(&secret)).unwrap(), LICENSE_DATASET);
    }
}

#[test]
fn machine_vectors() {
    let (signer, secret) = (testing::signer(), FileSecret::machine("ABCD-1234-EF56", "AA:BB:CC"));
    assert_eq!(hex::encode(secret.0.as_ref()), "9728cca01e42d6cccec02a820a64aef4083e8fab76403f5df54caa5e628550cd");
    let encrypted = algorithm("aes-256-gcm+ed25519");
    let text = issue_with_nonce(Kind::Machine, encrypted, &secret, MACHINE_DATASET, &signer, NONCE).unwrap();
    assert_eq!(text, framed("MACHINE FILE", MACHINE_ENCRYPTED));
    assert_eq!(open(Kind::Machine, &text, signer.public(), Some(&secret)).unwrap(), MACHINE_DATASET);

    let plain = issue(Kind::Machine, algorithm("base64+ed25519"), &secret, MACHINE_DATASET, &signer).unwrap();
    let body: String = plain.lines().filter(|line| !line.starts_with('-')).collect();
    let envelope: Envelope = serde_json::from_slice(&STANDARD.decode(body).unwrap()).unwrap();
    assert_eq!(
        envelope.sig,
        "z/ktEo5LJAOq5G3/xPpism9RinFuNREd0wl+0GsLBEI9YMIUQjcwRD5UVi6ABMpA1MBx54Gcbrp4uHZf49TmDw=="
    );
}

#[test]
fn every_algorithm_round_trips() {
    let (signer, secret) = (testing::signer(), FileSecret::license("key"));
    for kind in [Kind::License, Kind::Machine] {
        for algorithm in all_algorithms() {
            let text = issue(kind, algorithm, &secret, r#"{"data":{}}"#, &signer).unwrap();
            assert!(text.lines().all(|line| line.len() <= 60), "{text}");
            assert_eq!(open(kind, &text, signer.public(), Some(&secret)).unwrap(), r#"{"data":{}}"#);
            assert_eq!(algorithm.to_string().parse(), Ok(algorithm));
        }
    }
}

#[test]
fn nonces_are_fresh() {
    let (signer, secret) = (testing::signer(), FileSecret::license("key"));
    let issue = || issue(Kind::License, algorithm("aes-256-gcm+ed25519"), &secret, "{}", &signer).unwrap();
    assert_ne!(issue(), issue());
}

#[test]
fn open_refuses_what_is_not_the_accounts() {
    let (signer, secret) = (testing::signer(), FileSecret::license("key"));
    let text = issue(Kind::License, algorithm("aes-256-gcm+ed25519"), &secret, "{}", &signer).unwrap();
    let stranger = testing::signer_with_seed(&"11".repeat(32));
    let other = FileSecret::license("other");
    let open = |text: &str, secret| open(Kind::License, text, signer.public(), secret);
    assert_eq!(open(&text, None), Err(OpenError::Secret));
    assert_eq!(open(&text, Some(&other)), Err(OpenError::Secret));
    assert_eq!(super::open(Kind::License, &text, stranger.public(), Some(&secret)), Err(OpenError::Signature));
    let relabelled = text.replace("LICENSE", "MACHINE");
    assert_eq!(
        super::open(Kind::Machine, &relabelled, signer.public(), Some(&secret)),
        Err(OpenError::Signature),
        "the kind is part of what is signed"
    );
    for bad in
        ["", &relabelled, &text[..text.len() - 10], "-----BEGIN LICENSE FILE-----\n!\n-----END LICENSE FILE-----"]
    {
        assert_eq!(open(bad, Some(&secret)), Err(OpenError::Malformed));
    }
    assert_eq!(open(&text.replace('\n', "\r\n"), Some(&secret)).unwrap(), "{}", "line ends are tolerated");
}

#[test]
fn reads_algorithms() {
    use FileAlgorithmError::{Encoding, Signing};
    for (text, error) in [
        ("", Encoding),
        ("+ed25519", Encoding),
        ("ed25519", Encoding),
        ("aes-256-cbc+ed25519", Encoding),
        ("BASE64+ed25519", Encoding),
        ("base64", Signing),
        ("base64+", Signing),
        ("base64+ed25519+x", Signing),
        ("base64 ed25519", Encoding),
    ] {
        assert_eq!(text.parse::<FileAlgorithm>(), Err(error), "{text}");
    }
    assert_eq!(Signing.to_string(), "invalid signing algorithm");
}

#[test]
fn defaults_follow_the_scheme() {
    for (scheme, encrypt, expected) in [
        (None, false, "base64+ed25519"),
        (None, true, "aes-256-gcm+ed25519"),
        (Some(Scheme::LegacyEncrypt), false, "base64+ed25519"),
        (Some(Scheme::Ed25519Sign), false, "base64+ed25519"),
        (Some(Scheme::RsaPssSign), true, "aes-256-gcm+rsa-pss-sha256"),
        (Some(Scheme::RsaPssSignV2), false, "base64+rsa-pss-sha256"),
        (Some(Scheme::RsaSign), false, "base64+rsa-sha256"),
        (Some(Scheme::RsaSignV2), false, "base64+rsa-sha256"),
        (Some(Scheme::RsaEncrypt), false, "base64+rsa-sha256"),
        (Some(Scheme::RsaJwt), false, "base64+rsa-sha256"),
        (Some(Scheme::EcdsaSign), false, "base64+ecdsa-p256"),
    ] {
        assert_eq!(FileAlgorithm::default_for(scheme, encrypt).to_string(), expected);
    }
}

#[test]
fn proofs_verify_with_the_rsa_key() {
    let signer = testing::signer();
    let proof = offline_proof(br#"{"a":"~~~"}"#, &signer).unwrap();
    let (signed, signature) = proof.split_once('.').unwrap();
    let signature = base64::engine::general_purpose::URL_SAFE.decode(signature).unwrap();
    assert_eq!(signed, "proof/eyJhIjoifn5-In0=");
    assert!(verify(signer.public(), Algorithm::RsaSha256, signed.as_bytes(), &signature));
}

#[test]
fn default_proof_dataset_keeps_the_order() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let subject = ProofSubject {
        account: Uuid::from_u128(1),
        product: Uuid::from_u128(2),
        policy: Uuid::from_u128(3),
        duration: None,
        license: Uuid::from_u128(4),
        key: Some("K"),
        expiry: Some(at("2030-02-14T00:00:00Z")),
        machine: Uuid::from_u128(5),
        fingerprint: "AA:BB",
        created: at("2030-01-31T09:59:58.12Z"),
    };
    let id = "00000000-0000-0000-0000-00000000000";
    assert_eq!(
        default_proof_dataset(&subject, at("2030-01-31T10:00:00Z")),
        format!(
            r#"{{"account":{{"id":"{id}1"}},"product":{{"id":"{id}2"}},"policy":{{"id":"{id}3","duration":null}},"license":{{"id":"{id}4","key":"K","expiry":"2030-02-14T00:00:00.000Z"}},"machine":{{"id":"{id}5","fingerprint":"AA:BB","created":"2030-01-31T09:59:58.120Z"}},"ts":"2030-01-31T10:00:00.000Z"}}"#
        )
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_dataset_round_trips(dataset in "\\PC{0,300}", key in "\\PC{1,40}", fingerprint in "\\PC{1,40}") {
        let (signer, secret) = (testing::signer(), FileSecret::machine(&key, &fingerprint));
        for name in ["base64+ed25519", "aes-256-gcm+ecdsa-p256"] {
            let text = issue(Kind::Machine, algorithm(name), &secret, &dataset, &signer).unwrap();
            prop_assert_eq!(open(Kind::Machine, &text, signer.public(), Some(&secret)), Ok(dataset.clone()));
        }
    }

    #[test]
    fn open_never_panics(body in "[A-Za-z0-9+/=\n]{0,200}") {
        let text = framed("LICENSE FILE", &body);
        let _ = open(Kind::License, &text, testing::signer().public(), None);
    }
}
