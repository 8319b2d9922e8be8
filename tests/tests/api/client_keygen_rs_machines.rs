//! The community's Rust SDK, unchanged: everything it does with machines and components.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use keygen_rs::KeygenClient;
use keygen_rs::component::{Component, CreateComponentRequest, ListComponentsOptions, UpdateComponentRequest};
use keygen_rs::config::set_config;
use keygen_rs::license::{License, LicenseValidationRequest, LicenseValidationScope};
use keygen_rs::machine::{
    Machine, MachineCheckoutOpts, MachineCreateRequest, MachineListFilters, MachineUpdateRequest,
};
use keygen_rs::machine_file::MachineFile;
use serde_json::{Value, json};
use support::{Server, Vendor, id};

use crate::client_keygen_rs::CONFIGURED;

/// A license of a policy whose owner is in a group, and clients of the application and of the vendor.
struct Stage {
    vendor: Vendor,
    license: String,
    key: String,
    application: KeygenClient,
    back_office: KeygenClient,
}

async fn stage(policy: Value) -> Stage {
    let (server, vendor) = Server::single().await;
    let product = vendor.product().await;
    let policy = vendor.policy(&product, policy).await;
    let license = vendor.license(&policy, json!({})).await;
    let key = license["attributes"]["key"].as_str().expect("a key").to_owned();
    let public_key = vendor.tenant().await.signer.public().ed25519_public_hex().to_owned();
    let builder = || {
        KeygenClient::builder()
            .api_url(server.url.clone())
            .account(vendor.account.id.to_string())
            .product(product.clone())
            .public_key(public_key.clone())
            .verify_keygen_signature(true)
    };
    let token = vendor.authorization.strip_prefix("Bearer ").expect("a token");
    let application = builder().license_key(key.clone()).build().expect("a client");
    let back_office = builder().token(token).build().expect("a client");
    Stage { license: id(&license), key, application, back_office, vendor }
}

fn component(fingerprint: &str, name: &str) -> Component {
    Component { fingerprint: fingerprint.to_owned(), name: name.to_owned(), ..Component::default() }
}

async fn validated(client: &KeygenClient, scope: LicenseValidationScope) -> (String, License) {
    let result = client.validate(&LicenseValidationRequest::new(scope)).await.expect("an answer");
    (result.meta.code, result.license.expect("a license").with_config(client.config().clone()))
}

#[tokio::test]
async fn an_application_activates_a_computer_with_its_parts() {
    let policy = json!({"floating": true, "maxMachines": 2, "authenticationStrategy": "LICENSE"});
    let stage = stage(policy).await;
    let (_, license) = validated(&stage.application, LicenseValidationScope::default()).await;
    let machine = license.activate("AA:BB", &[component("cpu-1", "CPU"), component("disk-1", "Disk")]).await;
    let machine = machine.expect("a machine");
    assert_eq!((machine.fingerprint.as_str(), machine.license_id.as_deref()), ("AA:BB", Some(stage.license.as_str())));
    let scope = |parts: &[&str]| LicenseValidationScope {
        fingerprint: Some("AA:BB".to_owned()),
        components: Some(parts.iter().map(|part| (*part).to_owned()).collect()),
        ..LicenseValidationScope::default()
    };
    assert_eq!(validated(&stage.application, scope(&["cpu-1", "disk-1"])).await.0, "VALID");
    assert_eq!(validated(&stage.application, scope(&["cpu-2"])).await.0, "COMPONENTS_SCOPE_MISMATCH");

    let again = license.activate("AA:BB", &[]).await.expect_err("taken");
    assert!(format!("{again:?}").contains("FINGERPRINT_TAKEN"), "{again:?}");
    license.activate("CC:DD", &[]).await.expect("the second seat");
    let full = license.activate("EE:FF", &[]).await.expect_err("full");
    assert!(format!("{full:?}").contains("MACHINE_LIMIT_EXCEEDED"), "{full:?}");

    assert_eq!(license.machine(&machine.id).await.expect("by id").id, machine.id);
    assert_eq!(license.machine("AA:BB").await.expect("by fingerprint").id, machine.id);
    assert_eq!(license.machines(None).await.expect("a page").data.len(), 2);
    license.deactivate("CC:DD").await.expect("by fingerprint");
    machine.deactivate().await.expect("by id");
    assert!(license.machines(None).await.expect("a page").data.is_empty());
}

