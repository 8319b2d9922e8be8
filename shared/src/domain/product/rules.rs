//! What a product must be (spec 03 §1.7).

use serde_json::Value;

use super::{DistributionStrategy, Product};
use crate::domain::model::{self, Failures};
use crate::jsonapi::document::{self, Extras};

/// A new product with what it was not given.
#[must_use]
pub fn complete(mut product: Product) -> Product {
    product.distribution_strategy.get_or_insert(DistributionStrategy::default());
    product
}

/// The rules beyond those declared.
pub fn check(product: &Product, failures: &mut Failures) {
    if let Some(code) = &product.code {
        model::check_code(code, failures);
    }
    if let Some(url) = &product.url {
        check_url(url, failures);
    }
}

/// Only pages of the web, on hosts with a top-level domain.
fn check_url(url: &str, failures: &mut Failures) {
    if url.contains(char::is_whitespace) {
        failures.push("url", "INVALID", "must be a valid URL");
        return;
    }
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") {
        failures.push("url_protocol", "INVALID", "must be a valid URL protocol");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let tld = host.rsplit_once('.').map_or("", |(_, tld)| tld);
    if tld.len() < 2 || !tld.bytes().all(|b| b.is_ascii_alphabetic()) {
        failures.push("url_host", "INVALID", "must be a valid URL host");
    }
}

/// A product's resource object.
#[must_use]
pub fn document(product: &Product) -> Value {
    document::resource(product, &Extras::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failures(url: &str) -> Failures {
        let mut failures = Failures::default();
        check_url(url, &mut failures);
        failures
    }

    #[test]
    fn pages_of_the_web() {
        for url in ["https://example.com", "http://a.example.co:8080/x?y#z", "HTTPS://user@example.io/"] {
            assert!(failures(url).is_empty(), "{url}");
        }
        for url in ["file:///boom.sh", "/var/www/index.html", "ftp://example", "https://localhost", "https://127.0.0.1"]
        {
            assert!(!failures(url).is_empty(), "{url}");
        }
    }
}
