//! A unit of work as one call, where units of its shape come often.
//!
//! Statement by statement, a unit of six is eight round trips, and these cost both sides more than
//! what the statements do. So they are put into a function of the database: it runs them one after
//! the other, each on what the one before it left, looks how many rows each changed, and raises where a
//! condition did not hold, which undoes them all. What is in it is the text of the changes, to the
//! letter; the rules stay where they are.
//!
//! A function is made when a shape was seen often enough, and is called by a hash of its text, so
//! that nodes of two releases have theirs side by side. Who may not make functions in the database
//! does without, more slowly.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

use super::super::change::{Change, Expects};
use super::super::row::Value;

/// A function has 100 arguments at most.
const MOST_VALUES: usize = 100;
const MOST_CHANGES: usize = 16;
/// What a function raises when a condition does not hold. Classes from `I` on are free.
const LOST: &str = "U0001";

/// The functions that this node knows.
pub(super) struct Calls {
    /// Units of one shape that go statement by statement before a function is made for them.
    after: u32,
    shapes: Mutex<HashMap<Vec<Part>, Known>>,
}

/// One change without its values, whose kinds the text decides.
type Part = (&'static str, Expects);

#[derive(Clone)]
enum Known {
    /// Seen so many times.
    Seen(u32),
    /// There is a function, and this is how it is called.
    Call(Arc<str>),
    /// There can be none.
    Never,
}

/// How a unit is to be applied.
pub(super) enum Way {
    /// Statement by statement.
    Singly,
    /// By a call.
    Call(Arc<str>),
    /// By a call, once this is made.
    Make(Function),
}

/// A function to be made.
pub(super) struct Function {
    text: String,
    call: Arc<str>,
}

impl Calls {
    pub(super) fn after(after: u32) -> Self {
        Self { after, shapes: Mutex::default() }
    }

    /// How a unit is applied, whose changes are in the order in which they are carried out.
    pub(super) fn way(&self, ordered: &[(usize, &Change)]) -> Way {
        let values: usize = ordered.iter().map(|(_, one)| one.statement.values.len()).sum();
        if ordered.len() > MOST_CHANGES || values > MOST_VALUES {
            return Way::Singly;
        }
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        match shapes.entry(shape(ordered)).or_insert(Known::Seen(0)) {
            Known::Call(call) => Way::Call(call.clone()),
            Known::Never => Way::Singly,
            Known::Seen(times) if *times >= self.after => {
                // Whoever comes while it is being made goes on as before.
                *times = 0;
                Way::Make(Function::of(ordered))
            }
            Known::Seen(times) => {
                *times = times.saturating_add(1);
                Way::Singly
            }
        }
    }

    /// Makes a function, and gives back how it is called, if it could be made.
    pub(super) async fn make(
        &self,
        connection: &mut PgConnection,
        ordered: &[(usize, &Change)],
        function: Function,
    ) -> Option<Arc<str>> {
        let made = sqlx::raw_sql(AssertSqlSafe(function.text)).execute(connection).await;
        let known = match made {
            Ok(_) => Known::Call(function.call.clone()),
            // duplicate_function, or unique_violation: another node was first.
            Err(error) if is(&error, &["42723", "23505"]) => Known::Call(function.call.clone()),
            // Of class 42: it may not be made, or not like this.
            Err(error) if class(&error) == "42" => {
                tracing::warn!(
                    "units of work go to the database statement by statement: a function could not be made"
                );
                Known::Never
            }
            // The database is going or gone, and that is found out by what comes next.
            Err(_) => Known::Seen(0),
        };
        self.know(ordered, known.clone());
        match known {
            Known::Call(call) => Some(call),
            Known::Seen(_) | Known::Never => None,
        }
    }

    /// No more calls for units of this shape: the function is gone, or does not do.
    pub(super) fn give_up(&self, ordered: &[(usize, &Change)]) {
        self.know(ordered, Known::Never);
    }

    fn know(&self, ordered: &[(usize, &Change)], known: Known) {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        shapes.insert(shape(ordered), known);
    }
}

fn shape(ordered: &[(usize, &Change)]) -> Vec<Part> {
    ordered.iter().map(|(_, change)| (change.statement.sql, change.expects)).collect()
}

/// The place, in the order in which they are carried out, of the change that lost its condition.
pub(super) fn lost(error: &sqlx::Error) -> Option<usize> {
    let database = error.as_database_error()?;
    (database.code()? == LOST).then(|| database.message().parse().ok()).flatten()
}

fn is(error: &sqlx::Error, codes: &[&str]) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| codes.contains(&code.as_ref()))
}

fn class(error: &sqlx::Error) -> String {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.and_then(|code| code.get(..2).map(str::to_owned)).unwrap_or_default()
}

