//! The strict reader against a lenient one (security.md T-34): it takes an input exactly when
//! `ciborium` takes it and writes the same bytes again.
//!
//! The inputs are canonical items, grown at random, and each of them with one leniency. A seed
//! gives the same ones on every run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use super::super::{MAX_DEPTH, Value, rewritten};

#[path = "oracle.rs"]
mod oracle;

/// Canonical items; each is judged as it is and with one departure of every kind.
const ITEMS: u64 = 20_000;

#[test]
fn the_strict_reader_takes_what_is_written_back_the_same() {
    let mut judged = [[0_u32; 2]; LENIENCIES.len() + 1];
    for seed in 0..ITEMS {
        let mut random = Random(seed);
        let plain = item(&mut random, MAX_DEPTH, None);
        judged[LENIENCIES.len()][usize::from(agreed(&plain.bytes))] += 1;
        for (index, leniency) in LENIENCIES.into_iter().enumerate() {
            let mut random = Random(seed);
            let departed = item(&mut random, MAX_DEPTH, Some(leniency));
            if departed.spent {
                judged[index][usize::from(agreed(&departed.bytes))] += 1;
            }
        }
    }
    let total: u32 = judged.iter().flatten().sum();
    assert!(total >= 100_000, "only {total} inputs");
    // A generator that makes only one kind of input would show nothing.
    let [refused, accepted] = judged[LENIENCIES.len()];
    assert!(accepted > 15_000 && refused > 10, "canonical items: {accepted}, refused {refused}");
    for (leniency, [refused, accepted]) in LENIENCIES.into_iter().zip(judged) {
        match leniency {
            // Every width of a float is canonical, so this one is none.
            Leniency::WideFloat => assert!(accepted > 1_000, "{accepted} wide floats"),
            _ => assert!(refused > 1_000 && accepted == 0, "{leniency:?}: {refused}, {accepted}"),
        }
    }
}

#[test]
fn the_strict_reader_and_the_oracle_agree_on_noise() {
    for seed in 0..100_000 {
        let mut random = Random(seed);
        let length = 1 + random.below(12);
        let bytes: Vec<u8> = (0..length).map(|_| random.byte()).collect();
        agreed(&bytes);
    }
}

/// Both readers say the same of `bytes`; whether they accept.
fn agreed(bytes: &[u8]) -> bool {
    let read = Value::read(bytes, "item", MAX_DEPTH);
    let expected = oracle::accepts(bytes, MAX_DEPTH);
    assert_eq!(read.is_ok(), expected, "{read:?} of {}", crate::encoding::hex::encode(bytes));
    if let Ok(value) = read {
        assert_eq!(rewritten(&value, bytes), bytes);
    }
    expected
}

/// One departure from the canonical form.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Leniency {
    NotShortest,
    Indefinite,
    Unsorted,
    Duplicate,
    Tag,
    Trailing,
    Missing,
    UnknownSimple,
    WideFloat,
}

const LENIENCIES: [Leniency; 9] = [
    Leniency::NotShortest,
    Leniency::Indefinite,
    Leniency::Unsorted,
    Leniency::Duplicate,
    Leniency::Tag,
    Leniency::Trailing,
    Leniency::Missing,
    Leniency::UnknownSimple,
    Leniency::WideFloat,
];

struct Item {
    bytes: Vec<u8>,
    /// Whether the leniency found a place.
    spent: bool,
}

fn item(random: &mut Random, depth: usize, leniency: Option<Leniency>) -> Item {
    let mut writer = Writer { out: Vec::new(), leniency };
    writer.value(random, depth);
    match writer.leniency {
        Some(Leniency::Trailing) => {
            writer.out.push(random.byte());
            writer.leniency = None;
        }
        Some(Leniency::Missing) => {
            writer.out.pop();
            writer.leniency = None;
        }
        _ => {}
    }
    Item { bytes: writer.out, spent: leniency.is_some() && writer.leniency.is_none() }
}

/// Writes values, and the one leniency at the first place that it fits.
struct Writer {
    out: Vec<u8>,
    leniency: Option<Leniency>,
}

impl Writer {
    fn value(&mut self, random: &mut Random, depth: usize) {
        if self.spend(Leniency::Tag) {
            self.out.push(0xc0 | (random.byte() & 0x0f));
        }
        let kinds = if depth == 0 { 6 } else { 9 };
        let kind = match self.leniency {
            // Rare kinds, so that what fits them alone finds a place.
            Some(Leniency::UnknownSimple) if random.below(2) == 0 => 4,
            Some(Leniency::WideFloat) if random.below(2) == 0 => 5,
            _ => random.below(kinds),
        };
        match kind {
            0 => {
                let number = random.number();
                self.head(0, number);
            }
            1 => {
                let number = random.number();
                self.head(1, number);
            }
            2 => self.string(random, 2),
            3 => self.string(random, 3),
            4 if self.spend(Leniency::UnknownSimple) => {
                // Unassigned, reserved, or two bytes where one is enough.
                let low = random.byte() & 0x1f;
                self.out.extend([0xf8, low]);
            }
            4 => self.out.push(0xf4 + random.byte() % 4),
            5 => self.float(random),
            6 => self.array(random, depth),
            _ => self.map(random, depth),
        }
    }

