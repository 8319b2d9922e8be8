//! JSON pointers, and the codes and pointers of model validation (spec 01 §3.5).

use super::casing::camel;

/// The suffix of a required value that is absent; relationships report [`NOT_FOUND`] instead.
pub const MISSING: &str = "MISSING";
/// The suffix of a linkage that leads nowhere.
pub const NOT_FOUND: &str = "NOT_FOUND";
/// The suffix of a value that breaks a format or a range.
pub const INVALID: &str = "INVALID";
/// The suffix of a value outside its enumeration, or of a reserved word.
pub const NOT_ALLOWED: &str = "NOT_ALLOWED";
/// The suffix of a value that another record has.
pub const TAKEN: &str = "TAKEN";
/// The suffix of a text or list that is too long.
pub const TOO_LONG: &str = "TOO_LONG";
/// The suffix of a text or list that is too short.
pub const TOO_SHORT: &str = "TOO_SHORT";
/// The suffix of a limit that is reached.
pub const LIMIT_EXCEEDED: &str = "LIMIT_EXCEEDED";
/// The pseudo-attribute of failures that concern the record as a whole.
pub const BASE: &str = "base";

/// The JSON pointer (RFC 6901) that these names and indexes make up, each in lowerCamelCase.
#[must_use]
pub fn json_pointer<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> String {
    segments.into_iter().fold(String::new(), |mut pointer, segment| {
        pointer.push('/');
        pointer.push_str(&camel(segment.as_ref()).replace('~', "~0").replace('/', "~1"));
        pointer
    })
}

/// What the formula needs to know of a resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType {
    /// Plural kebab-case type, e.g. `accounts`.
    pub kind: &'static str,
    /// Name in the codes of record-level failures, e.g. `machine_process`.
    pub base: &'static str,
    /// Topic of documentation links, e.g. `release-packages`.
    pub topic: &'static str,
    /// The relationships of the resource and of records nested in it, snake_case.
    pub relationships: Vec<&'static str>,
}

/// A broken model rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The attribute, snake_case: `max_machines`, `components[0].fingerprint`, or [`BASE`].
    pub path: String,
    /// Kind of failure, as in codes: [`TAKEN`], `CONFLICT`, …
    pub suffix: &'static str,
    /// What is wrong, for people.
    pub detail: String,
}

impl Failure {
    /// A failure of `path`.
    #[must_use]
    pub fn new(path: impl Into<String>, suffix: &'static str, detail: impl Into<String>) -> Self {
        Self { path: path.into(), suffix, detail: detail.into() }
    }

    /// A failure of the record as a whole.
    #[must_use]
    pub fn base(suffix: &'static str, detail: impl Into<String>) -> Self {
        Self::new(BASE, suffix, detail)
    }

    /// A linkage to no record, or to one of another account.
    #[must_use]
    pub fn must_exist(path: impl Into<String>) -> Self {
        Self::new(path, NOT_FOUND, "must exist")
    }

    /// The same failure of a record nested at `prefix`, e.g. `components[0]`.
    #[must_use]
    pub fn within(mut self, prefix: &str) -> Self {
        self.path = if self.path == BASE { prefix.to_owned() } else { format!("{prefix}.{}", self.path) };
        self
    }
}

/// A failure as an error object shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// What is wrong, for programs.
    pub code: String,
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// Documentation.
    pub about: String,
    /// What is wrong, for people.
    pub detail: String,
}

/// Code, pointer and documentation of one failure; `None` if it is not to be reported.
#[must_use]
pub fn describe(record: &RecordType, failure: &Failure) -> Option<Described> {
    let mut names = segments(&failure.path);
    if names == [BASE] {
        names.clear();
    }
    let mut place = place(record, &names);
    let absent_link = failure.suffix == MISSING && place.first().is_some_and(|step| step == "relationships");
    let suffix = if absent_link { NOT_FOUND } else { failure.suffix };
    let words: Vec<&str> = names.iter().copied().filter(|name| !is_index(name)).collect();
    let prefix = if words.is_empty() { record.base.to_owned() } else { words.join("_") };
    let mut code = format!("{prefix}_{suffix}").to_ascii_uppercase();

    let starts =
        |place: &[String], head: &[&str]| place.len() >= head.len() && place.iter().zip(head).all(|(a, b)| a == b);
    if names.iter().any(|name| matches!(*name, "permission_id" | "permission_ids")) {
        place = attribute("permissions");
        code = format!("PERMISSIONS_{suffix}");
    }
    if record.kind == "accounts"
        && place.len() > 2
        && starts(&place, &["relationships", "users"])
        && let Some(users) = place.get_mut(1)
    {
        "admins".clone_into(users);
    }
    for name in ["permissions", "role", "filetype", "channel", "platform", "engine", "arch"] {
        if starts(&place, &["relationships", name]) {
            place = attribute(name);
        }
    }
    if names == ["backdated_to"] {
        place = attribute("backdated");
        code = format!("BACKDATED_{suffix}");
    }
    const USERS: [&str; 4] =
        ["USER_LIMIT_EXCEEDED", "USERS_LIMIT_EXCEEDED", "LICENSE_USER_LIMIT_EXCEEDED", "LICENSE_USERS_LIMIT_EXCEEDED"];
    if USERS.contains(&code.as_str()) {
        USERS[0].clone_into(&mut code);
        place = vec!["relationships".to_owned(), "users".to_owned()];
    }
    if code.ends_with("ACCOUNT_NOT_ALLOWED") {
        return None;
    }
    let pointer = json_pointer(std::iter::once("data").chain(place.iter().map(String::as_str)));
    let about = about(record.topic, &place);
    Some(Described { code, pointer, about, detail: failure.detail.clone() })
}