#[tokio::test]
async fn a_monitor_keeps_the_heart_beating() {
    let stage = stage(json!({"floating": true, "authenticationStrategy": "LICENSE", "requireHeartbeat": true})).await;
    let (_, license) = validated(&stage.application, LicenseValidationScope::default()).await;
    let machine = Arc::new(license.activate("AA:BB", &[]).await.expect("a machine"));
    assert_eq!(machine.ping().await.expect("a ping").heartbeat_status, "ALIVE");
    let (beats, mut heard) = tokio::sync::mpsc::channel(1);
    let (cancel, cancelled) = tokio::sync::mpsc::channel(1);
    let monitor = tokio::spawn(Arc::clone(&machine).monitor(Duration::from_millis(5), Some(beats), Some(cancelled)));
    for _ in 0..3 {
        let beat = heard.recv().await.expect("a beat").expect("a ping");
        assert_eq!((beat.heartbeat_status.as_str(), beat.require_heartbeat), ("ALIVE", true));
    }
    drop(heard);
    cancel.send(()).await.expect("a monitor");
    monitor.await.expect("an end");
}

#[tokio::test]
async fn a_back_office_manages_machines_and_components() {
    let _alone = CONFIGURED.lock().await;
    let stage = stage(json!({"floating": true, "authenticationStrategy": "MIXED"})).await;
    let vendor = &stage.vendor;
    set_config(stage.back_office.config().clone()).expect("a configuration");
    let wanted = MachineCreateRequest {
        fingerprint: "AA:BB".to_owned(),
        name: Some("Build 7".to_owned()),
        platform: Some("linux".to_owned()),
        hostname: Some("build-7".to_owned()),
        ip: Some("10.0.0.7".to_owned()),
        cores: Some(8),
        metadata: Some(HashMap::from([("rack".to_owned(), json!("r12"))])),
        license_id: stage.license.clone(),
    };
    let machine = Machine::create(wanted).await.expect("a machine").with_config(stage.back_office.config().clone());
    assert_eq!((machine.cores, machine.name.as_deref()), (Some(8), Some("Build 7")));
    Machine::create(MachineCreateRequest {
        fingerprint: "CC:DD".to_owned(),
        name: None,
        platform: None,
        hostname: None,
        ip: None,
        cores: None,
        metadata: None,
        license_id: stage.license.clone(),
    })
    .await
    .expect("another machine");

    let found = async |filters: MachineListFilters| {
        let mut machines = Machine::list(Some(filters)).await.expect("machines");
        machines.sort_by(|a, b| a.fingerprint.cmp(&b.fingerprint));
        machines.into_iter().map(|machine| machine.fingerprint).collect::<Vec<_>>()
    };
    let any = MachineListFilters::default;
    assert_eq!(Machine::list(None).await.expect("machines").len(), 2);
    assert_eq!(found(MachineListFilters { license: Some(stage.license.clone()), ..any() }).await, ["AA:BB", "CC:DD"]);
    assert_eq!(found(MachineListFilters { key: Some(stage.key.clone()), ..any() }).await, ["AA:BB", "CC:DD"]);
    assert_eq!(found(MachineListFilters { hostname: Some("build-7".to_owned()), ..any() }).await, ["AA:BB"]);
    assert_eq!(found(MachineListFilters { ip: Some("10.0.0.8".to_owned()), ..any() }).await, [""; 0]);
    assert_eq!(found(MachineListFilters { fingerprint: Some("CC:DD".to_owned()), ..any() }).await, ["CC:DD"]);
    assert_eq!(found(MachineListFilters { limit: Some(1), ..any() }).await.len(), 1);

    let update = MachineUpdateRequest {
        name: Some("Build 8".to_owned()),
        platform: None,
        hostname: None,
        ip: None,
        cores: Some(16),
        metadata: None,
    };
    let updated = machine.update(update).await.expect("an update");
    assert_eq!((updated.cores, updated.name.as_deref()), (Some(16), Some("Build 8")));
    assert_eq!(machine.ping().await.expect("a ping").heartbeat_status, "ALIVE");
    assert_eq!(machine.reset().await.expect("a reset").heartbeat_status, "NOT_STARTED");

    let group = id(&vendor.make("groups", json!({"name": "Builders"}), &[]).await);
    assert_eq!(machine.change_group(&group).await.expect("a machine").group_id, Some(group));
    let user = id(&vendor.make("users", json!({"email": "ada@example.com"}), &[]).await);
    assert!(machine.change_owner(&user).await.is_err(), "no user of the license");
    let body = json!({"data": [{"type": "users", "id": user}]});
    vendor.post(&format!("/licenses/{}/users", stage.license), body).await.expect(200);
    assert_eq!(machine.change_owner(&user).await.expect("a machine").owner_id.as_deref(), Some(user.as_str()));
    assert_eq!(Machine::get(&machine.id).await.expect("a machine").owner_id, Some(user));

    components(&machine).await;
    files(&stage, &machine).await;
    machine.deactivate().await.expect("a deactivation");
    assert!(Machine::get(&machine.id).await.is_err());
}

