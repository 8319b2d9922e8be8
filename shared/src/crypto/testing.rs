//! Keys for tests, made with OpenSSL; of no use anywhere else.

use std::sync::{Arc, LazyLock};

use super::account_keys::{AccountKeys, AccountSigner, ImportedKeys};

/// The seed of the vectors in specs 05, 06 and 09: bytes 00…1f.
pub(crate) const SEED: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
/// The secret key of the vectors in specs 01 and 03 (four times `00…ff`).
pub(crate) const SECRET: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\
                                 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
pub(crate) const RSA_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQCof6xXXEaS0V2c
KW1lX5/RhAiSj3oYwidzdSjLc0MjhJdzi3eBx71tkFJWv2ah45eK9po28bIxt1a5
7vZGCsxdiR4kc15IKTckdoI3OYS0Z2MHxvwPxc3c//HmVghGhBxT4QqXigehKac9
ljN6q9TgLeMzy+p8xBB66HODxXeJRqFpd9nGykhgwjD2RSM2K2OP6/aP3+q3W4FR
yni/mcZeGe8ftS34UYBLDzWsfbOEL9E8jmuKM8ArAMkjqrIsHEG7ch68Ek9gOipK
4/FoYbc3JeL9+I2zGC/NbzjwJr18nvE7CCHMAoLtrqj/kBAv2Llx3YfOBiCPU8vM
Fqwn4eeVAgMBAAECggEAPxNUG3vSe2Fejne/mOQ7+n1XjC2jgiMkC4d/FvH13xTi
cQFzYiS4V4xgFlMeA1okP4Pi5NCDaTL9hyraDAw8xoLuwqxhTdgH6WFni26/q5zM
KHwnnWvpjWJOVnA8NtF7nTav9VxZUM476cURTkmGrcjftWMPS1dF6AyeOWSxQ7SO
VHuRPlHdlLTPM9iPOyPYsRudLNMrZFYDlycUIT10k/AFxPhBlpfrNspssRkK+sKp
yflpBu0vAxdRwjGhHFo7dmpnrcrnIlU8N1jvtidzoXFkuw00VjiVSRx1a58C3S+R
/sJcDpNayeNW1BsGVeCnfDmFYVc5XiqopsLF7aQiPQKBgQDYgzzaAgZn8YvsrtMn
GUbOOrbkl9N2w7/0NIJN79OzKVTxy7wiTc7b+2wOB8GEAOAPPAw0LFVrYV7ew6tR
0AoWkz38HdUQouxE1cOnzo0r6EYL6OzOJNyM+7ay2nxYuEu1V9v1fbp+vtfxMeOb
9UhQP21/2yOwtWH/F03AXUdT8wKBgQDHOrZydcWJcWOIzGOAFiQE3J49p8eUhi7J
7WjwvOlmLjh0frQd+HGH06dAMQEOJ4+dI6Fqq/NpD1A+MYGEgaS/+SISRmRYctuQ
yE/Ouo1uslb+qECGKLkMTx61GoNqA3uy3OsXpTMvNsycCAxTVBaJo/WHdwlaDyQ5
HDjJZMIgVwKBgGGz51Phsg5Z2/C0e6ibKW6K5FmHge+IKikDQQH2havFrQVoEL/S
KNTwQjSan2L4GiQFzuQEVY+dYvhXiAnlPYgubbxFog5d1wzBAgfJl78GlAVv2Ny1
maktNabEHXTTxaZRvXqsf+oOKNg40SNhrn44ASu/Mf3d/Bjm5Tk3XqatAoGAe3JF
2mZfH+rCYeFDRfpyFxEce9eaMs1x8GzKuWBUvpulH4ni0S9AKYlb+MpkfQDGW/fX
7ODe0hpK/j5uokwyaUFVez1ir+t7YRq9WLr/J7gZb3GRiY9yGc5smIr1IptF6m44
vU3/iSHLZmMWQAu6a07MtENt5/+50ilKhn+IScECgYBwXdAsvoOiIEr7+4rYid4S
oibdvoFHLKAyyaA8ko1sB2Javsur9uCCULKCp9aOF/gg3XSia1IiF+3MlSJt0RUz
qb2CBlOxtNKIUs1WxJ+56Ab6QmcjM9BoSpBS/nLEV78KYXBd0vKCnuHhon5SpSeI
ZaYeNjrNNpB9OLL7G6O58g==
-----END PRIVATE KEY-----
";
pub(crate) const RSA_PKCS1: &str = "-----BEGIN RSA PRIVATE KEY-----
MIIEogIBAAKCAQEAqH+sV1xGktFdnCltZV+f0YQIko96GMInc3Uoy3NDI4SXc4t3
gce9bZBSVr9moeOXivaaNvGyMbdWue72RgrMXYkeJHNeSCk3JHaCNzmEtGdjB8b8
D8XN3P/x5lYIRoQcU+EKl4oHoSmnPZYzeqvU4C3jM8vqfMQQeuhzg8V3iUahaXfZ
xspIYMIw9kUjNitjj+v2j9/qt1uBUcp4v5nGXhnvH7Ut+FGASw81rH2zhC/RPI5r
ijPAKwDJI6qyLBxBu3IevBJPYDoqSuPxaGG3NyXi/fiNsxgvzW848Ca9fJ7xOwgh
zAKC7a6o/5AQL9i5cd2HzgYgj1PLzBasJ+HnlQIDAQABAoIBAD8TVBt70nthXo53
v5jkO/p9V4wto4IjJAuHfxbx9d8U4nEBc2IkuFeMYBZTHgNaJD+D4uTQg2ky/Ycq
2gwMPMaC7sKsYU3YB+lhZ4tuv6uczCh8J51r6Y1iTlZwPDbRe502r/VcWVDOO+nF
EU5Jhq3I37VjD0tXRegMnjlksUO0jlR7kT5R3ZS0zzPYjzsj2LEbnSzTK2RWA5cn
FCE9dJPwBcT4QZaX6zbKbLEZCvrCqcn5aQbtLwMXUcIxoRxaO3ZqZ63K5yJVPDdY
77Ync6FxZLsNNFY4lUkcdWufAt0vkf7CXA6TWsnjVtQbBlXgp3w5hWFXOV4qqKbC
xe2kIj0CgYEA2IM82gIGZ/GL7K7TJxlGzjq25JfTdsO/9DSCTe/TsylU8cu8Ik3O
2/tsDgfBhADgDzwMNCxVa2Fe3sOrUdAKFpM9/B3VEKLsRNXDp86NK+hGC+jsziTc
jPu2stp8WLhLtVfb9X26fr7X8THjm/VIUD9tf9sjsLVh/xdNwF1HU/MCgYEAxzq2
cnXFiXFjiMxjgBYkBNyePafHlIYuye1o8LzpZi44dH60Hfhxh9OnQDEBDiePnSOh
aqvzaQ9QPjGBhIGkv/kiEkZkWHLbkMhPzrqNbrJW/qhAhii5DE8etRqDagN7stzr
F6UzLzbMnAgMU1QWiaP1h3cJWg8kORw4yWTCIFcCgYBhs+dT4bIOWdvwtHuomylu
iuRZh4HviCopA0EB9oWrxa0FaBC/0ijU8EI0mp9i+BokBc7kBFWPnWL4V4gJ5T2I
Lm28RaIOXdcMwQIHyZe/BpQFb9jctZmpLTWmxB1008WmUb16rH/qDijYONEjYa5+
OAErvzH93fwY5uU5N16mrQKBgHtyRdpmXx/qwmHhQ0X6chcRHHvXmjLNcfBsyrlg
VL6bpR+J4tEvQCmJW/jKZH0Axlv31+zg3tIaSv4+bqJMMmlBVXs9Yq/re2EavVi6
/ye4GW9xkYmPchnObJiK9SKbRepuOL1N/4khy2ZjFkALumtOzLRDbef/udIpSoZ/
iEnBAoGAcF3QLL6DoiBK+/uK2IneEqIm3b6BRyygMsmgPJKNbAdiWr7Lq/bgglCy
gqfWjhf4IN10omtSIhftzJUibdEVM6m9ggZTsbTSiFLNVsSfuegG+kJnIzPQaEqQ
Uv5yxFe/CmFwXdLygp7h4aJ+UqUniGWmHjY6zTaQfTiy+xujufI=
-----END RSA PRIVATE KEY-----
";
pub(crate) const RSA_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAqH+sV1xGktFdnCltZV+f
0YQIko96GMInc3Uoy3NDI4SXc4t3gce9bZBSVr9moeOXivaaNvGyMbdWue72RgrM
XYkeJHNeSCk3JHaCNzmEtGdjB8b8D8XN3P/x5lYIRoQcU+EKl4oHoSmnPZYzeqvU
4C3jM8vqfMQQeuhzg8V3iUahaXfZxspIYMIw9kUjNitjj+v2j9/qt1uBUcp4v5nG
XhnvH7Ut+FGASw81rH2zhC/RPI5rijPAKwDJI6qyLBxBu3IevBJPYDoqSuPxaGG3
NyXi/fiNsxgvzW848Ca9fJ7xOwghzAKC7a6o/5AQL9i5cd2HzgYgj1PLzBasJ+Hn
lQIDAQAB
-----END PUBLIC KEY-----
";
pub(crate) const EC_PKCS8: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgAac+35TL1YRR/J5T
+IRqZVZhN0ZqCph0AcfQNYyqpm2hRANCAATsqToiWN+FHj7v+opooGHFmF+1KARu
26W2BfZ7tOYXFWNcZwgsAg5ViH8e0LDLjAJQp+m3SM9fzpEZVX+dSGqH
-----END PRIVATE KEY-----
";
pub(crate) const EC_SEC1: &str = "-----BEGIN EC PARAMETERS-----
BggqhkjOPQMBBw==
-----END EC PARAMETERS-----
-----BEGIN EC PRIVATE KEY-----
MHcCAQEEIAGnPt+Uy9WEUfyeU/iEamVWYTdGagqYdAHH0DWMqqZtoAoGCCqGSM49
AwEHoUQDQgAE7Kk6IljfhR4+7/qKaKBhxZhftSgEbtultgX2e7TmFxVjXGcILAIO
VYh/HtCwy4wCUKfpt0jPX86RGVV/nUhqhw==
-----END EC PRIVATE KEY-----
";
pub(crate) const EC_PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE7Kk6IljfhR4+7/qKaKBhxZhftSgE
btultgX2e7TmFxVjXGcILAIOVYh/HtCwy4wCUKfpt0jPX86RGVV/nUhqhw==
-----END PUBLIC KEY-----
";

static SIGNER: LazyLock<Arc<AccountSigner>> = LazyLock::new(|| Arc::new(signer_with_seed(SEED)));

/// The keys above, with [`SEED`] and [`SECRET`].
pub(crate) fn keys() -> AccountKeys {
    keys_with_seed(SEED)
}

/// A parsed signer over [`keys`], shared by all tests.
pub(crate) fn signer() -> Arc<AccountSigner> {
    Arc::clone(&SIGNER)
}

/// A signer with another Ed25519 seed.
pub(crate) fn signer_with_seed(seed: &str) -> AccountSigner {
    AccountSigner::new(keys_with_seed(seed)).unwrap()
}

fn keys_with_seed(seed: &str) -> AccountKeys {
    AccountKeys::from_parts(ImportedKeys {
        ed25519: Some(seed.to_owned()),
        rsa2048: Some(RSA_PKCS8.to_owned()),
        ecdsa_p256: Some(EC_PKCS8.to_owned()),
        secret_key: Some(SECRET.to_owned()),
    })
    .unwrap()
}
