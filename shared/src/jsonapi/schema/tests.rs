use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::jsonapi::parse::parse;
use crate::jsonapi::query::Query;

const USER: TypeNames = ["user", "users"];
const ID: &str = "5B6C1B5E0C654B1E9F0C6F0D3AD6A0F1";

fn widget() -> Schema {
    document(["widget", "widgets"])
        .ignored_id()
        .attributes(
            Schema::object([
                ("name", Schema::string().required()),
                ("max_parts", Schema::integer32().nullable()),
                ("strict", Schema::boolean()),
                ("expiry", Schema::time().nullable()),
                ("scheme", Schema::string().one_of(["ED25519", "RSA"]).nullable()),
                ("tags", Schema::array(Schema::string()).length(1..=3)),
                ("ratio", Schema::float()),
                ("notes", Schema::string().blank().length(0..=5)),
                ("secret", Schema::string().permitted(false)),
                ("metadata", Schema::metadata()),
            ])
            .required(),
        )
        .relationships([
            ("owner", nullable_linkage(&[USER]).alias("user")),
            ("plan", linkage(&[["plan", "plans"]]).ignored()),
            (
                "parts",
                nested(document(["part", "parts"]).attributes(Schema::object([("code", Schema::string().required())]))),
            ),
        ])
        .build()
}

fn with(attributes: Value) -> Value {
    json!({"data": {"type": "widget", "attributes": attributes}})
}

fn named(name: &str, value: Value) -> Value {
    with(json!({"name": "x", name: value}))
}

/// Pointer and detail of the violation.
fn refused(schema: &Schema, body: &Value) -> (String, String) {
    let violation = validate(schema, body).expect_err(&body.to_string());
    (violation.pointer().unwrap_or("-").to_owned(), violation.detail.into_owned())
}

fn row(pointer: &str, detail: &str) -> (String, String) {
    (pointer.to_owned(), detail.to_owned())
}

#[test]
fn one_member_at_a_time() {
    let widget = widget();
    for (name, value, pointer, detail) in [
        ("unpermitted_param", json!(1), "unpermittedParam", "unpermitted parameter"),
        ("ro_le", json!(null), "roLe", "unpermitted parameter"),
        ("secret", json!(null), "secret", "unpermitted parameter"),
        ("name", json!(1), "name", "type mismatch (received integer expected string)"),
        ("name", json!(""), "name", "cannot be blank"),
        ("name", json!(" \n"), "name", "cannot be blank"),
        ("name", json!(null), "name", "cannot be null"),
        ("max_parts", json!({"foo": "bar"}), "maxParts", "type mismatch (received object expected integer)"),
        ("max_parts", json!("1"), "maxParts", "type mismatch (received string expected integer)"),
        ("max_parts", json!(1.0), "maxParts", "type mismatch (received float expected integer)"),
        ("strict", json!("true"), "strict", "type mismatch (received string expected boolean)"),
        ("ratio", json!(1), "ratio", "type mismatch (received integer expected float)"),
        ("scheme", json!("rsa"), "scheme", "is invalid"),
        ("tags", json!([]), "tags", "length must be between 1 and 3 (inclusive)"),
        ("tags", json!(["a", "b", "c", "d"]), "tags", "length must be between 1 and 3 (inclusive)"),
        ("tags", json!(["a", null]), "tags/1", "cannot be null"),
        ("tags", json!(["a", ""]), "tags/1", "cannot be blank"),
        ("tags", json!(["a", 1]), "tags/1", "type mismatch (received integer expected string)"),
        ("tags", json!("a"), "tags", "type mismatch (received string expected array)"),
        ("notes", json!("éééééé"), "notes", "length must be between 0 and 5 (inclusive)"),
        ("expiry", json!("2026-13-45"), "expiry", "failed to coerce string to time"),
        ("expiry", json!(true), "expiry", "failed to coerce boolean to time"),
        ("expiry", json!(1.5), "expiry", "failed to coerce float to time"),
        ("expiry", json!([]), "expiry", "failed to coerce array to time"),
        ("metadata", json!("x"), "metadata", "type mismatch (received string expected object)"),
        (
            "metadata",
            json!({"array": [[0], [{"foo": 1}, 2, [3]]]}),
            "metadata/array/1/0",
            "maximum depth of 2 exceeded",
        ),
        ("metadata", json!({"a": {"n_d": [{}]}}), "metadata/a/nD/0", "maximum depth of 2 exceeded"),
    ] {
        let body = named(name, value);
        assert_eq!(refused(&widget, &body), row(&format!("/data/attributes/{pointer}"), detail), "{body}");
    }
}