async fn components(machine: &Machine) {
    let wanted = CreateComponentRequest::new("cpu-1".to_owned(), "CPU".to_owned(), machine.id.clone());
    let made = Component::create(wanted.with_metadata(HashMap::from([("socket".to_owned(), json!(1))]))).await;
    let made = made.expect("a component");
    assert_eq!(made.license_id, machine.license_id);
    let listed = ListComponentsOptions::new().with_machine(machine.id.clone()).with_limit(10);
    assert_eq!(Component::list(Some(listed)).await.expect("components").len(), 1);
    assert_eq!(Component::list(None).await.expect("components").len(), 1);
    let renamed = made.update(UpdateComponentRequest::new().with_name("Processor".to_owned())).await;
    assert_eq!(renamed.expect("a component").name, "Processor");
    assert_eq!(Component::get(&made.id).await.expect("a component").name, "Processor");
    let spare = CreateComponentRequest::new("cpu-2".to_owned(), "Spare".to_owned(), machine.id.clone());
    let spare = Component::create(spare).await.expect("a component");
    spare.delete().await.expect("a deletion");
    assert!(Component::get(&spare.id).await.is_err());
}

/// Machine files open offline, with what they include, by license key and fingerprint together.
async fn files(stage: &Stage, machine: &Machine) {
    let includes = ["license", "license.entitlements", "components", "group"].map(str::to_owned).to_vec();
    let options = MachineCheckoutOpts { ttl: Some(3600), include: Some(includes) };
    let file = machine.checkout(&options).await.expect("a machine file");
    file.verify().expect("a genuine file");
    file.validate_ttl().expect("a fresh file");
    assert_eq!(file.certificate().expect("a certificate").alg, "aes-256-gcm+ed25519");
    let secret = format!("{}AA:BB", stage.key);
    let dataset = file.decrypt(&secret).expect("key and fingerprint open it");
    assert_eq!((dataset.machine.id.as_str(), dataset.license.key.as_str()), (machine.id.as_str(), stage.key.as_str()));
    assert_eq!((dataset.ttl, dataset.machine.cores), (3600, Some(16)));
    assert_eq!(file.components(&secret).expect("components")[0].fingerprint, "cpu-1");
    assert_eq!(file.groups(&secret).expect("groups").len(), 1);
    assert!(file.entitlements(&secret).expect("entitlements").is_empty());
    assert!(file.decrypt(&stage.key).is_err(), "the key alone does not");
    let read_again = MachineFile::from_cert(&secret, &file.certificate).expect("a file from disk");
    assert_eq!(read_again.id, machine.id);
    read_again.verify().expect("a genuine file");
    let forged = MachineFile { certificate: file.certificate.replace("FILE-----\n", "FILE-----\nA"), ..file.clone() };
    assert!(forged.verify().is_err());
    let usual = machine.checkout(&MachineCheckoutOpts::new()).await.expect("a machine file");
    usual.verify().expect("a genuine file");
}
