//! The building plan of the library: which room may import from which, and what no room may touch.
//!
//! The source is read as text. A room is a module directly under the crate root. Imports go down
//! only, so there are no circles: one would need an arrow that goes up or stays on its floor.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test may fail loudly"
)]

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of each floor. A room that is not here has no place yet. The first three are what the
/// README calls floor 0: a verdict is written with the encoders, and neither asks back.
const FLOORS: [&[&str]; 10] = [
    &["time", "language"],
    &["encoding"],
    &["verdict"],
    &["crypto"],
    &["flow"],
    &["policy", "trust"],
    &["webauthn"],
    &["case", "open_finance", "two_factor", "inspect"],
    &["ffi"],
    // In no build but that of the fuzz targets.
    &["fuzzing"],
];

/// A verdict depends on nothing but what the caller hands in, so nothing of this may be used
/// outside tests. `core::time` has the durations.
const IMPURE: [&[&str]; 9] = [
    &["std", "env"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "process"],
    &["std", "time"],
    &["std", "*"],
    &["rand"],
    &["rand_core", "OsRng"],
    &["getrandom"],
];

/// One source file, its path counted from `src/`.
struct Source {
    path: PathBuf,
    text: String,
}

/// A broken rule.
#[derive(Debug, PartialEq, Eq)]
enum Broken {
    /// A room that has no floor.
    NoFloor { file: String },
    /// An import that climbs.
    Upward { file: String, path: String },
    /// An import from another room of the same floor.
    Sideways { file: String, path: String },
    /// A path through the crate root that names no room.
    NoRoom { file: String, path: String },
    /// Something that reaches outside.
    Impure { file: String, path: String },
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoFloor { file } => write!(f, "{file}: its room has no floor in FLOORS"),
            Self::Upward { file, path } => write!(f, "{file}: {path} is on a higher floor"),
            Self::Sideways { file, path } => {
                write!(f, "{file}: {path} is another room of the same floor")
            }
            Self::NoRoom { file, path } => {
                write!(f, "{file}: {path} does not name a room; import from where it is defined")
            }
            Self::Impure { file, path } => write!(f, "{file}: {path} reaches outside the library"),
        }
    }
}

#[test]
fn imports_go_down_and_nothing_reaches_outside() {
    let sources = sources_of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    // A walk that sees nothing would find nothing wrong.
    let seen: Vec<Vec<String>> = sources
        .iter()
        .filter(|source| room_of(&source.path) == Some("webauthn".to_owned()))
        .flat_map(|source| paths_of(source).into_iter().map(|path| path.segments))
        .collect();
    for room in ["crypto", "policy", "trust", "verdict"] {
        assert!(
            seen.iter().any(|path| path[0] == "crate" && path.get(1).is_some_and(|s| s == room)),
            "no import from {room} found in webauthn, which has several",
        );
    }

    let broken: Vec<String> = sources.iter().flat_map(broken_by).map(|b| b.to_string()).collect();
    assert!(broken.is_empty(), "the structure is broken:\n  {}", broken.join("\n  "));
}

#[test]
fn an_upward_import_is_caught_however_it_is_written() {
    for text in [
        "use crate::webauthn::Verifier;",
        "use crate::{encoding::hex, webauthn::{Verifier, Origin}};",
        "pub use crate::webauthn as w;",
        "fn f() { let x = crate::webauthn::x(); }",
        "fn f(x: Vec<crate::webauthn::X>) {}",
        "use super::super::webauthn::X;",
        "mod inner { use super::super::super::webauthn::X; }",
        "macro_rules! m { () => { $crate::webauthn::x() } }",
        "use crate /* a comment between */ :: webauthn::X;",
        "#[cfg(not(test))] use crate::webauthn::X;",
        "fn quote() -> char { '\"' } use crate::webauthn::X; // \"",
        "fn lifetime<'a>(x: &'a str) {} use crate::webauthn::X;",
    ] {
        let found = broken_in("crypto/inner.rs", text);
        assert!(matches!(found[..], [Broken::Upward { .. }, ..]), "{text} gave {found:?}");
    }
}