#[test]
fn accepted_members_are_cleaned() {
    let widget = widget();
    for (name, value, cleaned) in [
        ("max_parts", json!(null), Some(json!(null))),
        ("max_parts", json!(-5), Some(json!(-5))),
        ("strict", json!(null), None),
        ("strict", json!(false), Some(json!(false))),
        ("metadata", json!(null), None),
        ("metadata", json!({}), Some(json!({}))),
        ("metadata", json!({"a": {"b": {"c": 1}}}), Some(json!({"a": {"b": {"c": 1}}}))),
        ("metadata", json!({"z": 1, "a": [null]}), Some(json!({"z": 1, "a": [null]}))),
        ("tags", json!(null), None),
        ("notes", json!(""), Some(json!(""))),
        ("scheme", json!("RSA"), Some(json!("RSA"))),
        ("ratio", json!(0.0), Some(json!(0.0))),
        ("expiry", json!(1_900_000_000), Some(json!("2030-03-17T17:46:40.000Z"))),
        ("expiry", json!("1900000000"), Some(json!("2030-03-17T17:46:40.000Z"))),
        ("expiry", json!("2030-03-17T19:46:40.1239+02:00"), Some(json!("2030-03-17T17:46:40.123Z"))),
        ("expiry", json!("2030-03-17"), Some(json!("2030-03-17T00:00:00.000Z"))),
        ("expiry", json!("2030-03-17 17:46:40 UTC"), Some(json!("2030-03-17T17:46:40.000Z"))),
        ("expiry", json!("soon"), Some(json!(null))),
        ("expiry", json!(""), Some(json!(null))),
        ("expiry", json!(null), Some(json!(null))),
    ] {
        let body = named(name, value);
        let outcome = validate(&widget, &body).unwrap_or_else(|violation| panic!("{body}: {violation}"));
        assert_eq!(outcome["data"]["attributes"].get(name), cleaned.as_ref(), "{body}");
    }
}

#[test]
fn the_frame_is_checked() {
    let widget = widget();
    for (body, pointer, detail) in [
        (json!({}), "/data", "is missing"),
        (json!({"data": null}), "/data", "cannot be null"),
        (json!({"data": []}), "/data", "type mismatch (received array expected object)"),
        (json!({"data": {}}), "/data/type", "is missing"),
        (json!({"data": {"type": "gadget"}}), "/data/type", "is invalid"),
        (json!({"data": {"type": "Widget", "attributes": {}}}), "/data/type", "is invalid"),
        (json!({"data": {"type": 1}}), "/data/type", "type mismatch (received integer expected string)"),
        (json!({"data": {"type": "widget"}}), "/data/attributes", "is missing"),
        (json!({"data": {"type": "widget", "id": 1}}), "/data/id", "type mismatch (received integer expected string)"),
        (json!({"meta": {}}), "/meta", "unpermitted parameter"),
        (json!({"data": {"links": {}}}), "/data/links", "unpermitted parameter"),
        (json!({"jsonapi": {}, "data": 1}), "/jsonapi", "unpermitted parameter"),
        (
            json!({"data": {"type": "widget", "attributes": "{}"}}),
            "/data/attributes",
            "type mismatch (received string expected object)",
        ),
    ] {
        assert_eq!(refused(&widget, &body), row(pointer, detail), "{body}");
    }
    let body = json!({"data": {"type": "widgets", "id": "", "attributes": {"name": "x"}}});
    assert_eq!(validate(&widget, &body), Ok(json!({"data": {"type": "widgets", "attributes": {"name": "x"}}})));
}

