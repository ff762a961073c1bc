//! The document is kept in docs/openapi.json. A change that breaks a client fails, also when the
//! file is written anew, until the first number of the version has risen.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::{Value, json};

#[test]
fn the_document_is_kept_and_nothing_in_it_breaks_a_client() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let now = super::text(&super::document());
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if let Ok(kept) = serde_json::from_str(&kept) {
        let now: Value = serde_json::from_str(&now).unwrap();
        assert_eq!(breaking(&kept, &now), Vec::<String>::new());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &now).unwrap();
        return;
    }
    assert!(
        kept == now,
        "docs/openapi.json is out of date: run UPDATE_DOCS=1 cargo test -p device-enrollment-service"
    );
}

#[test]
fn a_route_is_described_with_who_may_call_it() {
    let document = serde_json::to_value(super::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["security"], json!([{"api_key": []}]));
    assert_eq!(document["components"]["securitySchemes"]["api_key"]["scheme"], "bearer");
    assert_eq!(document["paths"]["/health/live"]["get"]["security"], json!([{}]));
    assert_eq!(document["paths"]["/extensions/v1/caller"]["get"]["security"], Value::Null);
}

#[test]
fn what_breaks_a_client_is_found() {
    let before = json!({
        "info": {"version": "1.2.0"},
        "paths": {"/a": {"post": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Asked"}}}},
            "responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Told"}}}}}
        }}},
        "components": {"schemas": {
            "Asked": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "enum": ["x", "y"]}, "b": {"type": "string"}}},
            "Told": {"type": "object", "required": ["c"], "properties": {"c": {"type": "string"}}}
        }}
    });
    assert!(breaking(&before, &before).is_empty());
    let changed = |pointer: &str, value: Value| {
        let mut after = before.clone();
        *after.pointer_mut(pointer).unwrap() = value;
        breaking(&before, &after)
    };
    let asked = "/components/schemas/Asked";
    assert!(!changed("/paths/~1a", json!({"get": {}})).is_empty());
    assert!(!changed("/paths", json!({})).is_empty());
    assert!(!changed("/paths/~1a/post/responses", json!({"201": {}})).is_empty());
    assert!(!changed(&format!("{asked}/required"), json!(["a", "b"])).is_empty());
    assert!(
        !changed(
            &format!("{asked}/properties"),
            json!({"a": {"type": "string", "enum": ["x", "y"]}})
        )
        .is_empty()
    );
    assert!(!changed(&format!("{asked}/properties/a/enum"), json!(["x"])).is_empty());
    assert!(!changed(&format!("{asked}/properties/b/type"), json!("integer")).is_empty());
    assert!(!changed("/components/schemas/Told/required", json!([])).is_empty());
    // What a client does not notice.
    assert!(changed(&format!("{asked}/required"), json!([])).is_empty());
    assert!(changed(&format!("{asked}/properties/a/enum"), json!(["x", "y", "z"])).is_empty());
    assert!(changed("/components/schemas/Told/required", json!(["c", "d"])).is_empty());
    // A first number that has risen.
    let mut after = json!({"info": {"version": "2.0.0"}, "paths": {}});
    assert!(breaking(&before, &after).is_empty());
    after["info"]["version"] = json!("1.3.0");
    assert!(!breaking(&before, &after).is_empty());
}

/// What in a document breaks clients of the one before.
fn breaking(before: &Value, after: &Value) -> Vec<String> {
    let first = |document: &Value| {
        let version = document["info"]["version"].as_str().unwrap_or_default();
        version.split('.').next().unwrap_or_default().to_owned()
    };
    if first(before) != first(after) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (path, item) in members(&before["paths"]) {
        for (method, operation) in members(item) {
            let place = format!("{method} {path}");
            let now = &after["paths"][path][method];
            if now.is_null() {
                found.push(format!("{place} is gone"));
                continue;
            }
            let parameters = |operation: &Value| -> BTreeSet<String> {
                let all = operation["parameters"].as_array().cloned().unwrap_or_default();
                let required = all.into_iter().filter(|one| one["required"] == true);
                required.map(|one| one["name"].to_string()).collect()
            };
            for name in parameters(now).difference(&parameters(operation)) {
                found.push(format!("{place} demands the parameter {name}"));
            }
            for (kind, content) in members(&operation["requestBody"]["content"]) {
                let (old, new) =
                    (&content["schema"], &now["requestBody"]["content"][kind]["schema"]);
                compare(&mut found, &place, (before, old), (after, new), Side::Request, 0);
            }
            for (status, answer) in members(&operation["responses"]) {
                let answer_now = &now["responses"][status];
                if answer_now.is_null() {
                    found.push(format!("{place} no longer answers {status}"));
                }
                for (kind, content) in members(&answer["content"]) {
                    let (old, new) = (&content["schema"], &answer_now["content"][kind]["schema"]);
                    compare(&mut found, &place, (before, old), (after, new), Side::Answer, 0);
                }
            }
        }
    }
    found
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Request,
    Answer,
}

fn compare(
    found: &mut Vec<String>,
    place: &str,
    (before, old): (&Value, &Value),
    (after, new): (&Value, &Value),
    side: Side,
    depth: usize,
) {
    // Schemas may hold themselves.
    if depth > 12 {
        return;
    }
    let (old, new) = (resolved(before, old), resolved(after, new));
    if new.is_null() && !old.is_null() {
        found.push(format!("{place}: a schema is gone"));
        return;
    }
    if old["type"] != new["type"] {
        found.push(format!("{place}: a type has changed"));
    }
    let set = |value: &Value| -> BTreeSet<String> {
        value.as_array().into_iter().flatten().map(ToString::to_string).collect()
    };
    let (required_before, required_now) = (set(&old["required"]), set(&new["required"]));
    let lost = match side {
        Side::Request => required_now.difference(&required_before).next(),
        Side::Answer => required_before.difference(&required_now).next(),
    };
    if let Some(member) = lost {
        found.push(format!("{place}: whether {member} is required has changed"));
    }
    for value in set(&old["enum"]).difference(&set(&new["enum"])) {
        if !new["enum"].is_null() || side == Side::Answer {
            found.push(format!("{place}: the value {value} is gone"));
        }
    }
    for (member, schema) in members(&old["properties"]) {
        let now = &new["properties"][member];
        if now.is_null() {
            found.push(format!("{place}: the member {member} is gone"));
        } else {
            let place = format!("{place}: {member}");
            compare(found, &place, (before, schema), (after, now), side, depth.saturating_add(1));
        }
    }
    if !old["items"].is_null() {
        let (old, new) = (&old["items"], &new["items"]);
        compare(found, place, (before, old), (after, new), side, depth.saturating_add(1));
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let pointer = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#'));
    pointer.map_or(schema, |pointer| document.pointer(pointer).unwrap_or(&Value::Null))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}
