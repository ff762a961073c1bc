//! Where settings come from: the file, the environment, the flags, each stronger than the one before.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::settings::{Kind, SETTINGS, Setting, variable};

/// The largest file of a secret, and of the configuration.
const MAX_FILE: u64 = 1024 * 1024;

/// A text that nobody may read: it is wiped, and does not print itself.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself, for where it is used.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl core::fmt::Debug for Secret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Everything that was set.
#[derive(Default)]
pub(crate) struct Source {
    /// By the name in the file. What comes later replaces what was there.
    values: BTreeMap<String, Value>,
    /// What was asked for, so that a test finds a setting that nobody reads.
    read: RefCell<BTreeSet<String>>,
    /// Everything that is wrong, so that an operator does not find out one by one.
    wrong: RefCell<Vec<String>>,
}

struct Value {
    /// One text; several only for a list out of the file.
    texts: Zeroizing<Vec<String>>,
    origin: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// What a demonstration has where nobody sets it.
    Demonstration,
    File,
    Environment,
    Flag,
}

impl Origin {
    const fn words(self) -> &'static str {
        match self {
            Self::Demonstration => "demonstration",
            Self::File => "configuration file",
            Self::Environment => "environment",
            Self::Flag => "command line",
        }
    }
}

impl Source {
    /// Adds a configuration file.
    pub(crate) fn add_file(&mut self, text: &str) {
        let table: toml::Table = match text.parse() {
            Ok(table) => table,
            // The message of the reader shows the line, and there can be a secret in it.
            Err(error) => {
                let error: toml::de::Error = error;
                let line = error.span().map(|span| line_of(text, span.start));
                let place = line.map_or_else(String::new, |line| format!(" at line {line}"));
                return self.complain(format!("the configuration file is no TOML{place}"));
            }
        };
        for (section, entries) in table {
            let toml::Value::Table(entries) = entries else {
                self.complain(format!("setting {section}: it has to stand in a section"));
                continue;
            };
            for (entry, value) in entries {
                self.add_from_file(format!("{section}.{entry}"), value);
            }
        }
    }

    fn add_from_file(&mut self, name: String, value: toml::Value) {
        let Some((setting, as_file)) = find(&name) else {
            return self.complain(format!("setting {name}: there is none of this name"));
        };
        if setting.kind == Kind::Secret && !as_file {
            return self.complain(format!(
                "setting {name}: a secret does not belong in the configuration file; name a file \
                 that holds it as {name}_file, or set {}",
                setting.variable()
            ));
        }
        let scalar = |value: toml::Value| match value {
            toml::Value::String(text) => Some(text),
            toml::Value::Integer(number) => Some(number.to_string()),
            toml::Value::Boolean(switch) => Some(switch.to_string()),
            _ => None,
        };
        let texts = match value {
            toml::Value::Array(values) if setting.kind == Kind::List => {
                values.into_iter().map(scalar).collect::<Option<Vec<_>>>()
            }
            // Separated by commas is the environment's way.
            _ if setting.kind == Kind::List => None,
            value => scalar(value).map(|text| vec![text]),
        };
        match texts {
            Some(texts) => {
                let value = Value { texts: Zeroizing::new(texts), origin: Origin::File };
                self.values.insert(name, value);
            }
            None => self.complain(format!("setting {name}: it takes {}", setting.kind.words())),
        }
    }

    /// Adds the environment. Gives back variables that look like settings and are none; they are no
    /// error, because container platforms put in variables of their own under the service's name.
    pub(crate) fn add_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Vec<String> {
        let mut names = BTreeMap::new();
        for setting in SETTINGS {
            names.insert(setting.variable(), setting.name.to_owned());
            if setting.kind == Kind::Secret {
                let name = format!("{}_file", setting.name);
                names.insert(variable(&name), name);
            }
        }
        let mut unknown = Vec::new();
        for (variable, text) in variables {
            if let Some(name) = names.get(&variable) {
                self.insert(name, text, Origin::Environment);
            } else if variable.starts_with("DEVICE_ENROLLMENT_") {
                unknown.push(variable);
            }
        }
        unknown
    }

    /// Adds what a setting is in a demonstration, unless somebody has set it.
    pub(crate) fn add_for_demonstration(&mut self, name: &str, text: &str) {
        if !self.is_set(name) {
            self.insert(name, text.to_owned(), Origin::Demonstration);
        }
    }