#[test]
fn phases_outrank_each_other() {
    let widget = widget();
    // Unknown before withheld before coercion before type, wherever they stand.
    let all = json!({"name": 1, "expiry": false, "secret": 1, "zzz": 1});
    assert_eq!(refused(&widget, &with(all)).0, "/data/attributes/zzz");
    assert_eq!(refused(&widget, &with(json!({"name": 1, "expiry": false, "secret": 1}))).0, "/data/attributes/secret");
    assert_eq!(refused(&widget, &with(json!({"name": 1, "expiry": false}))).0, "/data/attributes/expiry");
    // Unknown members come in document order, the others in schema order.
    let body = json!({"data": {"type": "w", "attributes": {"b": 1, "a": 1}, "c": 1}, "d": 1});
    assert_eq!(refused(&widget, &body).0, "/data/attributes/b");
    assert_eq!(
        refused(&widget, &with(json!({"tags": 1, "max_parts": "1", "name": "x"}))).0,
        "/data/attributes/maxParts"
    );
    // A missing member stands at its own place: behind failures of earlier siblings' children.
    let schema = document(["widget", "widgets"])
        .attributes(Schema::object([("name", Schema::string().required())]))
        .relationships([("owner", linkage(&[USER]).required())])
        .build();
    assert_eq!(refused(&schema, &with(json!({"name": 1}))).0, "/data/attributes/name");
    assert_eq!(refused(&schema, &with(json!({"name": "x"}))), row("/data/relationships", "is missing"));
    let body = json!({"data": {"type": "widget", "relationships": {"owner": {"data": 1}}}});
    assert_eq!(refused(&schema, &body), row("/data/attributes", "is missing"));
}

#[test]
fn linkages_hold_a_type_and_a_uuid() {
    let widget = widget();
    let body = |name: &str, relationship: Value| json!({"data": {"type": "widget", "attributes": {"name": "x"}, "relationships": {name: relationship}}});
    for (name, relationship, pointer, detail) in [
        ("owner", json!({}), "/owner/data", "is missing"),
        ("owner", json!({"data": {}}), "/owner/data/type", "is missing"),
        (
            "owner",
            json!({"data": {"type": "users", "id": "invalid"}}),
            "/owner/data/id",
            "type mismatch (received string expected UUID string)",
        ),
        (
            "owner",
            json!({"data": {"type": "users", "id": 7}}),
            "/owner/data/id",
            "type mismatch (received integer expected UUID string)",
        ),
        ("owner", json!({"data": {"type": "groups", "id": ID}}), "/owner/data/type", "is invalid"),
        ("owner", json!({"data": {"type": "users", "id": ID, "meta": 1}}), "/owner/data/meta", "unpermitted parameter"),
        ("user", json!({"data": {"type": "users"}}), "/owner/data/id", "is missing"),
        ("plan", json!({"data": null}), "/plan/data", "cannot be null"),
        ("parts", json!({"data": [1]}), "/parts/data/0", "type mismatch (received integer expected object)"),
        (
            "parts",
            json!({"data": [{"type": "parts", "attributes": {"code": "x"}}, {"type": "parts", "attributes": {"code": 1}}]}),
            "/parts/data/1/attributes/code",
            "type mismatch (received integer expected string)",
        ),
        (
            "parts",
            json!({"data": [{"type": "parts", "attributes": {"code": "x"}}, {"type": "parts", "attributes": {}}]}),
            "/parts/data/0/attributes/code",
            "is missing",
        ),
        ("parts", json!({"data": [{"type": "parts", "id": ID}]}), "/parts/data/0/id", "unpermitted parameter"),
    ] {
        let body = body(name, relationship);
        assert_eq!(refused(&widget, &body), row(&format!("/data/relationships{pointer}"), detail), "{body}");
    }
    let clean = |name: &str, relationship: Value| {
        let cleaned = validate(&widget, &body(name, relationship)).expect(name);
        cleaned["data"]["relationships"].clone()
    };
    let owner = json!({"owner": {"data": {"type": "users", "id": "5b6c1b5e-0c65-4b1e-9f0c-6f0d3ad6a0f1"}}});
    assert_eq!(clean("owner", json!({"data": {"id": ID, "type": "user"}})), owner);
    assert_eq!(clean("user", json!({"data": {"id": ID, "type": "user"}})), owner);
    assert_eq!(clean("owner", json!({"data": null})), json!({"owner": {"data": null}}));
    assert_eq!(clean("plan", json!({"data": {"type": "plan", "id": ID}})), json!({}));
    assert_eq!(clean("parts", json!({"data": []})), json!({"parts": {"data": []}}));
}

#[test]
fn attaching_takes_1_to_100() {
    let schema = attach(&[USER]);
    let one = json!({"type": "user", "id": ID});
    assert!(validate(&schema, &json!({"data": [one]})).is_ok());
    let detail = "length must be between 1 and 100 (inclusive)";
    assert_eq!(refused(&schema, &json!({"data": []})), row("/data", detail));
    assert_eq!(refused(&schema, &json!({"data": vec![one.clone(); 101]})), row("/data", detail));
    assert_eq!(refused(&schema, &json!({"data": one})).1, "type mismatch (received object expected array)");
}

