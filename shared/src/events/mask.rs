//! Masking of secrets in logs (spec 01 §4).

use serde_json::Value;

/// Parts of names whose values are secrets.
const SECRET: [&str; 16] = [
    "passw",
    "digest",
    "priv",
    "key",
    "token",
    "secret",
    "crypt",
    "salt",
    "certificate",
    "otp",
    "redirect",
    "cvv",
    "cvc",
    "ssn",
    "auth",
    "seal",
];

/// The value of a member, masked if its name says that it is a secret; so is everything below it.
#[must_use]
pub fn member(name: &str, value: Value) -> Value {
    let lower = name.to_ascii_lowercase();
    if SECRET.iter().any(|part| lower.contains(part)) {
        return all(value);
    }
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name.clone(), member(&name, value))).collect())
        }
        Value::Array(elements) => Value::Array(elements.into_iter().map(|value| member(name, value)).collect()),
        other => other,
    }
}

fn all(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(members.into_iter().map(|(name, value)| (name, all(value))).collect()),
        Value::Array(elements) => Value::Array(elements.into_iter().map(all).collect()),
        Value::String(text) => masked(&text).into(),
        Value::Number(number) => masked(&number.to_string()).into(),
        other => other,
    }
}

/// Long text keeps its ends, short text less, the shortest nothing.
fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let kept = match chars.len() {
        0 | 1 => 0,
        2..=19 => 1,
        _ => 4,
    };
    let (head, tail) = (&chars[..kept], &chars[chars.len() - kept..]);
    format!("{}...{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn secrets_keep_their_shape_only() {
        let value =
            json!({"password": "12345678901234567890", "nested": {"apiKey": ["ab", 7, null, true]}, "name": "x"});
        let expected =
            json!({"password": "1234...7890", "nested": {"apiKey": ["a...b", "...", null, true]}, "name": "x"});
        assert_eq!(member("data", value), expected);
    }
}
