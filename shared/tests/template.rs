//! `template.yaml`, the routes of `cargo lambda watch` and the sample events, held against the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::types::{KeySchemaElement, ProjectionType};
use aws_sdk_dynamodb::{Client, Config};
use serde_json::Value;
use shared::http::families::{self, FAMILIES, WORKERS, fallback, family_of, gateway_routes};
use shared::http::path::canonical;
use shared::store::schema;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// The resources of `template.yaml`, by logical id.
fn resources() -> BTreeMap<String, Value> {
    let template: Value = serde_yaml_ng::from_str(&read("template.yaml")).unwrap();
    serde_json::from_value(template["Resources"].clone()).unwrap()
}

fn of_type<'a>(resources: &'a BTreeMap<String, Value>, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    resources.iter().filter(|(_, it)| it["Type"] == kind).map(|(id, it)| (id.as_str(), &it["Properties"])).collect()
}

#[test]
fn every_family_has_its_function_and_no_function_is_left_over() {
    let resources = resources();
    let families: BTreeSet<&str> = FAMILIES.iter().map(|family| family.name).chain(WORKERS.iter().copied()).collect();
    let folders: BTreeSet<String> = fs::read_dir(root().join("functions"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.starts_with('.'))
        .collect();
    assert_eq!(folders.iter().map(String::as_str).collect::<BTreeSet<_>>(), families);
    let functions: BTreeSet<&str> = of_type(&resources, "AWS::Serverless::Function")
        .into_iter()
        .map(|(id, function)| {
            let binary = resources[id]["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
            assert_eq!(function["CodeUri"], format!("functions/{binary}"), "{id}");
            binary
        })
        .collect();
    assert_eq!(functions, families);
}

#[test]
fn every_job_has_its_schedule() {
    let resources = resources();
    let function = &resources["SweepFunction"]["Properties"];
    let scheduled: BTreeMap<String, String> = function["Events"]
        .as_object()
        .unwrap()
        .values()
        .map(|event| {
            let input: Value = serde_json::from_str(event["Properties"]["Input"].as_str().unwrap()).unwrap();
            let cadence = event["Properties"]["ScheduleExpression"].as_str().unwrap().to_owned();
            (input["job"].as_str().unwrap().to_owned(), cadence)
        })
        .collect();
    let unit = |minutes: u64| if minutes == 1 { "minute" } else { "minutes" };
    let jobs = shared::sweep::JOBS
        .iter()
        .map(|job| (job.name.to_owned(), format!("rate({} {})", job.minutes, unit(job.minutes))));
    assert_eq!(scheduled, jobs.collect());
}

#[test]
fn the_gateway_routes_each_family_to_its_function_and_nothing_else() {
    let resources = resources();
    let integrations = of_type(&resources, "AWS::ApiGatewayV2::Integration");
    let permissions = of_type(&resources, "AWS::Lambda::Permission");
    let declared: BTreeMap<String, String> = of_type(&resources, "AWS::ApiGatewayV2::Route")
        .into_values()
        .map(|route| {
            let target = route["Target"]["Fn::Sub"].as_str().unwrap();
            let integration = target.strip_prefix("integrations/${").and_then(|it| it.strip_suffix('}')).unwrap();
            let function = integrations[integration]["IntegrationUri"]["Fn::GetAtt"][0].as_str().unwrap();
            assert!(permissions.values().any(|permission| permission["FunctionName"]["Ref"] == function), "{function}");
            let family = resources[function]["Metadata"]["BuildProperties"]["Binary"].as_str().unwrap();
            (route["RouteKey"].as_str().unwrap().to_owned(), family.to_owned())
        })
        .collect();
    assert_eq!(declared.len(), of_type(&resources, "AWS::ApiGatewayV2::Route").len(), "a route key occurs twice");
    let expected: BTreeMap<String, String> = FAMILIES
        .iter()
        .flat_map(|family| gateway_routes(family).into_iter().map(move |route| (family, route)))
        .map(|(family, (method, path))| (format!("{method} {path}"), family.name.to_owned()))
        .chain([("$default".to_owned(), fallback().name.to_owned())])
        .collect();
    assert_eq!(declared, expected);
}

#[test]
fn the_signed_date_reaches_the_client_whatever_the_status() {
    let resources = resources();
    let mapping = serde_json::json!({
        "ResponseParameters": [{ "Destination": "overwrite:header.date", "Source": "$response.header.keygen-date" }]
    });
    for (id, integration) in of_type(&resources, "AWS::ApiGatewayV2::Integration") {
        assert_eq!(integration["PayloadFormatVersion"], "2.0", "{id}");
        let mapped = integration["ResponseParameters"].as_object().unwrap();
        for status in [200, 201, 202, 204, 303, 307, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429, 500, 503] {
            assert_eq!(mapped.get(&status.to_string()), Some(&mapping), "{id} {status}");
        }
    }
    // The functions answer preflights, in deployment as locally.
    for api in of_type(&resources, "AWS::ApiGatewayV2::Api").values() {
        assert!(api.get("CorsConfiguration").is_none());
    }
}

#[test]
fn cargo_lambda_watch_serves_the_same_paths() {
    let manifest = read("Cargo.toml");
    let (_, section) = manifest.split_once("[workspace.metadata.lambda.watch.router]").unwrap();
    let declared: BTreeMap<String, String> = section
        .lines()
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once(" = "))
        .map(|(path, family)| (path.trim_matches('"').to_owned(), family.trim_matches('"').to_owned()))
        .collect();
    let expected: BTreeMap<String, String> = FAMILIES
        .iter()
        .flat_map(|family| gateway_routes(family).into_iter().map(move |route| (family, route)))
        .map(|(family, (_, path))| (path.replace("{proxy+}", "{*proxy}"), family.name.to_owned()))
        .chain([("/{*proxy}".to_owned(), fallback().name.to_owned())])
        .collect();
    let lines: Vec<String> = expected.iter().map(|(path, family)| format!("\"{path}\" = \"{family}\"")).collect();
    assert_eq!(declared, expected, "the section should read:\n{}\n", lines.join("\n"));
}

#[test]
fn every_family_has_a_sample_event_of_a_path_of_its_own() {
    for family in FAMILIES {
        let event: Value = serde_json::from_str(&read(&format!("events/{}.json", family.name))).unwrap();
        let path = event["rawPath"].as_str().unwrap();
        assert_eq!(family_of(&canonical(path).unwrap().path), Some(family), "{path}");
        let route = event["routeKey"].as_str().unwrap();
        assert!(gateway_routes(family).iter().any(|(method, path)| format!("{method} {path}") == route), "{route}");
    }
    for entry in fs::read_dir(root().join("events")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(families::by_name(name.trim_end_matches(".json")).is_some(), "{name}");
    }
}

#[test]
fn the_deployed_table_is_the_one_that_the_code_creates() {
    let resources = resources();
    let table = &resources["Table"]["Properties"];
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::from_static("local"));
    let request = schema::create_table(&Client::from_conf(config.build()), "any").unwrap();

    let keys = |elements: &[KeySchemaElement]| -> Vec<(String, String)> {
        elements.iter().map(|it| (it.attribute_name().to_owned(), it.key_type().as_str().to_owned())).collect()
    };
    let pairs = |list: &Value, second: &str| -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        list.as_array().unwrap().iter().map(|it| (text(&it["AttributeName"]), text(&it[second]))).collect()
    };
    let sorted = |mut list: Vec<(String, String)>| {
        list.sort();
        list
    };
    assert_eq!(pairs(&table["KeySchema"], "KeyType"), keys(request.get_key_schema().as_deref().unwrap()));
    let attributes = request.get_attribute_definitions().as_deref().unwrap().iter();
    assert_eq!(
        sorted(pairs(&table["AttributeDefinitions"], "AttributeType")),
        sorted(
            attributes.map(|it| (it.attribute_name().to_owned(), it.attribute_type().as_str().to_owned())).collect()
        ),
    );
    let declared: BTreeMap<String, Vec<(String, String)>> = table["GlobalSecondaryIndexes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|index| {
            assert_eq!(index["Projection"]["ProjectionType"], ProjectionType::KeysOnly.as_str());
            (index["IndexName"].as_str().unwrap().to_owned(), pairs(&index["KeySchema"], "KeyType"))
        })
        .collect();
    let created: BTreeMap<String, Vec<(String, String)>> = request
        .get_global_secondary_indexes()
        .as_deref()
        .unwrap()
        .iter()
        .map(|index| {
            let projection = index.projection().unwrap().projection_type();
            assert_eq!(projection, Some(&ProjectionType::KeysOnly));
            (index.index_name().to_owned(), keys(index.key_schema()))
        })
        .collect();
    assert_eq!(declared, created);
    assert_eq!(created.keys().map(String::as_str).collect::<BTreeSet<_>>(), schema::INDEXES.iter().copied().collect());

    assert_eq!(table["BillingMode"], request.get_billing_mode().as_ref().unwrap().as_str());
    let stream = request.get_stream_specification().as_ref().unwrap();
    assert!(stream.stream_enabled());
    assert_eq!(table["StreamSpecification"]["StreamViewType"], stream.stream_view_type().unwrap().as_str());
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], schema::TTL);
    assert_eq!(table["TimeToLiveSpecification"]["Enabled"], true);
    assert_eq!(table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true);
}