#[test]
fn types_in_any_casing() {
    let schema = document(["webhook-endpoint", "webhook-endpoints"]).loose().build();
    for name in ["webhookEndpoint", "webhookEndpoints", "webhook_endpoint", "webhook-endpoints", "WebhookEndpoint"] {
        let cleaned = validate(&schema, &json!({"data": {"type": name}}));
        assert_eq!(cleaned, Ok(json!({"data": {"type": "webhook-endpoints"}})), "{name}");
    }
    assert_eq!(refused(&schema, &json!({"data": {"type": "endpoint"}})).1, "is invalid");
}

#[test]
fn leaves_hold_scalars() {
    let schema = action([("dataset", Schema::scalars().required()), ("ids", Schema::list()), ("any", Schema::any())]);
    let refused = |meta: Value| refused(&schema, &json!({"meta": meta}));
    assert_eq!(refused(json!({})), row("/meta/dataset", "is missing"));
    assert_eq!(refused(json!({"dataset": {}})), row("/meta/dataset", "cannot be blank"));
    let detail = "unpermitted type (expected object of scalar types)";
    assert_eq!(refused(json!({"dataset": {"a": 1, "b_c": {}}})), row("/meta/dataset/bC", detail));
    let detail = "unpermitted type (expected array of scalar types)";
    assert_eq!(refused(json!({"dataset": {"a": null}, "ids": [1, []]})), row("/meta/ids/1", detail));
    for blank in [json!({}), json!([]), json!(""), json!(" ")] {
        assert_eq!(refused(json!({"dataset": {"a": 1}, "any": blank})), row("/meta/any", "cannot be blank"));
    }
    assert!(
        validate(&schema, &json!({"meta": {"dataset": {"a": 1}, "ids": [null, "x"], "any": {"b": [[[[1]]]]}}})).is_ok()
    );
    assert_eq!(validate(&schema, &json!({})).unwrap_err().pointer(), Some("/meta"));
    let free = action([("query", Schema::free_object())]);
    assert!(validate(&free, &json!({"meta": {"query": {"a": [[[[{}]]]]}}})).is_ok());
    assert!(validate(&free, &json!({})).is_ok());
}

#[test]
fn integers_have_a_width() {
    let schema = action([("small", Schema::integer32()), ("big", Schema::integer()), ("any", Schema::any())]);
    let outcome = |meta: &str| validate(&schema, &parse(format!("{{\"meta\":{meta}}}").as_bytes()).unwrap());
    for meta in [
        "{\"small\":2147483648}",
        "{\"big\":9223372036854775808}",
        "{\"big\":-9223372036854775809}",
        "{\"any\":{\"a\":99999999999999999999999}}",
        "{\"small\":-2147483649}",
    ] {
        let violation = outcome(meta).unwrap_err();
        assert_eq!((violation.kind, violation.place), (Kind::TooLarge, Place::Nowhere), "{meta}");
    }
    assert!(outcome("{\"small\":2147483647,\"big\":9223372036854775807,\"any\":[1e99]}").is_ok());
    // Only when nothing else is wrong.
    assert_eq!(outcome("{\"small\":2147483648,\"big\":\"\"}").unwrap_err().kind, Kind::Type);
}

#[test]
fn formats_ignored_and_withheld_members() {
    let schema = Schema::object([
        ("code", Schema::string().format(str::is_ascii)),
        ("role", Schema::string().one_of(["admin"]).ignored()),
        ("id", Schema::uuid().required().permitted(false)),
    ]);
    assert_eq!(refused(&schema, &json!({"code": "é"})), row("/code", "format is invalid"));
    assert_eq!(refused(&schema, &json!({"role": "user"})), row("/role", "is invalid"));
    assert_eq!(refused(&schema, &json!({"id": ID})), row("/id", "unpermitted parameter"));
    assert_eq!(validate(&schema, &json!({"role": "admin", "code": "a"})), Ok(json!({"code": "a"})));
}

#[test]
fn an_own_name_counts_before_an_alias() {
    let schema = Schema::object([("assigned", Schema::boolean().alias("active"))]);
    assert_eq!(validate(&schema, &json!({"active": true, "assigned": false})), Ok(json!({"assigned": false})));
    assert_eq!(refused(&schema, &json!({"active": 1})).0, "/assigned");
}

