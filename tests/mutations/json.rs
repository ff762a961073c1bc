//! Damage to JSON: client data, and requests in their wire forms.

use serde_json::{Map, Value, json};

use crate::ceremonies::{Ceremonies, Damaged, FORMS};
use crate::random::Random;

/// Client data with other members. A statement covers its hash, so only a registration without
/// one can still be accepted.
pub(crate) fn client_data(all: &Ceremonies, random: &mut Random) -> Damaged {
    let of = random.below(all.registrations.len());
    let made = &all.registrations[of];
    let text = changed_text(&serde_json::from_slice(&made.client_data_json).unwrap(), random);
    let object = made.attestation_object.clone();
    Damaged::Registration { of, client_data: text, object, signed_again: false }
}

pub(crate) fn request(all: &Ceremonies, random: &mut Random) -> Damaged {
    let index = random.below(all.requests.len());
    Damaged::Request { of: index / FORMS, text: changed_text(&all.requests[index], random) }
}

/// The text of `value` after some changes; now and then a member stands twice in it.
fn changed_text(value: &Value, random: &mut Random) -> Vec<u8> {
    let mut value = value.clone();
    for _ in 0..=random.below(3) {
        change(&mut value, random);
    }
    let mut text = value.to_string();
    if random.chance(6)
        && let Some((name, member)) = value.as_object().and_then(|members| members.iter().next())
    {
        let twice = format!("{{{}:{member},", Value::String(name.clone()));
        text = text.replacen('{', &twice, 1);
    }
    if random.chance(8) {
        text = text.replacen(['A', 'e', 'a'], r"\u0041", 1 + random.below(4));
    }
    text.into_bytes()
}

fn change(value: &mut Value, random: &mut Random) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let name = members.keys().nth(random.below(members.len())).unwrap().clone();
            match random.below(6) {
                0 => drop(members.remove(&name)),
                1 => {
                    let value = members.remove(&name).unwrap();
                    members.insert(other_name(random).to_owned(), value);
                }
                2 => drop(members.insert(other_name(random).to_owned(), scalar(random))),
                3 => members[&name] = scalar(random),
                _ => change(&mut members[&name], random),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = random.below(items.len());
            match random.below(3) {
                0 => drop(items.remove(at)),
                1 => items.push(items[at].clone()),
                _ => change(&mut items[at], random),
            }
        }
        Value::String(text) => *value = changed_string(text, random),
        other => *other = scalar(random),
    }
}

fn changed_string(text: &str, random: &mut Random) -> Value {
    let cut = random.below(text.len() + 1);
    match random.below(6) {
        0 => text.get(..cut).unwrap_or_default().into(),
        1 => format!("{text}=").into(),
        2 => format!("{text}A").into(),
        3 => text.replace(['-', '_'], "+").into(),
        4 => format!("{}{}", text.get(cut..).unwrap_or_default(), text).into(),
        _ => scalar(random),
    }
}

fn other_name(random: &mut Random) -> &'static str {
    const NAMES: [&str; 16] = [
        "type",
        "challenge",
        "origin",
        "crossOrigin",
        "topOrigin",
        "androidPackageName",
        "id",
        "rawId",
        "response",
        "data",
        "fidoAssertion",
        "clientExtensionResults",
        "userHandle",
        "authenticatorAttachment",
        "device_credential_id",
        "",
    ];
    random.pick::<&str>(&NAMES)
}

fn scalar(random: &mut Random) -> Value {
    match random.below(9) {
        0 => Value::Null,
        1 => true.into(),
        2 => (random.next() as i64).into(),
        3 => 0.5.into(),
        4 => "".into(),
        5 => "\u{0}\u{202e}\"\\ é".into(),
        6 => json!([[], {}, [1]]),
        7 => Value::Object(Map::new()),
        _ => "A".repeat(random.below(5000)).into(),
    }
}
