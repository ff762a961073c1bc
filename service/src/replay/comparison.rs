//! What changed between a stored verdict and today's, and why: which of its inputs is another.

use device_enrollment::verdict::{CheckId, Decision, Language, Verdict};
use serde_json::{Map, Value, json};

use crate::record::{Stored, StoredVerdict};
use crate::verify::line;
use crate::{Format, Unusable, style};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Unchanged,
    NowRefused,
    NowAccepted,
    /// Refused then and now, by another check or for another reason.
    ChangedReason,
    /// The same decision, and other facts about the device.
    ChangedFacts,
    /// The line is no record, or the record contradicts itself.
    Unreadable,
}

impl Change {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::NowRefused => "now_refused",
            Self::NowAccepted => "now_accepted",
            Self::ChangedReason => "changed_reason",
            Self::ChangedFacts => "changed_facts",
            Self::Unreadable => "unreadable",
        }
    }
}

/// One record, before and after.
pub(super) struct Comparison {
    pub(super) change: Change,
    pub(super) without_its_metadata: bool,
    detail: Detail,
}

enum Detail {
    Compared(Box<Compared>),
    Unreadable(String),
}

struct Compared {
    /// SHA-256 of the response.
    id: String,
    ceremony: String,
    time: String,
    before: Judged,
    after: Judged,
    /// What the failure of today's verdict says, in both languages.
    message: Option<[String; 2]>,
    inputs: Vec<Difference>,
    facts: Vec<Difference>,
}

/// A decision, with the check and the code of a refusal.
#[derive(PartialEq)]
struct Judged {
    decision: String,
    failure: Option<(String, String)>,
}

/// A value by its dotted name, before and after; null where there was none.
struct Difference {
    name: String,
    before: Value,
    after: Value,
}

impl Comparison {
    pub(super) const fn unreadable(why: String) -> Self {
        let detail = Detail::Unreadable(why);
        Self { change: Change::Unreadable, without_its_metadata: false, detail }
    }

    pub(super) fn of(record: &Stored<'_>, verdict: &Verdict) -> Result<Self, Unusable> {
        let stored = &record.verdict;
        let today = serde_json::to_value(verdict)?;
        let inputs = today.get("inputs").and_then(Value::as_object).cloned().unwrap_or_default();
        let before = Judged::stored(stored);
        let after = Judged::today(verdict);
        if before.is_readable() && after.is_readable() {
            the_record_is_of_one_piece(stored, &inputs)?;
        }
        let empty = Map::new();
        let facts = today.get("facts").and_then(Value::as_object).unwrap_or(&empty);
        let facts = differing_facts(&stored.facts, facts, &before, &after);
        let change = match (before.is_accepted(), after.is_accepted()) {
            (true, false) => Change::NowRefused,
            (false, true) => Change::NowAccepted,
            _ if before != after => Change::ChangedReason,
            _ if !facts.is_empty() => Change::ChangedFacts,
            _ => Change::Unchanged,
        };
        let id = stored.inputs.get("response").and_then(Value::as_str).unwrap_or_default();
        let compared = Compared {
            id: id.to_owned(),
            ceremony: today.get("ceremony").and_then(Value::as_str).unwrap_or_default().to_owned(),
            time: record.time.clone(),
            message: verdict
                .failure
                .as_ref()
                .map(|failure| [Language::EnUs, Language::PtBr].map(|it| failure.message(it))),
            inputs: differing_inputs(record, &inputs),
            before,
            after,
            facts,
        };
        Ok(Self {
            change,
            without_its_metadata: stored.inputs.contains_key("metadata")
                && !inputs.contains_key("metadata"),
            detail: Detail::Compared(Box::new(compared)),
        })
    }

    pub(super) fn write(&self, page: &mut String, number: u64, format: Format) {
        match (&self.detail, format) {
            (Detail::Compared(compared), Format::Json) => {
                page.push_str(&format!("{}\n", compared.json(self.change, number)));
            }
            (Detail::Compared(compared), Format::Text) => compared.text(self.change, number, page),
            (Detail::Unreadable(why), Format::Json) => {
                let change = self.change.as_str();
                let object = json!({ "line": number, "change": change, "error": why });
                page.push_str(&format!("{object}\n"));
            }
            (Detail::Unreadable(why), Format::Text) => {
                let bad = style::BAD;
                page.push_str(&format!("{bad}UNREADABLE{bad:#}  line {number}\n\n"));
                line(page, "because", why);
                page.push('\n');
            }
        }
    }
}

impl Judged {
    fn stored(verdict: &StoredVerdict) -> Self {
        let failure = verdict.failure.as_ref();
        Self {
            decision: verdict.decision.clone(),
            failure: failure.map(|failure| (failure.check.clone(), failure.code.clone())),
        }
    }

    fn today(verdict: &Verdict) -> Self {
        let failure = verdict.failure.as_ref();
        Self {
            decision: verdict.decision().as_str().to_owned(),
            failure: failure
                .map(|failure| (failure.check.as_str().to_owned(), failure.code().to_owned())),
        }
    }

    fn is_accepted(&self) -> bool {
        self.decision == Decision::Accepted.as_str()
    }

    /// The request could be read, so that its digest is that of the response in it.
    fn is_readable(&self) -> bool {
        self.decision != Decision::Malformed.as_str()
    }

    fn json(&self) -> Value {
        let (check, code) = self.failure.clone().unzip();
        json!({ "decision": self.decision, "check": check, "code": code })
    }