/// All failures of a record as error objects: grouped by attribute in the order of first failure,
/// each code and pointer once.
#[must_use]
pub fn describe_all(record: &RecordType, failures: &[Failure]) -> Vec<Described> {
    let mut attributes: Vec<&str> = Vec::new();
    for failure in failures {
        if !attributes.contains(&failure.path.as_str()) {
            attributes.push(&failure.path);
        }
    }
    let mut described: Vec<Described> = Vec::with_capacity(failures.len());
    for attribute in attributes {
        for failure in failures.iter().filter(|failure| failure.path == attribute) {
            let Some(error) = describe(record, failure) else { continue };
            if !described.iter().any(|known| known.code == error.code && known.pointer == error.pointer) {
                described.push(error);
            }
        }
    }
    described
}

/// The names and indexes of a path.
fn segments(path: &str) -> Vec<&str> {
    path.split(['.', '[', ']']).filter(|segment| !segment.is_empty()).collect()
}

fn is_index(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_digit())
}

fn attribute(name: &str) -> Vec<String> {
    vec!["attributes".to_owned(), name.to_owned()]
}

/// The steps that lead from `data` to the value at fault.
fn place(record: &RecordType, names: &[&str]) -> Vec<String> {
    let related = |name: &str| record.relationships.contains(&name);
    let (first, rest) = match names.split_first() {
        None => return Vec::new(),
        Some((&"id", [])) => return vec!["id".to_owned()],
        Some(split) => split,
    };
    if !related(first) {
        return attribute(first);
    }
    let mut place = vec!["relationships".to_owned(), (*first).to_owned()];
    if !rest.is_empty() {
        place.push("data".to_owned());
    }
    for &name in rest {
        if !is_index(name) {
            place.push(if related(name) { "relationships" } else { "attributes" }.to_owned());
        }
        place.push(name.to_owned());
    }
    place
}

