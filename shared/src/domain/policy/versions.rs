//! What policies look like to clients of older API versions (spec 04 §6). That older names of
//! attributes are accepted stands in their declaration.

use serde_json::{Map, Value};

use super::Policy;
use super::strategies::OverageStrategy;
use crate::domain::body;
use crate::domain::resource::Resource;
use crate::http::context::Ctx;
use crate::http::version::{Downgrade, Version, resources_mut};
use crate::jsonapi::schema::Schema;

/// The newest version with `concurrent`, whose policies allow overage unless told.
const CONCURRENT: Version = Version::minor(1);
/// The newest version whose heartbeats start with the first ping unless told.
const LATE_HEARTBEATS: Version = Version::minor(2);

/// Up to 1.6, `processLeasingStrategy` has a shorter name.
pub const LEASING: Downgrade = Downgrade {
    until: Version::minor(6),
    routes: renamed,
    apply: |document| rename(document, &[("processLeasingStrategy", "leasingStrategy")]),
};

/// Up to 1.3, the strategies of machines are those of fingerprints.
pub const FINGERPRINTS: Downgrade = Downgrade {
    until: Version::minor(3),
    routes: renamed,
    apply: |document| {
        let names = [
            ("machineUniquenessStrategy", "fingerprintUniquenessStrategy"),
            ("machineMatchingStrategy", "fingerprintMatchingStrategy"),
        ];
        rename(document, &names);
    },
};

/// Up to 1.1, policies say whether they are concurrent.
pub const OVERAGE: Downgrade = Downgrade { until: CONCURRENT, routes: |_, _| true, apply: concurrent };

/// Everywhere but under keys, as in the reference.
fn renamed(_method: &str, route: &str) -> bool {
    !route.starts_with("/keys")
}

fn each(document: &mut Value, change: impl Fn(&mut Map<String, Value>)) {
    for resource in resources_mut(document) {
        if resource["type"] == Policy::DEFINITION.kind
            && let Some(Value::Object(attributes)) = resource.get_mut("attributes")
        {
            change(attributes);
        }
    }
}

fn rename(document: &mut Value, names: &[(&str, &str)]) {
    each(document, |attributes| {
        for (name, former) in names {
            if attributes.get(*name).is_some_and(Value::is_string) {
                let value = attributes.remove(*name).unwrap_or_default();
                attributes.insert((*former).to_owned(), value);
            }
        }
    });
}

fn concurrent(document: &mut Value) {
    each(document, |attributes| {
        let refused =
            attributes.get("overageStrategy").and_then(Value::as_str) == Some(OverageStrategy::NoOverage.as_str());
        attributes.insert("concurrent".to_owned(), (!refused).into());
    });
}

/// The body of a creation, at the client's version.
#[must_use]
pub fn creation(ctx: &Ctx) -> Schema {
    let (role, version) = (ctx.role(), ctx.version);
    let attributes = body::attributes(Policy::DEFINITION, role, version, |attribute| attribute.create, true);
    body::creation(Policy::DEFINITION, role, version).attributes(former(attributes, version).required()).build()
}

/// The body of an update, at the client's version.
#[must_use]
pub fn changing(ctx: &Ctx) -> Schema {
    let (role, version) = (ctx.role(), ctx.version);
    let attributes = body::attributes(Policy::DEFINITION, role, version, |attribute| attribute.update, false);
    body::changing(Policy::DEFINITION, role, version).attributes(former(attributes, version).required()).build()
}

fn former(attributes: Schema, version: Version) -> Schema {
    if version <= CONCURRENT { attributes.member("concurrent", Schema::boolean()) } else { attributes }
}

/// Puts a decoded body into the newest version's words.
pub fn upgrade(data: &mut Value) {
    let Some(Value::Object(attributes)) = data.get_mut("attributes") else { return };
    if let Some(Value::Bool(concurrent)) = attributes.remove("concurrent") {
        let strategy = if concurrent { OverageStrategy::AlwaysAllowOverage } else { OverageStrategy::NoOverage };
        attributes.entry("overage_strategy").or_insert_with(|| strategy.as_str().into());
    }
}

/// What a policy does about overage unless told.
#[must_use]
pub fn usual_overage(version: Version) -> OverageStrategy {
    if version <= CONCURRENT { OverageStrategy::AlwaysAllowOverage } else { OverageStrategy::default() }
}

/// Whether heartbeats start with the first ping even where they are required, unless told.
#[must_use]
pub fn starts_heartbeats_late(version: Version) -> bool {
    version <= LATE_HEARTBEATS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::version::{Occasion, downgrade};
    use serde_json::json;

    fn shown(version: u8, pattern: &str) -> Vec<String> {
        let attributes = json!({
            "machineUniquenessStrategy": "UNIQUE_PER_LICENSE", "machineMatchingStrategy": "MATCH_ANY",
            "machineLeasingStrategy": "PER_LICENSE", "processLeasingStrategy": "PER_MACHINE",
            "overageStrategy": "NO_OVERAGE",
        });
        let mut document = json!({"data": [{"type": "policies", "attributes": attributes}]});
        downgrade(&mut document, Version::minor(version), Occasion::Route { method: "GET", pattern });
        let mut names: Vec<String> =
            document["data"][0]["attributes"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn names_by_version() {
        let newest = shown(8, "/policies");
        assert_eq!(shown(7, "/policies"), newest);
        assert!(shown(6, "/policies/{id}").contains(&"leasingStrategy".to_owned()));
        assert!(!shown(6, "/policies/{id}").contains(&"processLeasingStrategy".to_owned()));
        assert!(shown(4, "/policies").contains(&"machineMatchingStrategy".to_owned()));
        assert!(shown(3, "/licenses/{id}/policy").contains(&"fingerprintMatchingStrategy".to_owned()));
        assert!(!shown(2, "/policies").contains(&"concurrent".to_owned()));
        assert!(shown(1, "/policies").contains(&"concurrent".to_owned()));
        let of_key = shown(0, "/keys/{id}/policy");
        assert!(of_key.contains(&"concurrent".to_owned()) && of_key.contains(&"processLeasingStrategy".to_owned()));
    }

    #[test]
    fn concurrent_is_overage() {
        let mut document = json!({"data": {"type": "policies", "attributes": {"overageStrategy": "ALLOW_2X_OVERAGE"}}});
        concurrent(&mut document);
        assert_eq!(document["data"]["attributes"]["concurrent"], true);
        let mut sent = json!({"attributes": {"concurrent": false}});
        upgrade(&mut sent);
        assert_eq!(sent["attributes"], json!({"overage_strategy": "NO_OVERAGE"}));
        let mut both = json!({"attributes": {"concurrent": false, "overage_strategy": "ALLOW_2X_OVERAGE"}});
        upgrade(&mut both);
        assert_eq!(both["attributes"], json!({"overage_strategy": "ALLOW_2X_OVERAGE"}));
    }
}
