//! Writing a value again, to see that nothing was read into it. Tests and fuzz targets alone.

use super::Value;

/// `value` in canonical CBOR. Floats keep the width that they have in `original`, since the
/// canonical form of CTAP2 leaves it to the writer.
pub(crate) fn rewritten(value: &Value<'_>, original: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, original, &mut out);
    out
}

fn write(value: &Value<'_>, original: &[u8], out: &mut Vec<u8>) {
    match value {
        Value::Unsigned(number) => head(0, *number, out),
        Value::Negative(argument) => head(1, *argument, out),
        Value::Bytes(bytes) => {
            head(2, length(bytes.len()), out);
            out.extend_from_slice(bytes);
        }
        Value::Text(text) => {
            head(3, length(text.len()), out);
            out.extend_from_slice(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, length(items.len()), out);
            items.iter().for_each(|item| write(item, original, out));
        }
        Value::Map(entries) => {
            head(5, length(entries.len()), out);
            for (key, entry) in entries {
                write(key, original, out);
                write(entry, original, out);
            }
        }
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Null => out.push(0xf6),
        Value::Undefined => out.push(0xf7),
        Value::Float(_) => {
            let here = original.get(out.len()..).unwrap_or_default();
            let width = match here.first() {
                Some(0xf9) => 3,
                Some(0xfa) => 5,
                _ => 9,
            };
            out.extend_from_slice(here.get(..width).unwrap_or_default());
        }
    }
}

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let lead = |low: u8| major << 5 | low;
    let [_, _, _, _, c, d, e, f] = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(lead(f)),
        24..=0xff => out.extend([lead(24), f]),
        0x100..=0xffff => out.extend([lead(25), e, f]),
        0x1_0000..=0xffff_ffff => out.extend([lead(26), c, d, e, f]),
        _ => {
            out.push(lead(27));
            out.extend(argument.to_be_bytes());
        }
    }
}

fn length(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