#[test]
fn coercions_where_declared() {
    let schema = Schema::object([
        ("flag", Schema::boolean().coerced()),
        ("ttl", Schema::integer().coerced().nullable()),
        ("include", Schema::array(Schema::string()).coerced()),
        ("ids", Schema::list().coerced()),
        ("ratio", Schema::float().coerced()),
    ]);
    for (name, value, coerced) in [
        ("flag", json!("yes"), json!(true)),
        ("flag", json!(1), json!(true)),
        ("flag", json!(2), json!(false)),
        ("flag", json!("on"), json!(false)),
        ("flag", json!(true), json!(true)),
        ("ttl", json!("3600"), json!(3600)),
        ("ttl", json!(" -12abc"), json!(-12)),
        ("ttl", json!("abc"), json!(0)),
        ("ttl", json!(""), json!(null)),
        ("include", json!("a, b"), json!(["a", " b"])),
        ("include", json!(["a"]), json!(["a"])),
        ("ids", json!("1,2"), json!(["1", "2"])),
        ("ratio", json!("1.5"), json!(1.5)),
    ] {
        assert_eq!(validate(&schema, &json!({name: value})), Ok(json!({name: coerced})), "{name} {value}");
    }
    for (name, value, detail) in [
        ("flag", json!([]), "failed to coerce array to boolean"),
        ("ttl", json!(1.5), "failed to coerce float to integer"),
        ("ttl", json!({}), "failed to coerce object to integer"),
        ("include", json!(1), "failed to coerce integer to array"),
        ("ratio", json!("x"), "failed to coerce string to float"),
    ] {
        assert_eq!(refused(&schema, &json!({name: value})), row(&format!("/{name}"), detail));
    }
    assert_eq!(validate(&schema, &json!({"ttl": "99999999999999999999"})), Err(Violation::too_large()));
}

#[test]
fn queries_are_validated_too() {
    let schema = Schema::object([
        ("product", Schema::uuid()),
        ("channel", Schema::string().refuse_blank()),
        ("package", Schema::string().blank()),
        ("ttl", Schema::integer().coerced().nullable()),
        ("include", Schema::array(Schema::string()).coerced()),
        ("within_range", Schema::object([("max_age", Schema::integer().coerced())])),
    ]);
    let outcome = |raw: &str| validate_query(&schema, &Query::parse(raw).unwrap());
    assert_eq!(outcome("foo=1&product=+&bar[baz][]=x"), Ok(json!({})));
    assert_eq!(outcome("package=&ttl=&include="), Ok(json!({"package": "", "ttl": null})));
    assert_eq!(outcome("include=a,b&ttl=60"), Ok(json!({"ttl": 60, "include": ["a", "b"]})));
    assert_eq!(outcome("include[]=a&include[]="), Ok(json!({"include": ["a"]})));
    assert_eq!(outcome("withinRange[maxAge]=5&x=1"), Ok(json!({"within_range": {"max_age": 5}})));
    for (raw, parameter, detail) in [
        ("product=x", "product", "type mismatch (received string expected UUID string)"),
        ("channel=", "channel", "cannot be blank"),
        ("channel[a]=1", "channel", "type mismatch (received object expected string)"),
        ("within_range[max_age][]=1", "withinRange[maxAge]", "failed to coerce array to integer"),
        ("include[][a]=1", "include[0]", "type mismatch (received object expected string)"),
    ] {
        let violation = outcome(raw).unwrap_err();
        assert_eq!((violation.parameter(), &*violation.detail), (Some(parameter), detail), "{raw}");
    }
}

proptest! {
    #[test]
    fn cleaning_twice_changes_nothing(name in "[a-z]{1,5}", parts in any::<i32>(), seconds in 0i64..4_000_000_000, notes in ".{0,5}") {
        let schema = widget();
        let body = with(json!({"name": name, "max_parts": parts, "expiry": seconds, "notes": notes}));
        let once = validate(&schema, &body).unwrap();
        prop_assert_eq!(validate(&schema, &once), Ok(once.clone()));
    }

    #[test]
    fn survives_any_body(body in prop::collection::vec(any::<u8>(), 0..80), key in "(type|id|attributes|relationships|x)", value in "(1|\"\"|null|\\[\\]|\\{\\})") {
        let schema = widget();
        for text in [body, format!("{{\"data\":{{\"{key}\":{value}}}}}").into_bytes()] {
            if let Ok(body) = parse(&text) {
                let _ = validate(&schema, &body);
            }
        }
    }
}
