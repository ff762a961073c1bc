//! Canonical JSON (RFC 8785) over strictly read text: one value, one sequence of bytes.
//!
//! Digests are made over it, so that a repeated request is known whatever its white space, its
//! escapes and the order of its members. The rules of RFC 8785 are those of a reader that holds
//! every number in a double; here a number that a double does not keep is refused, so that no two
//! values share a canonical text.

use std::borrow::Cow;

use super::json::Json;
use super::{Fault, Malformed};

/// The largest integer up to which a double holds every integer: readers part beyond it.
const LARGEST: f64 = 9_007_199_254_740_992.0;

/// The canonical text of one JSON value of a request.
///
/// Refused beside what [`Json::read`] refuses: a number whose decimal value is not that of the
/// double's shortest form, and one above 2^53.
pub(crate) fn canonical(bytes: &[u8], item: &'static str) -> Result<String, Malformed> {
    let json = Json::read(bytes, item)?;
    let mut numbers = Numbers { rest: bytes, item, length: bytes.len() };
    text_of(&json, &mut numbers)
}

/// The canonical text of one member of the object that `bytes` are; `None` when there is no such
/// member, or no object. All of the text is judged.
pub(crate) fn canonical_member(
    bytes: &[u8],
    name: &str,
    item: &'static str,
) -> Result<Option<String>, Malformed> {
    let json = Json::read(bytes, item)?;
    let mut numbers = Numbers { rest: bytes, item, length: bytes.len() };
    let Json::Object(members) = &json else {
        return Ok(None);
    };
    let mut members = texts_of(members, &mut numbers)?.into_iter();
    Ok(members.find(|(known, _)| *known == name).map(|(_, text)| text))
}

/// The depth is that of the tree, which its reader has bounded.
fn text_of(json: &Json<'_>, numbers: &mut Numbers<'_>) -> Result<String, Malformed> {
    match json {
        Json::Null => Ok("null".to_owned()),
        Json::Bool(value) => Ok(value.to_string()),
        Json::Number(_) => numbers.next(),
        Json::String(text) => Ok(string(text)),
        Json::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| text_of(item, numbers)).collect::<Result<_, _>>()?;
            Ok(format!("[{}]", items.join(",")))
        }
        Json::Object(members) => {
            let mut members = texts_of(members, numbers)?;
            members.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
            let members: Vec<String> =
                members.iter().map(|(name, text)| format!("{}:{text}", string(name))).collect();
            Ok(format!("{{{}}}", members.join(",")))
        }
    }
}

/// The members in the order of the text, which is the order of its numbers.
fn texts_of<'a>(
    members: &'a [(Cow<'_, str>, Json<'_>)],
    numbers: &mut Numbers<'_>,
) -> Result<Vec<(&'a str, String)>, Malformed> {
    members.iter().map(|(name, value)| Ok((name.as_ref(), text_of(value, numbers)?))).collect()
}

/// `serde_json` escapes what RFC 8785 wants escaped, in its form, and nothing else.
fn string(text: &str) -> String {
    // A string cannot fail to be written.
    serde_json::to_string(text).unwrap_or_default()
}

/// The numbers of a JSON text in its order, as they are written there: the tree has already lost
/// the digits that do not fit.
struct Numbers<'a> {
    rest: &'a [u8],
    item: &'static str,
    length: usize,
}

impl<'a> Numbers<'a> {
    /// The canonical form of the next number.
    fn next(&mut self) -> Result<String, Malformed> {
        let offset = self.length.saturating_sub(self.rest.len());
        let item = self.item;
        let refused = || Malformed::new(item, Fault::JsonNumber, offset);
        let token = self.token().ok_or_else(refused)?;
        let value: f64 = token.parse().map_err(|_| refused())?;
        let form = number(value).ok_or_else(refused)?;
        let kept = Decimal::read(token).is_some_and(|read| Decimal::read(&form) == Some(read));
        if kept && value.abs() <= LARGEST { Ok(form) } else { Err(refused()) }
    }

