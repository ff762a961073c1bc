//! The body that an SMS gateway wants: a text of the configuration with two places to fill.

/// How a value is written into the body, by the content type of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Escaping {
    /// Inside a JSON string.
    Json,
    /// Inside a form, RFC 3986 percent-encoding.
    Form,
}

impl Escaping {
    pub(super) fn of(content_type: &str) -> Self {
        if content_type == "application/x-www-form-urlencoded" { Self::Form } else { Self::Json }
    }

    fn write(self, value: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(value).to_string();
                let inside = quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
                inside.unwrap_or_default().to_owned()
            }
            Self::Form => {
                let mut written = String::new();
                for byte in value.bytes() {
                    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                        written.push(char::from(byte));
                    } else {
                        written.push_str(&format!("%{byte:02X}"));
                    }
                }
                written
            }
        }
    }
}

/// Fills `{phone}` and `{text}`, each wherever it stands. What is filled in is not looked at again:
/// a text that has `{phone}` in it stays one.
pub(super) fn fill(template: &str, escaping: Escaping, phone: &str, text: &str) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix("phone}") {
            filled.push_str(&escaping.write(phone));
            rest = after;
        } else if let Some(after) = after.strip_prefix("text}") {
            filled.push_str(&escaping.write(text));
            rest = after;
        } else {
            filled.push('{');
            rest = after;
        }
    }
    filled.push_str(rest);
    filled
}