#[test]
fn imports_along_a_floor_are_caught() {
    let sideways =
        |path: &str, text: &str| matches!(broken_in(path, text)[..], [Broken::Sideways { .. }]);
    assert!(sideways("trust/path.rs", "use crate::policy::Policy;"));
    assert!(sideways("policy.rs", "use crate::trust::TrustStore;"));
    assert!(sideways("open_finance/mod.rs", "use crate::two_factor::X;"));
    assert!(sideways("two_factor.rs", "use crate::open_finance::X;"));
    assert!(sideways("time.rs", "use crate::language::Language;"));
}

#[test]
fn a_circle_is_caught_at_the_arrow_that_goes_up() {
    assert_eq!(broken_in("webauthn/mod.rs", "use crate::trust::TrustStore;"), []);
    let back = broken_in("trust/mod.rs", "use crate::webauthn::Verifier;");
    assert!(matches!(back[..], [Broken::Upward { .. }]), "{back:?}");
    assert_eq!(broken_in("verdict/report.rs", "use crate::encoding::hex;"), []);
    let back = broken_in("encoding/der.rs", "use crate::verdict::Facts;");
    assert!(matches!(back[..], [Broken::Upward { .. }]), "{back:?}");
}

#[test]
fn downward_imports_tests_and_mere_text_are_let_through() {
    for text in [
        "use crate::encoding::{hex, json::Json};",
        "use crate::crypto::PublicKey; use self::inner::X; use super::sibling::Y;",
        "// use crate::webauthn::X;",
        "/* use /* nested */ crate::webauthn::X; */",
        "const TEXT: &str = \"crate::webauthn::X \\\" std::fs\";",
        "const TEXT: &str = r#\"crate::webauthn::X \" std::fs\"#;",
        "pub(crate) fn f() {} pub(in crate::crypto) fn g() {}",
        "#[cfg(test)] mod tests { use crate::webauthn::X; use std::fs; }",
        "#[cfg(test)] #[allow(unused)] use crate::webauthn::{X, Y};",
        "#[cfg(test)]\nmod tests;\nuse crate::encoding::hex;",
        "mod rand { pub fn f() {} } fn g() { self::rand::f() }",
    ] {
        assert_eq!(broken_in("crypto/inner.rs", text), [], "{text}");
    }
    assert_eq!(broken_in("crypto/tests.rs", "use crate::webauthn::X; use std::fs;"), []);
    assert_eq!(broken_in("crypto/tests/keys.rs", "use crate::webauthn::X;"), []);
}

#[test]
fn a_room_without_a_floor_and_a_way_around_the_rooms_are_caught() {
    assert!(matches!(broken_in("attic.rs", "")[..], [Broken::NoFloor { .. }]));
    for text in ["use crate::Algorithm;", "use crate::*;", "use super::super::*;"] {
        let found = broken_in("trust/path.rs", text);
        assert!(matches!(found[..], [Broken::NoRoom { .. }]), "{text} gave {found:?}");
    }
    // The crate root is the door: it may name every room.
    assert_eq!(broken_in("lib.rs", "pub use webauthn::X; use crate::ffi::Y;"), []);
}

#[test]
fn what_reaches_outside_is_caught() {
    for text in [
        "use std::time::SystemTime;",
        "use std::{fmt, time::{Duration, SystemTime}};",
        "fn f() { let x = ::std::fs::read(\"x\"); }",
        "fn f() { std::env::var_os(\"X\"); }",
        "use std::net::TcpStream as Wire;",
        "use std::*;",
        "use rand::Rng;",
        "use rand_core::OsRng;",
        "fn f(b: &mut [u8]) { getrandom::fill(b); }",
    ] {
        for file in ["trust/path.rs", "lib.rs", "ffi/mod.rs"] {
            let found = broken_in(file, text);
            assert!(matches!(found[..], [Broken::Impure { .. }, ..]), "{text} gave {found:?}");
        }
    }
}

