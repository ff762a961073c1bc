//! JSON values that are generated, written in one of many spellings, and changed.

use crate::random::Random;

/// A value, in which no object has two members of one name.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    /// So many times ten to the exponent.
    Number(i64, i32),
    Text(String),
    Array(Vec<Value>),
    Object(Vec<(String, Value)>),
}

const CHARACTERS: [char; 16] = [
    'a', 'B', '7', ' ', '"', '\\', '/', '\n', '\t', '\u{1}', '\u{7f}', 'é', '\u{2028}', '€',
    '\u{fb33}', '😀',
];

impl Value {
    /// An object, at most so deep.
    pub(crate) fn object(random: &mut Random, depth: usize) -> Self {
        let mut members: Vec<(String, Self)> = Vec::new();
        for _ in 0..=random.below(4) {
            let name = text(random);
            if members.iter().all(|(known, _)| *known != name) {
                members.push((name, Self::any(random, depth)));
            }
        }
        Self::Object(members)
    }

    fn any(random: &mut Random, depth: usize) -> Self {
        match random.below(if depth == 0 { 6 } else { 9 }) {
            0 => Self::Null,
            1 => Self::Bool(random.chance(2)),
            2 | 3 => Self::Number(
                (random.next() % 2_000_000_000_001) as i64 - 1_000_000_000_000,
                random.below(12) as i32 - 8,
            ),
            4 | 5 => Self::Text(text(random)),
            6 => Self::Array((0..random.below(4)).map(|_| Self::any(random, depth - 1)).collect()),
            _ => Self::object(random, depth - 1),
        }
    }

    /// The value with the members of every object in one order, so that equal is equal; and every
    /// number with the fewest digits.
    pub(crate) fn sorted(self) -> Self {
        match self {
            Self::Number(0, _) => Self::Number(0, 0),
            Self::Number(mut digits, mut exponent) => {
                while digits % 10 == 0 {
                    (digits, exponent) = (digits / 10, exponent + 1);
                }
                Self::Number(digits, exponent)
            }
            Self::Array(items) => Self::Array(items.into_iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let mut members: Vec<(String, Self)> =
                    members.into_iter().map(|(name, value)| (name, value.sorted())).collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                Self::Object(members)
            }
            other => other,
        }
    }

    /// One of the many texts of the value.
    pub(crate) fn write(&self, random: &mut Random) -> String {
        let mut text = String::new();
        self.write_to(&mut text, random);
        text
    }

    fn write_to(&self, to: &mut String, random: &mut Random) {
        space(to, random);
        match self {
            Self::Null => to.push_str("null"),
            Self::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
            Self::Number(digits, exponent) => to.push_str(&number(*digits, *exponent, random)),
            Self::Text(text) => string(text, to, random),
            Self::Array(items) => {
                to.push('[');
                for (place, item) in items.iter().enumerate() {
                    to.push_str(if place == 0 { "" } else { "," });
                    item.write_to(to, random);
                }
                to.push(']');
            }
            Self::Object(members) => {
                to.push('{');
                let mut left: Vec<&(String, Self)> = members.iter().collect();
                while !left.is_empty() {
                    to.push_str(if left.len() == members.len() { "" } else { "," });
                    let (name, value) = left.swap_remove(random.below(left.len()));
                    space(to, random);
                    string(name, to, random);
                    space(to, random);
                    to.push(':');
                    value.write_to(to, random);
                }
                to.push('}');
            }
        }
        space(to, random);
    }

    /// The value with one thing in it changed.
    pub(crate) fn changed(&self, random: &mut Random) -> Self {
        match self {
            Self::Null => Self::Bool(false),
            Self::Bool(value) => random.pick(&[Self::Bool(!value), Self::Null]).clone(),
            Self::Number(digits, exponent) => random
                .pick(&[
                    Self::Number(digits + 1, *exponent),
                    Self::Number(digits - 1, *exponent),
                    Self::Text(format!("{digits}e{exponent}")),
                ])
                .clone(),
            Self::Text(text) => Self::Text(change_text(text, random)),
            Self::Array(items) => {
                let mut items = items.clone();
                match random.below(3) {
                    0 => items.push(Self::Null),
                    1 if items.len() > 1 && items[0] != items[1] => items.swap(0, 1),
                    _ if items.is_empty() => return Self::Object(Vec::new()),
                    _ => {
                        let place = random.below(items.len());
                        items[place] = items[place].changed(random);
                    }
                }
                Self::Array(items)
            }
            Self::Object(members) => {
                let mut members = members.clone();
                if members.is_empty() {
                    return Self::Array(Vec::new());
                }
                let place = random.below(members.len());
                match random.below(4) {
                    0 => drop(members.remove(place)),
                    1 => {
                        // A name that no member has.
                        let name =
                            members.iter().map(|(name, _)| name.as_str()).collect::<String>();
                        members[place].0 = format!("{name}!");
                    }
                    _ => members[place].1 = members[place].1.changed(random),
                }
                Self::Object(members)
            }
        }
    }
}

fn text(random: &mut Random) -> String {
    (0..random.below(6)).map(|_| *random.pick(&CHARACTERS)).collect()
}

fn change_text(text: &str, random: &mut Random) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    match random.below(3) {
        0 if !characters.is_empty() => drop(characters.remove(random.below(characters.len()))),
        1 if !characters.is_empty() => {
            let place = random.below(characters.len());
            characters[place] = if characters[place] == 'x' { 'y' } else { 'x' };
        }
        _ => characters.insert(random.below(characters.len() + 1), 'x'),
    }
    characters.into_iter().collect()
}

fn space(to: &mut String, random: &mut Random) {
    let space: &&str = random.pick(&["", "", "", " ", "\n", "\r\n\t"]);
    to.push_str(space);
}

fn number(digits: i64, exponent: i32, random: &mut Random) -> String {
    if digits == 0 {
        return random.pick(&["0", "-0", "0.00", "0e7", "-0.0E-2"]).to_string();
    }
    let mark = random.pick(&["e", "E"]).to_owned();
    match random.below(4) {
        0 => format!("{digits}{mark}{exponent}"),
        1 => format!("{digits}.000{mark}{exponent:+}"),
        2 => format!("{digits}0{mark}{:03}", exponent - 1),
        _ if exponent >= 0 => format!("{digits}{}", "0".repeat(exponent as usize)),
        _ => {
            let places = exponent.unsigned_abs() as usize;
            let padded = format!("{:0>width$}", digits.unsigned_abs(), width = places + 1);
            let (whole, fraction) = padded.split_at(padded.len() - places);
            format!("{}{whole}.{fraction}0", if digits < 0 { "-" } else { "" })
        }
    }
}

fn string(text: &str, to: &mut String, random: &mut Random) {
    to.push('"');
    for character in text.chars() {
        let escaped = character < ' ' || matches!(character, '"' | '\\');
        match character {
            '\n' if random.chance(2) => to.push_str("\\n"),
            '"' | '\\' | '/' if random.chance(2) => to.extend(['\\', character]),
            _ if escaped || random.chance(4) => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    to.push_str(&if random.chance(2) {
                        format!("\\u{unit:04x}")
                    } else {
                        format!("\\u{unit:04X}")
                    });
                }
            }
            _ => to.push(character),
        }
    }
    to.push('"');
}