    fn string(&mut self, random: &mut Random, major: u8) {
        let length = random.size(40);
        let text: Vec<u8> = (0..length).map(|_| b'a' + random.byte() % 26).collect();
        if self.spend(Leniency::Indefinite) {
            self.out.push(major << 5 | 31);
            self.head(major, text.len() as u64);
            self.out.extend(text);
            self.out.push(0xff);
            return;
        }
        self.head(major, text.len() as u64);
        self.out.extend(text);
    }

    /// The widths are all canonical; the leniency writes a value that a narrower float could hold.
    fn float(&mut self, random: &mut Random) {
        if self.spend(Leniency::WideFloat) {
            self.out.push(0xfb);
            self.out.extend(f64::from(random.byte()).to_be_bytes());
            return;
        }
        if random.below(4) == 0 {
            // Not a number, which equals nothing, itself included.
            self.out.extend([0xf9, 0x7e, 0x00]);
            return;
        }
        let (lead, width) = [(0xf9, 2), (0xfa, 4), (0xfb, 8)][random.below(3)];
        self.out.push(lead);
        self.out.extend((0..width).map(|_| random.byte()));
    }

    fn array(&mut self, random: &mut Random, depth: usize) {
        let length = random.size(66);
        let indefinite = self.spend(Leniency::Indefinite);
        if indefinite {
            self.out.push(0x9f);
        } else {
            self.head(4, length as u64);
        }
        for _ in 0..length {
            self.value(random, depth - 1);
        }
        if indefinite {
            self.out.push(0xff);
        }
    }

    fn map(&mut self, random: &mut Random, depth: usize) {
        let wanted = random.size(66);
        let mut entries: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for _ in 0..wanted {
            let key = self.apart(|writer| writer.key(random));
            if entries.iter().all(|(known, _)| *known != key) {
                let entry = self.apart(|writer| writer.value(random, depth - 1));
                entries.push((key, entry));
            }
        }
        entries.sort();
        if entries.len() > 1 && self.spend(Leniency::Unsorted) {
            entries.swap(0, 1);
        }
        if !entries.is_empty() && self.spend(Leniency::Duplicate) {
            let at = random.below(entries.len());
            let copy = entries[at].clone();
            entries.insert(at, copy);
        }
        let indefinite = self.spend(Leniency::Indefinite);
        if indefinite {
            self.out.push(0xbf);
        } else {
            self.head(5, entries.len() as u64);
        }
        self.out.extend(entries.into_iter().flat_map(|(key, entry)| [key, entry].concat()));
        if indefinite {
            self.out.push(0xff);
        }
    }

    /// Mostly what formats use: integers and texts.
    fn key(&mut self, random: &mut Random) {
        match random.below(8) {
            0..=2 => {
                let number = random.number();
                self.head(0, number);
            }
            3..=4 => {
                let number = random.number();
                self.head(1, number);
            }
            5..=6 => self.string(random, 3),
            _ => self.float(random),
        }
    }

    /// What `write` writes, by itself.
    fn apart(&mut self, write: impl FnOnce(&mut Self)) -> Vec<u8> {
        let before = std::mem::take(&mut self.out);
        write(self);
        std::mem::replace(&mut self.out, before)
    }

    fn head(&mut self, major: u8, argument: u64) {
        let bytes = argument.to_be_bytes();
        let shortest = match argument {
            0..=23 => 0,
            24..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        let width = match shortest {
            8 => 8,
            _ if self.spend(Leniency::NotShortest) => (shortest * 2).max(1),
            _ => shortest,
        };
        let low = match width {
            0 => bytes[7],
            1 => 24,
            2 => 25,
            4 => 26,
            _ => 27,
        };
        self.out.push(major << 5 | low);
        self.out.extend(&bytes[8 - width..]);
    }

    fn spend(&mut self, leniency: Leniency) -> bool {
        let spent = self.leniency == Some(leniency);
        if spent {
            self.leniency = None;
        }
        spent
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next() as u8
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Mostly small, now and then up to `most`: limits are to be met too.
    fn size(&mut self, most: usize) -> usize {
        let most = if self.below(32) == 0 { most } else { 4 };
        self.below(most + 1)
    }

    /// Every width of an argument is as likely as the next.
    fn number(&mut self) -> u64 {
        let shift = 8 * self.below(8) as u32;
        let number = self.next() >> shift;
        if self.below(2) == 0 { number % 24 } else { number }
    }
}
