//! The tree of `inspect` as text for a terminal.

use anstyle::{AnsiColor, Style};
use device_enrollment::inspect::Node;

/// The width that lines are wrapped at where they can be.
const WIDTH: usize = 100;
/// The least width of a value, however deep its line stands.
const LEAST: usize = 32;

const BRANCH: Style = Style::new().dimmed();
const LABEL: Style = Style::new().dimmed();
const VALUE: Style = Style::new().bold();
const NOTE: Style = AnsiColor::Red.on_default();

/// Draws the tree, one line a node and more where a value is long; ends with a line break.
///
/// Labels and values come from the input. Whatever could move the cursor or turn the direction of
/// the text is written as an escape, so that the input cannot draw lines of its own.
pub(crate) fn render(node: &Node, colour: bool) -> String {
    let mut painter = Painter { out: String::new(), colour };
    painter.node(node, "", "");
    painter.out
}

struct Painter {
    out: String,
    colour: bool,
}

impl Painter {
    /// `first` stands before the node's own line, `next` before every other line of it.
    fn node(&mut self, node: &Node, first: &str, next: &str) {
        let label = harmless(&node.label);
        self.paint(BRANCH, first);
        self.paint(LABEL, &label);
        // Where a value goes on, the rail of the node's own children goes on beside it.
        let below = if node.children.is_empty() { "  " } else { "│ " };
        let margin = format!("{next}{below}");
        let mut column = width(first).saturating_add(width(&label));
        for (text, style) in [(&node.value, VALUE), (&node.note, NOTE)] {
            let Some(text) = text else { continue };
            self.text(&harmless(text), style, &mut column, &margin);
        }
        self.out.push('\n');
        let mut children = node.children.iter().peekable();
        while let Some(child) = children.next() {
            let (fork, pass) =
                if children.peek().is_some() { ("├─ ", "│  ") } else { ("└─ ", "   ") };
            let first = format!("{next}{fork}");
            let next = format!("{next}{pass}");
            self.node(child, &first, &next);
        }
    }

    /// Writes `text` behind what stands on the line, or below it when it does not fit.
    fn text(&mut self, text: &str, style: Style, column: &mut usize, margin: &str) {
        let room = WIDTH.saturating_sub(*column).saturating_sub(2);
        if width(text) <= room {
            self.out.push_str("  ");
            self.paint(style, text);
            *column = column.saturating_add(2).saturating_add(width(text));
            return;
        }
        let room = WIDTH.saturating_sub(width(margin)).saturating_sub(2).max(LEAST);
        for line in wrap(text, room) {
            self.out.push('\n');
            self.paint(BRANCH, margin);
            self.out.push_str("  ");
            self.paint(style, &line);
        }
        *column = WIDTH;
    }

    fn paint(&mut self, style: Style, text: &str) {
        if self.colour && !text.trim().is_empty() {
            self.out.push_str(&format!("{style}{text}{style:#}"));
        } else {
            self.out.push_str(text);
        }
    }
}

/// Breaks at spaces where there are any, and within what is longer than a line: hexadecimal after
/// a multiple of eight digits, so that lines can be compared.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used: usize = 0;
    for word in words(text) {
        let length = width(word);
        let needed = used.saturating_add(usize::from(used > 0)).saturating_add(length);
        if needed <= room {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
            used = needed;
            continue;
        }
        if used > 0 {
            lines.push(core::mem::take(&mut line));
        }
        let piece = if word.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            room.saturating_sub(room.rem_euclid(8)).max(8)
        } else {
            room
        };
        let limit = if length <= room { room } else { piece };
        used = 0;
        for character in word.chars() {
            if used >= limit {
                lines.push(core::mem::take(&mut line));
                used = 0;
            }
            line.push(character);
            used = used.saturating_add(1);
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The text between spaces; what stands in parentheses belongs together.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut depth: usize = 0;
    text.split(move |character| {
        match character {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ' ' && depth == 0
    })
}

/// Characters; wide ones are rare enough in these values that a column too many does no harm.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// The text without anything that a terminal acts on: control characters, and the marks that
/// turn the direction of text or cannot be seen.
fn harmless(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for character in text.chars() {
        let acts = character.is_control()
            || matches!(
                character,
                '\u{ad}'
                    | '\u{61c}'
                    | '\u{200b}'..='\u{200f}'
                    | '\u{2028}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}'
                    | '\u{feff}'
            );
        if acts {
            clean.push_str(&character.escape_unicode().to_string());
        } else {
            clean.push(character);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use device_enrollment::Base64Reading;
    use device_enrollment::inspect::inspect;

    fn tree(client_data: &str) -> String {
        render(&inspect(client_data.as_bytes(), Base64Reading::Strict).unwrap(), false)
    }

    #[test]
    fn branches_lead_to_every_line() {
        let text =
            tree(r#"{"type":"webauthn.get","challenge":"AAAA","origin":"https://bank.example"}"#);
        assert_eq!(
            text,
            "client data  74 bytes\n\
             ├─ type  webauthn.get\n\
             ├─ challenge  AAAA (3 bytes)\n\
             ├─ origin  https://bank.example\n\
             └─ serialization  not as specified\n"
        );
    }

    #[test]
    fn the_input_cannot_write_to_the_terminal() {
        let text =
            tree("{\"type\":\"\\u001b[2J\",\"challenge\":\"AAAA\",\"origin\":\"\\n└─ \\u202e\"}");
        assert!(text.contains(r"type  \u{1b}[2J"), "{text}");
        assert!(text.contains(r"origin  \u{a}└─ \u{202e}"), "{text}");
    }

    #[test]
    fn notes_are_red_and_values_are_bold() {
        let input = br#"{"type":"webauthn.get","challenge":"=","origin":"https://bank.example"}"#;
        let tree = inspect(input, Base64Reading::Strict).unwrap();
        let text = render(&tree, true);
        assert!(text.contains("\u{1b}[1mwebauthn.get\u{1b}[0m"), "{text:?}");
        assert!(text.contains("\u{1b}[31mchallenge is not base64url"), "{text:?}");
    }

    #[test]
    fn long_values_stand_below_their_label_within_the_width() {
        let origin = format!("https://{}.example", "a".repeat(500));
        let text = tree(&format!(r#"{{"type":"a","challenge":"AAAA","origin":"{origin}"}}"#));
        assert!(text.lines().all(|line| width(line) <= WIDTH), "{text}");
        let joined: String = text
            .lines()
            .skip(3)
            .map(|line| line.trim_start_matches(['│', '├', '─', ' ']))
            .collect();
        assert!(joined.contains(&origin), "{text}");
    }

    #[test]
    fn hexadecimal_breaks_after_eight_digits() {
        let lines = wrap(&"0123456789abcdef".repeat(10), 91);
        assert_eq!(lines.first().map(String::len), Some(88));
        assert_eq!(lines.concat().len(), 160);
    }
}