fn broken_in(path: &str, text: &str) -> Vec<Broken> {
    broken_by(&Source { path: PathBuf::from(path), text: text.to_owned() })
}

fn sources_of(folder: &Path) -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder of the source") {
            let path = entry.expect("an entry of a folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                let path = path.strip_prefix(folder).expect("a path under src").to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|left, right| left.path.cmp(&right.path));
    sources
}

fn broken_by(source: &Source) -> Vec<Broken> {
    let file = format!("src/{}", source.path.display());
    if is_test(&source.path) {
        return Vec::new();
    }
    let room = room_of(&source.path);
    let floor = room.as_deref().and_then(floor_of);
    let mut broken = Vec::new();
    if room.is_some() && floor.is_none() {
        broken.push(Broken::NoFloor { file: file.clone() });
    }
    for found in paths_of(source) {
        let path = found.segments.join("::");
        let segments: Vec<&str> = found.segments.iter().map(String::as_str).collect();
        if IMPURE.iter().any(|impure| segments.starts_with(impure)) {
            broken.push(Broken::Impure { file: file.clone(), path });
            continue;
        }
        let (Some(room), Some(floor), ["crate", target, ..]) = (&room, floor, &segments[..]) else {
            continue;
        };
        let file = file.clone();
        match floor_of(target) {
            None => broken.push(Broken::NoRoom { file, path }),
            Some(other) if other > floor => broken.push(Broken::Upward { file, path }),
            Some(other) if other == floor && target != room => {
                broken.push(Broken::Sideways { file, path });
            }
            Some(_) => {}
        }
    }
    broken
}