impl Function {
    fn of(ordered: &[(usize, &Change)]) -> Self {
        let (mut body, mut types, mut values) = (String::new(), Vec::new(), Vec::new());
        for (place, (_, change)) in ordered.iter().enumerate() {
            renumbered(&mut body, change.statement.sql, types.len());
            body.push_str(";\n");
            if change.expects == Expects::OneRow {
                let _ = writeln!(
                    body,
                    "GET DIAGNOSTICS changed = ROW_COUNT;\nIF changed <> 1 THEN\n    \
                     RAISE EXCEPTION USING ERRCODE = '{LOST}', MESSAGE = '{place}';\nEND IF;"
                );
            }
            for value in &change.statement.values {
                types.push(match value {
                    Value::Text(_) => "TEXT",
                    Value::Int(_) => "BIGINT",
                    Value::Bytes(_) => "BYTEA",
                });
                values.push(format!("${}", types.len()));
            }
        }
        let types = types.join(", ");
        let digest = Sha256::digest(format!("{types}\n{body}").as_bytes());
        let hash: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let text = format!(
            "CREATE FUNCTION unit_{hash}({types}) RETURNS VOID LANGUAGE plpgsql AS $unit$\n\
             #variable_conflict use_column\n\
             DECLARE changed BIGINT;\nBEGIN\n{body}END $unit$"
        );
        Self { text, call: format!("SELECT unit_{hash}({})", values.join(", ")).into() }
    }
}

/// A statement whose `$1` comes behind the values of those before it.
fn renumbered(body: &mut String, sql: &str, before: usize) {
    let mut parts = sql.split('$');
    body.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        let (number, rest) = part.split_at_checked(digits).unwrap_or(("", part));
        match number.parse::<usize>() {
            Ok(number) => {
                let _ = write!(body, "${}{rest}", number.saturating_add(before));
            }
            Err(_) => {
                let _ = write!(body, "${part}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::change::Rule;
    use super::*;

    fn unit(state: &str) -> [Change; 2] {
        [
            Change::one(Rule::Unspent, "INSERT INTO one VALUES ($1, $2)").text(state).int(1),
            Change::any(Rule::Audited, "INSERT INTO two VALUES ($2, $1)").bytes(b"x").text(state),
        ]
    }

    fn function(unit: &[Change]) -> Function {
        Function::of(&unit.iter().enumerate().collect::<Vec<_>>())
    }

    #[test]
    fn a_function_has_the_statements_and_the_conditions_of_its_shape() {
        let Function { text, call } = function(&unit("a"));
        assert!(text.contains("(TEXT, BIGINT, BYTEA, TEXT) RETURNS VOID"), "{text}");
        let first = text.find("INSERT INTO one VALUES ($1, $2);\nGET DIAGNOSTICS").unwrap();
        let second = text.find("INSERT INTO two VALUES ($4, $3);\nEND").unwrap();
        assert!(first < second, "{text}");
        assert!(text.contains("ERRCODE = 'U0001', MESSAGE = '0'"), "{text}");
        assert!(!text.contains("MESSAGE = '1'"), "nothing to lose: {text}");
        assert!(call.starts_with("SELECT unit_") && call.ends_with("($1, $2, $3, $4)"), "{call}");
    }

    #[test]
    fn a_function_is_named_by_its_statements_and_not_by_values() {
        let [one, other] = [function(&unit("a")), function(&unit("b"))];
        assert_eq!((one.call, one.text), (other.call.clone(), other.text));
        let [first, second] = unit("a");
        assert_ne!(function(&[second, first]).call, other.call);
    }

    #[test]
    fn what_only_looks_like_a_value_stays() {
        let mut text = String::new();
        renumbered(&mut text, "SELECT $1, $12, '$', '$x', $2", 3);
        assert_eq!(text, "SELECT $4, $15, '$', '$x', $5");
    }

    #[test]
    fn a_shape_that_comes_often_goes_as_a_call() {
        let calls = Calls::after(2);
        let unit = unit("a");
        let ordered: Vec<(usize, &Change)> = unit.iter().enumerate().collect();
        assert!(matches!(calls.way(&ordered), Way::Singly));
        assert!(matches!(calls.way(&ordered), Way::Singly));
        let Way::Make(function) = calls.way(&ordered) else { panic!("it came often") };
        // While it is made.
        assert!(matches!(calls.way(&ordered), Way::Singly));
        calls.know(&ordered, Known::Call(function.call.clone()));
        assert!(matches!(calls.way(&ordered), Way::Call(call) if call == function.call));
        calls.give_up(&ordered);
        assert!(matches!(calls.way(&ordered), Way::Singly));
        // An import: too much for a function.
        let many = vec![&unit[0]; MOST_CHANGES + 1];
        let many: Vec<(usize, &Change)> = many.into_iter().enumerate().collect();
        for _ in 0..4 {
            assert!(matches!(calls.way(&many), Way::Singly));
        }
    }
}
