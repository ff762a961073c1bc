//! Running vector files: responses whose right answer is known. The schema is in
//! `docs/vectors.md`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use device_enrollment::case::{CaseResult, Setting, run_case};
use serde_json::{Value, json};

use crate::input::{MAX_VECTOR_FILE, about, read};
use crate::metadata::Judging;
use crate::{Ending, Format, Unusable, print, trust};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Vector files, or folders in which every vector file is run.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to print the results: a line a case, then a line with the counts.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// With `--format json`, each line is `{"case": …, "verdict": …}` and holds the whole verdict.
    #[arg(long)]
    verdicts: bool,
    #[command(flatten)]
    judging: Judging,
    #[command(flatten)]
    android_status: trust::AndroidStatus,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Ending, Unusable> {
    let mut counts = Counts::default();
    let setting = Setting {
        metadata: arguments.judging.load()?,
        android_status: arguments.android_status.load()?.map(Arc::new),
    };
    for path in &arguments.paths {
        for (file, cases) in files(path)? {
            for case in &cases {
                let result = run_case(case, &setting);
                counts.add(&result);
                print(&match (arguments.format, arguments.verdicts) {
                    (Format::Json, false) => format!("{}\n", result.to_json()),
                    (Format::Json, true) => match result.to_line() {
                        Ok(line) => format!("{line}\n"),
                        Err(error) => return Err(Unusable(error.to_string())),
                    },
                    (Format::Text, _) => to_text(&result, &file),
                })?;
            }
        }
    }
    if counts.cases == 0 {
        return Err(Unusable("no vector cases found".to_owned()));
    }
    print(&match arguments.format {
        Format::Json => format!("{}\n", counts.to_json()),
        Format::Text => counts.to_text(),
    })?;
    Ok(if counts.disagree == 0 { Ending::Accepted } else { Ending::Refused })
}

/// The vector files under a path. A file that was named has to be one; in a folder, files that
/// are none are passed over.
fn files(path: &Path) -> Result<Vec<(PathBuf, Vec<Value>)>, Unusable> {
    let metadata = std::fs::metadata(path).map_err(|error| about(path, &error))?;
    if !metadata.is_dir() {
        let bytes = read(path, MAX_VECTOR_FILE)?;
        let value: Value = serde_json::from_slice(&bytes).map_err(|error| about(path, &error))?;
        let cases = cases(value).ok_or_else(|| about(path, &"is not a vector file"))?;
        return Ok(vec![(path.to_owned(), cases)]);
    }
    let mut found = Vec::new();
    let mut folders = vec![path.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).map_err(|error| about(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| about(&folder, &error))?;
            let kind = entry.file_type().map_err(|error| about(&folder, &error))?;
            let path = entry.path();
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let bytes = read(&path, MAX_VECTOR_FILE)?;
                if let Some(cases) = serde_json::from_slice(&bytes).ok().and_then(cases) {
                    found.push((path, cases));
                }
            }
        }
    }
    found.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(found)
}

/// `{"cases": [...]}`, or one case by itself.
fn cases(value: Value) -> Option<Vec<Value>> {
    let Value::Object(mut object) = value else { return None };
    if let Some(Value::Array(cases)) = object.remove("cases") {
        return Some(cases);
    }
    let is_case = object.contains_key("kind") && object.contains_key("expect");
    is_case.then(|| vec![Value::Object(object)])
}

fn to_text(result: &CaseResult, file: &Path) -> String {
    let mark = if result.agree { "ok      " } else { "DISAGREE" };
    let got = match (result.accepted, result.refusal) {
        (true, _) => "accept".to_owned(),
        (false, Some(refused)) => format!("reject {}", refused.check),
        (false, None) => "reject".to_owned(),
    };
    let mut line = format!("{mark} {} ({}): {got}", result.id, result.kind);
    if !result.agree {
        line.push_str(&format!(
            ", expected {} [{}]",
            result.expected,
            file.file_name().unwrap_or_default().to_string_lossy()
        ));
    }
    if !result.message.is_empty() {
        line.push_str(&format!(": {}", result.message));
    }
    line.push('\n');
    line
}

#[derive(Default)]
struct Counts {
    cases: u64,
    agree: u64,
    disagree: u64,
    accepted: u64,
    rejected: u64,
}

impl Counts {
    fn add(&mut self, result: &CaseResult) {
        let count = |counter: &mut u64| *counter = counter.saturating_add(1);
        count(&mut self.cases);
        count(if result.agree { &mut self.agree } else { &mut self.disagree });
        count(if result.accepted { &mut self.accepted } else { &mut self.rejected });
    }

    fn to_json(&self) -> Value {
        json!({
            "cases": self.cases,
            "agree": self.agree,
            "disagree": self.disagree,
            "accepted": self.accepted,
            "rejected": self.rejected,
        })
    }

    fn to_text(&self) -> String {
        format!(
            "{} cases: {} agree, {} disagree ({} accepted, {} rejected)\n",
            self.cases, self.agree, self.disagree, self.accepted, self.rejected
        )
    }
}