    /// Adds a flag.
    pub(crate) fn add_flag(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.insert(name, text.to_owned(), Origin::Flag);
        }
    }

    fn insert(&mut self, name: &str, text: String, origin: Origin) {
        // One of a secret and the file of it: the stronger place wins, whichever way it says it.
        if let Some(stem) = name.strip_suffix("_file")
            && find(stem).is_some_and(|(setting, _)| setting.kind == Kind::Secret)
        {
            self.values.retain(|known, value| known != stem || value.origin == origin);
        } else {
            let other = format!("{name}_file");
            self.values.retain(|known, value| *known != other || value.origin == origin);
        }
        self.values.insert(name.to_owned(), Value { texts: Zeroizing::new(vec![text]), origin });
    }

    /// A text, or the default. Empty counts as not set.
    pub(crate) fn optional(&self, name: &str) -> Option<String> {
        let setting = self.asked(name)?;
        let text = match self.values.get(name) {
            Some(value) => value.texts.first().cloned().unwrap_or_default(),
            None => setting.default.to_owned(),
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text that has to be there.
    pub(crate) fn text(&self, name: &str) -> String {
        self.optional(name).unwrap_or_else(|| {
            self.refuse(name, "it must not be empty");
            String::new()
        })
    }

    /// A path.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.optional(name).map(PathBuf::from)
    }

    /// A list; entries are trimmed and not empty.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let Some(setting) = self.asked(name) else { return Vec::new() };
        let split = |text: &str| {
            let entries = text.split(',').map(|entry| entry.trim().to_owned());
            entries.filter(|entry| !entry.is_empty()).collect()
        };
        match self.values.get(name) {
            Some(value) if value.origin == Origin::File => value.texts.to_vec(),
            Some(value) => value.texts.first().map_or_else(Vec::new, |text| split(text)),
            None => split(setting.default),
        }
    }

    /// A whole number.
    pub(crate) fn whole(&self, name: &str) -> u32 {
        let text = self.text(name);
        let Some(Setting { kind: Kind::Whole(least, most), .. }) = self.asked(name) else {
            return 0;
        };
        let number = text.parse().ok().filter(|number| (least..=most).contains(&number));
        number.unwrap_or_else(|| {
            self.refuse(name, &format!("it has to be a whole number from {least} to {most}"));
            *least
        })
    }

    /// A switch.
    pub(crate) fn switch(&self, name: &str) -> bool {
        match self.text(name).as_str() {
            "true" => true,
            "false" => false,
            _ => {
                self.refuse(name, "it has to be true or false");
                false
            }
        }
    }

    /// One of the setting's words.
    pub(crate) fn word(&self, name: &str) -> &'static str {
        let text = self.text(name);
        let Some(Setting { kind: Kind::Word(words), .. }) = self.asked(name) else { return "" };
        words.iter().find(|word| **word == text).copied().unwrap_or_else(|| {
            self.refuse(name, &format!("it has to be one of {}", words.join(", ")));
            ""
        })
    }

    /// A secret, from the environment or from the file that is named.
    pub(crate) fn secret(&self, name: &str) -> Option<Secret> {
        self.asked(name)?;
        let as_file = format!("{name}_file");
        let given = self.values.get(name).and_then(|value| value.texts.first());
        let file = self.values.get(&as_file).and_then(|value| value.texts.first());
        let secret = match (given, file) {
            (Some(_), Some(_)) => {
                self.refuse(name, &format!("it is set twice, also as {as_file}"));
                return None;
            }
            (Some(text), None) => Secret::new(text.clone()),
            (None, Some(path)) => match read(Path::new(path)) {
                Ok(text) => Secret::new(text),
                Err(why) => {
                    self.refuse(&as_file, &why);
                    return None;
                }
            },
            (None, None) => return None,
        };
        // Editors leave a line's end behind.
        let text = secret.reveal().trim_end_matches(['\r', '\n']).to_owned();
        (!text.is_empty()).then(|| Secret::new(text))
    }

    /// The file that a secret is read from, where one is named.
    pub(crate) fn secret_file(&self, name: &str) -> Option<PathBuf> {
        let named = self.values.get(&format!("{name}_file"))?.texts.first()?;
        Some(PathBuf::from(named))
    }

    /// What was set: name, what may be shown of it, where it came from.
    pub(crate) fn set(&self) -> impl Iterator<Item = (&str, String, &'static str)> {
        self.values.iter().map(|(name, value)| {
            let kind = find(name).map(|(setting, as_file)| (setting.kind, as_file));
            let shown = match kind {
                Some((Kind::Secret, false)) => "(secret)".to_owned(),
                // There can be a password in it.
                _ if name == "database.url" => {
                    let text = value.texts.first().map(String::as_str).unwrap_or_default();
                    match text.split_once("://").zip(text.rsplit_once('@')) {
                        Some(((scheme, _), (_, place))) => format!("{scheme}://…@{place}"),
                        None => text.to_owned(),
                    }
                }
                _ => value.texts.join(", "),
            };
            (name.as_str(), shown, value.origin.words())
        })
    }

    /// Whether somebody set it.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.values.contains_key(name) || self.values.contains_key(&format!("{name}_file"))
    }

    /// Says what is wrong with a setting: its name, where it came from, and the rule. Never what it
    /// was set to.
    pub(crate) fn refuse(&self, name: &str, rule: &str) {
        let origin = match self.values.get(name).map(|value| value.origin) {
            Some(Origin::Demonstration) => " (demonstration)".to_owned(),
            Some(Origin::File) => " (configuration file)".to_owned(),
            Some(Origin::Environment) => format!(" (environment, {})", variable(name)),
            Some(Origin::Flag) => " (command line)".to_owned(),
            None => String::new(),
        };
        self.wrong.borrow_mut().push(format!("setting {name}{origin}: {rule}"));
    }

    /// Everything that is wrong, in one line; or nothing.
    pub(crate) fn finish(self) -> Result<BTreeSet<String>, String> {
        let wrong = self.wrong.into_inner();
        if wrong.is_empty() { Ok(self.read.into_inner()) } else { Err(wrong.join("; ")) }
    }

    fn complain(&self, what: String) {
        self.wrong.borrow_mut().push(what);
    }

    fn asked(&self, name: &str) -> Option<&'static Setting> {
        self.read.borrow_mut().insert(name.to_owned());
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}

/// A setting by its name in the file, and whether the name is that of a secret's file.
fn find(name: &str) -> Option<(&'static Setting, bool)> {
    if let Some(setting) = SETTINGS.iter().find(|setting| setting.name == name) {
        return Some((setting, false));
    }
    let stem = name.strip_suffix("_file")?;
    let secret = |setting: &&Setting| setting.name == stem && setting.kind == Kind::Secret;
    SETTINGS.iter().find(secret).map(|setting| (setting, true))
}

fn line_of(text: &str, position: usize) -> usize {
    text.bytes().take(position).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// A text file of bounded size. The message has no content of it.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let size = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?.len();
    if size > MAX_FILE {
        return Err(format!("{shown}: larger than {MAX_FILE} bytes"));
    }
    std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))
}