fn floor_of(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

/// The room of a file: `trust` for `trust/path.rs`, `time` for `time.rs`, none for the crate root.
fn room_of(path: &Path) -> Option<String> {
    module_of(path).into_iter().next()
}

/// Where a file stands in the tree of modules, the crate root being empty.
fn module_of(path: &Path) -> Vec<String> {
    let mut module: Vec<String> = path
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}

/// Modules of tests are called `tests`.
fn is_test(path: &Path) -> bool {
    module_of(path).iter().any(|part| part == "tests")
}

/// A path in the source, written from its beginning: `crate::trust::Path` also where the source
/// says `super::super::trust::Path`.
#[derive(Debug)]
struct Named {
    segments: Vec<String>,
}

fn paths_of(source: &Source) -> Vec<Named> {
    let tokens = without_tests(&tokens_of(&source.text));
    let module = module_of(&source.path);
    let mut found = Vec::new();
    // The modules that are written out in braces, each with the depth of its brace.
    let mut inner: Vec<(String, usize)> = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].as_str() {
            "{" => {
                if at >= 2 && tokens[at - 2] == "mod" {
                    inner.push((tokens[at - 1].clone(), depth));
                }
                depth += 1;
            }
            "}" => {
                depth = depth.saturating_sub(1);
                inner.pop_if(|(_, brace)| *brace == depth);
            }
            token if is_word(token) && tokens.get(at + 1).is_some_and(|next| next == "::") => {
                let mut here = module.clone();
                here.extend(inner.iter().map(|(name, _)| name.clone()));
                let (written, end) = expand(&tokens, at);
                found.extend(written.into_iter().map(|path| from_root(path, &here)));
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// The paths that begin at one token, a group (`a::{b, c::d}`) giving one for each branch, and the
/// token after them.
fn expand(tokens: &[String], start: usize) -> (Vec<Vec<String>>, usize) {
    let mut path = Vec::new();
    let mut at = start;
    loop {
        let token = tokens.get(at).map_or("", String::as_str);
        if token == "{" && !path.is_empty() {
            let mut all = Vec::new();
            at += 1;
            while tokens.get(at).is_some_and(|token| token != "}") {
                if !is_word(&tokens[at]) && tokens[at] != "*" {
                    at += 1;
                    continue;
                }
                let (branches, end) = expand(tokens, at);
                all.extend(branches.into_iter().map(|branch| [path.clone(), branch].concat()));
                at = end;
                // A new name is no path.
                if tokens.get(at).is_some_and(|token| token == "as") {
                    at += 2;
                }
            }
            return (all, at + 1);
        }
        if !is_word(token) && token != "*" {
            // A turbofish: `Vec::<X>::new`. What is in it is read as paths of its own.
            return (vec![path], at.max(start + 1));
        }
        path.push(token.to_owned());
        at += 1;
        if tokens.get(at).is_some_and(|token| token == "::") {
            at += 1;
        } else {
            return (vec![path], at);
        }
    }
}

/// Resolves `self` and `super` where a path begins.
fn from_root(mut path: Vec<String>, module: &[String]) -> Named {
    let mut here = module.to_vec();
    let relative = path.iter().take_while(|part| *part == "self" || *part == "super").count();
    if relative > 0 {
        for part in path.drain(..relative) {
            if part == "super" {
                here.pop();
            }
        }
        path = [vec!["crate".to_owned()], here, path].concat();
    }
    Named { segments: path }
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| first == '_' || first.is_alphabetic())
}

/// Words and punctuation, without comments, texts and characters.
fn tokens_of(text: &str) -> Vec<String> {
    let all: Vec<char> = text.chars().collect();
    let is = |at: usize, wanted: &str| {
        wanted.chars().enumerate().all(|(step, c)| all.get(at + step) == Some(&c))
    };
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < all.len() {
        if is(at, "//") {
            at = (at..all.len()).find(|&end| all[end] == '\n').unwrap_or(all.len());
        } else if is(at, "/*") {
            let mut open = 1;
            at += 2;
            while open > 0 && at < all.len() {
                let (change, step) = match () {
                    () if is(at, "/*") => (1, 2),
                    () if is(at, "*/") => (-1, 2),
                    () => (0, 1),
                };
                open += change;
                at += step;
            }
        } else if all[at] == '"' {
            at = end_of_text(&all, at + 1);
        } else if all[at] == '\'' {
            at = end_of_character(&all, at);
        } else if all[at] == '_' || all[at].is_alphanumeric() {
            let end = (at..all.len())
                .find(|&end| all[end] != '_' && !all[end].is_alphanumeric())
                .unwrap_or(all.len());
            let word: String = all[at..end].iter().collect();
            at = end;
            if matches!(word.as_str(), "r" | "br" | "cr") {
                let marks = all[at..].iter().take_while(|c| **c == '#').count();
                if all.get(at + marks) == Some(&'"') {
                    let close = format!("\"{}", "#".repeat(marks));
                    at += marks + 1;
                    while at < all.len() && !is(at, &close) {
                        at += 1;
                    }
                    at += close.len();
                    continue;
                }
                // A raw word: `r#type`.
                at += marks;
                continue;
            }
            tokens.push(word);
        } else if is(at, "::") {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !all[at].is_whitespace() {
                tokens.push(all[at].to_string());
            }
            at += 1;
        }
    }
    tokens
}

fn end_of_text(all: &[char], mut at: usize) -> usize {
    while at < all.len() && all[at] != '"' {
        at += if all[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// After a character literal, or after the mark of a lifetime.
fn end_of_character(all: &[char], at: usize) -> usize {
    if all.get(at + 1) == Some(&'\\') {
        let close = (at + 3..all.len()).find(|&end| all[end] == '\'');
        close.map_or(all.len(), |close| close + 1)
    } else if all.get(at + 2) == Some(&'\'') {
        at + 3
    } else {
        at + 1
    }
}

/// Leaves out every item that stands under `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const MARK: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let marked = tokens.get(at..at + MARK.len()).is_some_and(|next| next == MARK);
        if !marked {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        at += MARK.len();
        let mut depth = 0_usize;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            at += 1;
            match token {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" => depth = depth.saturating_sub(1),
                "}" => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                ";" if depth == 0 => break,
                _ => {}
            }
        }
    }
    kept
}