    /// The text was read as JSON, so a digit or a minus outside a string begins a number.
    fn token(&mut self) -> Option<&'a str> {
        while let [first, rest @ ..] = self.rest {
            match first {
                b'"' => self.rest = after_string(rest),
                b'-' | b'0'..=b'9' => {
                    let is_number =
                        |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                    let end = self.rest.iter().position(|byte| !is_number(byte));
                    let (token, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                    self.rest = rest;
                    return core::str::from_utf8(token).ok();
                }
                _ => self.rest = rest,
            }
        }
        None
    }
}

/// What follows the string that `bytes` are inside of.
fn after_string(mut bytes: &[u8]) -> &[u8] {
    loop {
        match bytes {
            [b'\\', _, rest @ ..] => bytes = rest,
            [b'"', rest @ ..] => return rest,
            [_, rest @ ..] => bytes = rest,
            [] => return bytes,
        }
    }
}

/// A double in the form of ECMAScript, which RFC 8785 demands. `None` for what is not finite.
fn number(value: f64) -> Option<String> {
    value.is_finite().then(|| ryu_js::Buffer::new().format_finite(value).to_owned())
}

/// The exact value of a decimal text: its digits without zeros at either end, as a fraction behind
/// the point, times ten to the exponent.
#[derive(Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` for an exponent that nobody means.
    fn read(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        let leading = digits.len().checked_sub(significant.len())?;
        let point = i64::try_from(whole.len()).ok()?.checked_sub(i64::try_from(leading).ok()?)?;
        let exponent = exponent.parse::<i64>().ok()?.checked_add(point)?;
        let digits = significant.trim_end_matches('0').to_owned();
        Some(Self { negative, digits, exponent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(input: &str) -> String {
        canonical(input.as_bytes(), "item").unwrap()
    }

    fn fault(input: &[u8]) -> Fault {
        canonical(input, "item").unwrap_err().fault
    }

    /// RFC 8785, appendix B: the bits of a double, and its text.
    #[test]
    fn doubles_have_the_forms_of_the_appendix() {
        for (bits, form) in [
            (0x0000_0000_0000_0000, "0"),
            (0x8000_0000_0000_0000, "0"),
            (0x0000_0000_0000_0001, "5e-324"),
            (0x8000_0000_0000_0001, "-5e-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157e+308"),
            (0xffef_ffff_ffff_ffff, "-1.7976931348623157e+308"),
            (0x4340_0000_0000_0000, "9007199254740992"),
            (0xc340_0000_0000_0000, "-9007199254740992"),
            (0x4430_0000_0000_0000, "295147905179352830000"),
            (0x44b5_2d02_c7e1_4af5, "9.999999999999997e+22"),
            (0x44b5_2d02_c7e1_4af6, "1e+23"),
            (0x44b5_2d02_c7e1_4af7, "1.0000000000000001e+23"),
            (0x444b_1ae4_d6e2_ef4e, "999999999999999700000"),
            (0x444b_1ae4_d6e2_ef4f, "999999999999999900000"),
            (0x444b_1ae4_d6e2_ef50, "1e+21"),
            (0x3eb0_c6f7_a0b5_ed8c, "9.999999999999997e-7"),
            (0x3eb0_c6f7_a0b5_ed8d, "0.000001"),
            (0x41b3_de43_5555_5553, "333333333.3333332"),
            (0x41b3_de43_5555_5554, "333333333.33333325"),
            (0x41b3_de43_5555_5555, "333333333.3333333"),
            (0x41b3_de43_5555_5556, "333333333.3333334"),
            (0x41b3_de43_5555_5557, "333333333.33333343"),
            (0xbecb_f647_612f_3696, "-0.0000033333333333333333"),
            (0x4314_3ff3_c1cb_0959, "1424953923781206.2"),
        ] {
            assert_eq!(number(f64::from_bits(bits)).unwrap(), form);
        }
        assert_eq!(number(f64::NAN), None);
        assert_eq!(number(f64::INFINITY), None);
    }

    /// RFC 8785, 3.2.2 and 3.2.3, without its two numbers that a verifier must refuse.
    #[test]
    fn the_example_of_the_standard_has_its_text() {
        let input = r#"{
            "numbers": [333333333.3333333, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let expected = "{\"literals\":[null,true,false],\
            \"numbers\":[333333333.3333333,4.5,0.002,1e-27],\
            \"string\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}";
        assert_eq!(text(input), expected);
        // The digits of the first do not survive a double, the second is beyond its integers.
        assert_eq!(fault(b"333333333.33333329"), Fault::JsonNumber);
        assert_eq!(fault(b"1E30"), Fault::JsonNumber);
    }

    /// RFC 8785, 3.2.3: the order of members is that of UTF-16.
    #[test]
    fn members_stand_in_the_order_of_their_utf_16() {
        let input = r#"{
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let text = text(input);
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"];
        let places: Vec<usize> = order.iter().map(|word| text.find(word).unwrap()).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn control_characters_are_escaped_and_nothing_else_is() {
        assert_eq!(text(r#""\u0008\u0009\u000A\u000c\u000D""#), r#""\b\t\n\f\r""#);
        assert_eq!(text(r#""\u0000\u001F""#), r#""\u0000\u001f""#);
        assert_eq!(text(r#""\u007f\u2028\/é""#), "\"\u{7f}\u{2028}/é\"");
    }

    #[test]
    fn a_number_is_taken_by_its_value_and_only_when_a_double_keeps_it() {
        for (input, form) in [
            ("-0", "0"),
            ("0.0e99", "0"),
            ("10", "10"),
            ("1e1", "10"),
            ("0.1", "0.1"),
            ("1.50", "1.5"),
            ("-12.5E-1", "-1.25"),
            ("9007199254740992", "9007199254740992"),
            ("0.0000001", "1e-7"),
        ] {
            assert_eq!(text(input), form, "{input}");
        }
        for input in [
            "9007199254740993",
            "9007199254740994",
            "-9007199254740994",
            "0.10000000000000001",
            "0.1000000000000000055511151231257827",
            "1e-400",
            "1e22",
        ] {
            assert_eq!(fault(input.as_bytes()), Fault::JsonNumber, "{input}");
        }
        assert_eq!(fault(b"1e400"), Fault::Json);
    }

    #[test]
    fn digits_in_strings_and_names_are_no_numbers() {
        assert_eq!(text(r#"{"2":"-7\"8","1":[9,"\\",10]}"#), r#"{"1":[9,"\\",10],"2":"-7\"8"}"#);
        let member = canonical_member(br#"{"meta":{"n":1},"data":{"n":2.0}}"#, "data", "item");
        assert_eq!(member.unwrap().unwrap(), r#"{"n":2}"#);
        assert_eq!(canonical_member(b"[1]", "data", "item"), Ok(None));
        assert_eq!(canonical_member(b"{}", "data", "item"), Ok(None));
        let elsewhere = canonical_member(br#"{"data":1,"meta":1e22}"#, "data", "item");
        assert_eq!(elsewhere.unwrap_err().fault, Fault::JsonNumber);
    }

    #[test]
    fn what_is_not_strict_json_is_refused() {
        assert_eq!(fault(br#"{"a":1,"\u0061":1}"#), Fault::JsonDuplicate);
        assert_eq!(fault(br#""\ud83d""#), Fault::Json);
        assert_eq!(fault(b"\"\xff\""), Fault::Utf8);
        assert_eq!(fault("[".repeat(1000).as_bytes()), Fault::TooDeep);
        assert_eq!(fault(b""), Fault::Json);
        assert_eq!(fault(b"01"), Fault::Json);
    }
}
