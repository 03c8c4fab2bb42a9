//! JSON merge patch (RFC 7396): how amendments are sent.

use serde_json::{Map, Value};

/// Applies a patch to a value: what the patch names is replaced, `null` takes away, objects go member by member.
#[must_use]
pub fn apply(target: Value, patch: Map<String, Value>) -> Value {
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, change) in patch {
        match change {
            Value::Null => {
                members.shift_remove(&name);
            }
            Value::Object(inner) => {
                let before = members.shift_remove(&name).unwrap_or(Value::Null);
                members.insert(name, apply(before, inner));
            }
            other => {
                members.insert(name, other);
            }
        }
    }
    Value::Object(members)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(target: Value, patch: Value) -> Value {
        let Value::Object(patch) = patch else { panic!("a test patch is an object") };
        apply(target, patch)
    }

    /// Cases of RFC 7396, appendix A, whose patch is an object.
    #[test]
    fn the_cases_of_the_standard() {
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":"b","b":"c"}), json!({"a":null}), json!({"b":"c"})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"c"}), json!({"a":["b"]}), json!({"a":["b"]})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({"e":null}), json!({"a":1}), json!({"e":null,"a":1})),
            (json!([1, 2]), json!({"a":"b","c":null}), json!({"a":"b"})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ];
        for (target, patch, expected) in cases {
            assert_eq!(patched(target.clone(), patch.clone()), expected, "{target} + {patch}");
        }
    }
}
