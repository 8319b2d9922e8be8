//! What a new account is called (spec 02 §3.2 rules 4 to 6).

use unicode_normalization::UnicodeNormalization;

use super::{mail_hosts, rules};

/// Letters and digits of random suffixes; none that is easily read as another.
const READABLE: &[u8] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// How long random suffixes are.
const SUFFIX: usize = 5;

/// Slug and name of a new account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// Its slug, unless that is taken.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Whether the slug stands for the host of a work address: then it is not varied when it is taken.
    pub of_work: bool,
}

/// Names an account after its founder's address. Addresses of public hosts say nothing about an
/// organisation: they give slug and name by their local part, whatever was asked for.
#[must_use]
pub fn naming(email: &str, slug: Option<&str>, name: Option<&str>, public_hosts: &[String]) -> Naming {
    let email = email.trim().to_lowercase();
    let (local, host) = email.rsplit_once('@').unwrap_or((&email, ""));
    if host.is_empty() || mail_hosts::is_public(host, public_hosts) {
        return Naming { slug: slugged(local), name: local.to_owned(), of_work: false };
    }
    Naming {
        slug: slug.map_or_else(|| slugged(host), str::to_owned),
        name: name.unwrap_or(host).to_owned(),
        of_work: true,
    }
}

impl Naming {
    /// Whether the slug could be taken for an id.
    #[must_use]
    pub fn resembles_id(&self) -> bool {
        rules::resembles_id(&self.slug)
    }

    /// Another slug for the same name, with a short random suffix.
    #[must_use]
    pub fn variation(&self) -> String {
        let letter = |_| char::from(READABLE[rand::random_range(0..READABLE.len())]);
        let suffix: String = (0..SUFFIX).map(letter).collect();
        if self.slug.is_empty() { format!("account-{suffix}") } else { format!("{}-{suffix}", self.slug) }
    }
}

/// Text as a slug: ASCII letters and digits with single dashes between.
fn slugged(text: &str) -> String {
    let plain = text.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut slug = String::new();
    for c in plain {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(email: &str) -> (String, String) {
        let naming = naming(email, None, None, &[]);
        (naming.slug, naming.name)
    }

    fn pair(slug: &str, name: &str) -> (String, String) {
        (slug.to_owned(), name.to_owned())
    }

    #[test]
    fn work_addresses_give_their_host() {
        assert_eq!(named("ada@harbor.dev"), pair("harbor-dev", "harbor.dev"));
        let asked = naming("ada@harbor.dev", Some("harbor"), Some("Harbor"), &[]);
        assert_eq!((asked.slug, asked.name), pair("harbor", "Harbor"));
    }

    #[test]
    fn public_addresses_give_their_local_part() {
        assert_eq!(named("ada.lovelace@gmail.com"), pair("ada-lovelace", "ada.lovelace"));
        assert_eq!(named("tide_pool@gmail.com"), pair("tide-pool", "tide_pool"));
        assert_eq!(named("ADA@GMAIL.COM"), pair("ada", "ada"));
        assert_eq!(named("zoë@mit.edu"), pair("zoe", "zoë"));
        let asked = naming("ada@mailinator.com", Some("harbor"), Some("Harbor"), &[]);
        assert_eq!((asked.slug, asked.name), pair("ada", "ada"));
    }

    #[test]
    fn slugs_like_ids_are_noticed() {
        assert!(naming("-3f981c0d2ab74e65017fc9b28ad436e0-@icloud.com", None, None, &[]).resembles_id());
    }

    #[test]
    fn variations_differ() {
        let naming = naming("ada@gmail.com", None, None, &[]);
        let one = naming.variation();
        assert!(one.starts_with("ada-") && one != naming.variation());
    }
}