/// The documentation of the first attribute or relationship on the way.
fn about(topic: &str, place: &[String]) -> String {
    let anchor = place.windows(2).find_map(|step| match step {
        [kind, name] if kind == "relationships" => Some(format!("-relationships-{}", camel(name))),
        [kind, name] if kind == "attributes" => Some(format!("-attrs-{}", camel(name))),
        _ => None,
    });
    format!("https://keygen.sh/docs/api/{topic}/#{topic}-object{}", anchor.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(kind: &'static str, base: &'static str, relationships: &[&'static str]) -> RecordType {
        RecordType { kind, base, topic: kind, relationships: relationships.to_vec() }
    }

    fn machine() -> RecordType {
        record("machines", "machine", &["license", "owner", "group", "components", "environment", "users"])
    }

    fn of(record: &RecordType, path: &str, suffix: &'static str) -> (String, String, String) {
        let error = describe(record, &Failure::new(path, suffix, "x")).expect(path);
        let about = error.about.split_once('#').map(|(_, anchor)| anchor.to_owned()).unwrap_or_default();
        (error.code, error.pointer, about)
    }

    fn row(code: &str, pointer: &str, anchor: &str) -> (String, String, String) {
        (code.to_owned(), pointer.to_owned(), anchor.to_owned())
    }

    #[test]
    fn pointers_are_lower_camel_case() {
        assert_eq!(json_pointer(["data", "attributes", "max_machines", "0"]), "/data/attributes/maxMachines/0");
        assert_eq!(json_pointer(["a/b~c"]), "/a~1b~0c");
        assert_eq!(json_pointer::<&str>([]), "");
    }

    #[test]
    fn follows_the_formula() {
        let machine = machine();
        for (path, suffix, wanted) in [
            (
                "fingerprint",
                TAKEN,
                row("FINGERPRINT_TAKEN", "/data/attributes/fingerprint", "machines-object-attrs-fingerprint"),
            ),
            (
                "max_processes",
                INVALID,
                row("MAX_PROCESSES_INVALID", "/data/attributes/maxProcesses", "machines-object-attrs-maxProcesses"),
            ),
            (
                "license",
                NOT_FOUND,
                row("LICENSE_NOT_FOUND", "/data/relationships/license", "machines-object-relationships-license"),
            ),
            (
                "license",
                MISSING,
                row("LICENSE_NOT_FOUND", "/data/relationships/license", "machines-object-relationships-license"),
            ),
            ("name", MISSING, row("NAME_MISSING", "/data/attributes/name", "machines-object-attrs-name")),
            ("id", "CONFLICT", row("ID_CONFLICT", "/data/id", "machines-object")),
            ("base", LIMIT_EXCEEDED, row("MACHINE_LIMIT_EXCEEDED", "/data", "machines-object")),
            (
                "components[0].fingerprint",
                TAKEN,
                row(
                    "COMPONENTS_FINGERPRINT_TAKEN",
                    "/data/relationships/components/data/0/attributes/fingerprint",
                    "machines-object-relationships-components",
                ),
            ),
            (
                "metadata",
                TOO_LONG,
                row("METADATA_TOO_LONG", "/data/attributes/metadata", "machines-object-attrs-metadata"),
            ),
        ] {
            assert_eq!(of(&machine, path, suffix), wanted);
        }
        let process = record("processes", "machine_process", &["machine"]);
        assert_eq!(of(&process, "base", LIMIT_EXCEEDED).0, "MACHINE_PROCESS_LIMIT_EXCEEDED");
    }

    #[test]
    fn links_use_the_topic() {
        let package = RecordType { topic: "release-packages", ..record("packages", "release_package", &["product"]) };
        let error = describe(&package, &Failure::must_exist("product")).expect("an error");
        assert_eq!(
            error.about,
            "https://keygen.sh/docs/api/release-packages/#release-packages-object-relationships-product"
        );
        assert_eq!(error.detail, "must exist");
    }

    #[test]
    fn fixes_codes_and_pointers_up() {
        let account = record("accounts", "account", &["users"]);
        let (code, pointer, _) = of(&account, "users[1].email", TAKEN);
        assert_eq!(
            (code.as_str(), pointer.as_str()),
            ("USERS_EMAIL_TAKEN", "/data/relationships/admins/data/1/attributes/email")
        );
        assert_eq!(of(&account, "users", INVALID).1, "/data/relationships/users");
        let user = record("users", "user", &["role", "permissions", "group"]);
        for path in ["permission_ids", "role.permission_ids", "role_permissions[0].permission_id"] {
            let (code, pointer, _) = of(&user, path, NOT_ALLOWED);
            assert_eq!((code.as_str(), pointer.as_str()), ("PERMISSIONS_NOT_ALLOWED", "/data/attributes/permissions"));
        }
        assert_eq!(of(&user, "permissions", NOT_ALLOWED).1, "/data/attributes/permissions");
        assert_eq!(of(&user, "role.name", NOT_ALLOWED).1, "/data/attributes/role");
        let release = record("releases", "release", &["channel", "product"]);
        let (code, pointer, _) = of(&release, "channel", MISSING);
        assert_eq!((code.as_str(), pointer.as_str()), ("CHANNEL_NOT_FOUND", "/data/attributes/channel"));
        let (code, pointer, about) = of(&release, "backdated_to", INVALID);
        assert_eq!((code.as_str(), pointer.as_str()), ("BACKDATED_INVALID", "/data/attributes/backdated"));
        assert_eq!(about, "releases-object-attrs-backdated");
        let seats = record("license-users", "license_user", &[]);
        let (code, pointer, _) = of(&seats, "base", LIMIT_EXCEEDED);
        assert_eq!((code.as_str(), pointer.as_str()), ("USER_LIMIT_EXCEEDED", "/data/relationships/users"));
    }

    #[test]
    fn groups_deduplicates_and_drops() {
        let failures = [
            Failure::new("name", TOO_LONG, "first"),
            Failure::new("fingerprint", TAKEN, "second"),
            Failure::new("name", INVALID, "third"),
            Failure::new("name", TOO_LONG, "fourth"),
            Failure::new("account", NOT_ALLOWED, "fifth"),
            Failure::new("fingerprint", TAKEN, "sixth").within("components[1]"),
        ];
        let described = describe_all(&machine(), &failures);
        let details: Vec<&str> = described.iter().map(|error| error.detail.as_str()).collect();
        assert_eq!(details, ["first", "third", "second", "sixth"]);
        assert_eq!(described[3].pointer, "/data/relationships/components/data/1/attributes/fingerprint");
    }
}
