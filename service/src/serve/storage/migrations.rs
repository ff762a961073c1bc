//! The schema and its history. It only goes forward.
//!
//! A migration that was released is never edited; the next one is added to both engines. So that an
//! old and a new binary can work on one database while nodes are replaced, a migration adds, and
//! what it makes superfluous is removed one release later.

use core::fmt;

use super::error::OpenError;

/// One step of the schema.
#[derive(Debug)]
pub(super) struct Migration {
    pub(super) version: i64,
    pub(super) name: &'static str,
    pub(super) sql: &'static str,
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}_{}", self.version, self.name)
    }
}

pub(super) const TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    applied_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
)";

pub(super) const APPLIED: &str = "SELECT version, name FROM schema_migrations ORDER BY version";

pub(super) const RECORD: &str = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";

/// What is left to apply.
///
/// # Errors
///
/// An [`OpenError`] that names the migration when a later release has been here: it may have given
/// the columns another meaning, and nothing of it is guessed.
pub(super) fn missing<'a>(
    known: &'a [Migration],
    applied: &[(i64, String)],
) -> Result<Vec<&'a Migration>, OpenError> {
    for (version, name) in applied {
        match known.iter().find(|migration| migration.version == *version) {
            Some(migration) if migration.name == name => {}
            Some(migration) => {
                return Err(OpenError(format!(
                    "the database has the migration {version:04}_{name} where this release has \
                     {migration}: it belongs to something else"
                )));
            }
            None => {
                return Err(OpenError(format!(
                    "the database was brought to {version:04}_{name} by a later release; this one \
                     knows {newest}. Start the later release, or restore a backup from before",
                    newest = known.last().map_or_else(String::new, ToString::to_string),
                )));
            }
        }
    }
    let is_applied =
        |migration: &Migration| applied.iter().any(|(version, _)| *version == migration.version);
    Ok(known.iter().filter(|migration| !is_applied(migration)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Migration] = &[
        Migration { version: 1, name: "first", sql: "" },
        Migration { version: 2, name: "second", sql: "" },
    ];

    fn versions(applied: &[(i64, &str)]) -> Result<Vec<i64>, String> {
        let applied: Vec<(i64, String)> =
            applied.iter().map(|(version, name)| (*version, (*name).to_owned())).collect();
        match missing(KNOWN, &applied) {
            Ok(missing) => Ok(missing.iter().map(|migration| migration.version).collect()),
            Err(OpenError(sentence)) => Err(sentence),
        }
    }

    #[test]
    fn what_is_not_applied_is_missing() {
        assert_eq!(versions(&[]), Ok(vec![1, 2]));
        assert_eq!(versions(&[(1, "first")]), Ok(vec![2]));
        assert_eq!(versions(&[(1, "first"), (2, "second")]), Ok(vec![]));
    }

    #[test]
    fn a_later_schema_is_refused_by_its_name() {
        let sentence = versions(&[(1, "first"), (2, "second"), (3, "third")]).unwrap_err();
        assert!(sentence.contains("0003_third by a later release"), "{sentence}");
        assert!(sentence.contains("knows 0002_second"), "{sentence}");
    }

    #[test]
    fn another_products_schema_is_refused() {
        let sentence = versions(&[(1, "users")]).unwrap_err();
        assert!(sentence.contains("0001_users where this release has 0001_first"), "{sentence}");
    }
}