    fn text(&self) -> String {
        match &self.failure {
            None => self.decision.clone(),
            Some((check, code)) => format!("{} by {check}, {code}", self.decision),
        }
    }
}

/// The verdict of a record speaks of the response, the expectation and the time beside it. Where it
/// does not, somebody changed one of them, and a comparison would compare two enrollments.
fn the_record_is_of_one_piece(
    stored: &StoredVerdict,
    inputs: &Map<String, Value>,
) -> Result<(), Unusable> {
    for name in ["response", "expectation", "time"] {
        if stored.inputs.get(name) != inputs.get(name) {
            return Err(Unusable(format!("the record's verdict is about another {name}")));
        }
    }
    Ok(())
}

/// What may differ between two judgements of the same response.
fn differing_inputs(record: &Stored<'_>, inputs: &Map<String, Value>) -> Vec<Difference> {
    let stored = &record.verdict.inputs;
    let mut differing = Vec::new();
    let mut compare = |name: &str, before: Value, after: Value| {
        if before != after {
            differing.push(Difference { name: name.to_owned(), before, after });
        }
    };
    for name in ["policy", "trust_store", "metadata", "android_status"] {
        let of = |inputs: &Map<String, Value>| inputs.get(name).cloned().unwrap_or_default();
        compare(name, of(stored), of(inputs));
    }
    compare("release", json!(record.release), json!(env!("CARGO_PKG_VERSION")));
    // Statuses are asked at the ceremony's own time the first time, and never in one without time.
    let asked = |inputs: &Map<String, Value>| match inputs.get("time") {
        None | Some(Value::Null) => Value::Null,
        Some(time) => inputs.get("status_time").unwrap_or(time).clone(),
    };
    compare("status_time", asked(stored), asked(inputs));
    differing
}

/// Facts that tell which data was asked, and nothing of the device.
const OF_INPUTS: [&str; 2] = ["metadata.number", "android.status_list_fetched"];

fn differing_facts(
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    judged_before: &Judged,
    judged_after: &Judged,
) -> Vec<Difference> {
    let mut differing = Vec::new();
    differences("", before, after, &mut differing);
    differing.retain(|fact| {
        // What is missing from a refusal may have been left unread, and says nothing.
        let unread = (fact.before.is_null() && !judged_before.is_accepted())
            || (fact.after.is_null() && !judged_after.is_accepted());
        !unread && !OF_INPUTS.contains(&fact.name.as_str())
    });
    differing
}

fn differences(
    prefix: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
    found: &mut Vec<Difference>,
) {
    let new = after.keys().filter(|name| !before.contains_key(*name));
    for member in before.keys().chain(new) {
        let name = format!("{prefix}{member}");
        match (before.get(member), after.get(member)) {
            (Some(Value::Object(before)), Some(Value::Object(after))) => {
                differences(&format!("{name}."), before, after, found);
            }
            (before, after) if before != after => {
                let (before, after) = (before.cloned(), after.cloned());
                found.push(Difference {
                    name,
                    before: before.unwrap_or_default(),
                    after: after.unwrap_or_default(),
                });
            }
            _ => {}
        }
    }
}

impl Compared {
    fn json(&self, change: Change, number: u64) -> Value {
        let both = |differences: &[Difference]| -> Map<String, Value> {
            let member = |it: &Difference| json!({ "before": it.before, "after": it.after });
            differences.iter().map(|it| (it.name.clone(), member(it))).collect()
        };
        let mut after = self.after.json();
        if let (Value::Object(after), Some([english, portuguese])) = (&mut after, &self.message) {
            let message = json!({ "en-US": english, "pt-BR": portuguese });
            after.insert("message".to_owned(), message);
        }
        json!({
            "line": number,
            "id": self.id,
            "change": change.as_str(),
            "ceremony": self.ceremony,
            "time": self.time,
            "before": self.before.json(),
            "after": after,
            "inputs": both(&self.inputs),
            "facts": both(&self.facts),
        })
    }

    fn text(&self, change: Change, number: u64, page: &mut String) {
        let colour = match change {
            Change::Unchanged => style::DIM,
            Change::NowAccepted => style::GOOD,
            Change::ChangedReason | Change::ChangedFacts => style::WARN,
            Change::NowRefused | Change::Unreadable => style::BAD,
        };
        let word = change.as_str().replace('_', " ").to_uppercase();
        let id: String = self.id.chars().take(SHORT).collect();
        page.push_str(&format!("{colour}{word}{colour:#}  {id}, line {number}\n\n"));
        line(page, "ceremony", &format!("{} of {}", self.ceremony, self.time));
        line(page, "before", &self.before.text());
        line(page, "now", &self.after.text());
        if let (Some((check, _)), Some([message, _])) = (&self.after.failure, &self.message) {
            let known = CheckId::ALL.iter().find(|id| id.as_str() == check);
            let title = known.map_or("", |id| id.title(Language::EnUs));
            line(page, "check", &format!("{check}: {title}"));
            line(page, "because", message);
        }
        for (label, differences) in [("input", &self.inputs), ("fact", &self.facts)] {
            for it in differences {
                let (before, after) = (short(&it.before), short(&it.after));
                line(page, label, &format!("{}: {before} -> {after}", it.name));
            }
        }
        page.push('\n');
    }
}

/// As much of a digest as tells records apart.
const SHORT: usize = 12;

fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::Null => return "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_digest = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let most = if is_digest { SHORT } else { LONGEST };
    text.chars().take(most).collect()
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
