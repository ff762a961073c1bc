//! What a caller of the storage can meet.

use core::fmt;

use super::change::Rule;
use super::row::UnexpectedRow;

/// Why a unit of work was not applied. Nothing of it was, except as [`Unavailable`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommitError {
    /// A condition no longer held: somebody was first. Read again and judge again.
    Lost(Lost),
    /// The database could not be asked. Answer 503, and let the client try again.
    Unavailable(Unavailable),
    /// The schema does not take the change: a fault of ours, never of a client. Answer 500.
    Fault(Fault),
}

/// The first condition of a unit that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lost {
    /// Which change of the unit it was, from 0.
    pub(crate) position: usize,
    /// What it stood on.
    pub(crate) rule: Rule,
}

/// The database could not be asked.
///
/// A unit that was being committed when the database went away may have been applied: nobody can
/// know. What is single-use was then spent and not doubled, and who tries again with the same
/// idempotency key is told what happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unavailable {
    /// Why, in one word for a metric.
    pub(crate) cause: Cause,
    /// The engine's own code, for the on-call engineer.
    pub(crate) code: Option<String>,
}

/// Why the database could not be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Cause {
    /// No space left, or the limit of the file was reached.
    Full,
    /// It can be read and not written.
    ReadOnly,
    /// Others kept it locked for too long.
    Busy,
    /// No connection came free or could be made in time.
    NoConnection,
    /// It cannot be reached, or went away.
    Unreachable,
    /// The disk or the file failed.
    Broken,
    /// The service is going down.
    Stopped,
}

impl Cause {
    /// The word for a metric or a log.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::ReadOnly => "read_only",
            Self::Busy => "busy",
            Self::NoConnection => "no_connection",
            Self::Unreachable => "unreachable",
            Self::Broken => "broken",
            Self::Stopped => "stopped",
        }
    }
}

/// A fault of ours, or a database that somebody else altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    /// Where: the rule of the change, or the name of the query.
    pub(crate) at: String,
    /// The engine's own code. Its message can quote values and is not kept.
    pub(crate) code: Option<String>,
}

/// Why a query was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReadError {
    /// The database could not be asked. Answer 503.
    Unavailable(Unavailable),
    /// A fault of ours, or a damaged row. Answer 500.
    Fault(Fault),
}

impl From<ReadError> for CommitError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Unavailable(unavailable) => Self::Unavailable(unavailable),
            ReadError::Fault(fault) => Self::Fault(fault),
        }
    }
}

impl From<UnexpectedRow> for ReadError {
    fn from(_: UnexpectedRow) -> Self {
        Self::Fault(Fault { at: "a row".to_owned(), code: None })
    }
}

/// Why the storage cannot be opened: a sentence that names the setting or the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenError(pub(crate) String);

/// What the engines make of a driver's error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// The whole unit can be tried again at once: the engine chose it as the one to give way.
    TryAgain,
    /// A constraint: what the condition is about was taken or is not there.
    Constraint,
    Unavailable(Unavailable),
    Fault(Option<String>),
}

impl Failure {
    /// For a statement of a unit.
    pub(super) fn of_change(self, position: usize, rule: Rule) -> CommitError {
        match self {
            Self::Constraint => CommitError::Lost(Lost { position, rule }),
            Self::TryAgain => CommitError::Unavailable(Unavailable::busy()),
            Self::Unavailable(unavailable) => CommitError::Unavailable(unavailable),
            Self::Fault(code) => CommitError::Fault(Fault { at: format!("{rule:?}"), code }),
        }
    }

    /// For what is around the statements: begin, commit, a query.
    pub(super) fn of_query(self) -> ReadError {
        let fault = |code| ReadError::Fault(Fault { at: "a query".to_owned(), code });
        match self {
            Self::TryAgain => ReadError::Unavailable(Unavailable::busy()),
            Self::Constraint => fault(None),
            Self::Unavailable(unavailable) => ReadError::Unavailable(unavailable),
            Self::Fault(code) => fault(code),
        }
    }
}

impl Unavailable {
    pub(super) const fn because(cause: Cause) -> Self {
        Self { cause, code: None }
    }

    pub(super) const fn busy() -> Self {
        Self::because(Cause::Busy)
    }

    pub(super) const fn stopped() -> Self {
        Self::because(Cause::Stopped)
    }
}

/// Errors that no statement of a database is behind: the connection, the pool, the driver.
pub(super) fn of_driver(error: &sqlx::Error) -> Failure {
    let because = |cause| Failure::Unavailable(Unavailable::because(cause));
    match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
            because(Cause::Unreachable)
        }
        sqlx::Error::PoolTimedOut => because(Cause::NoConnection),
        sqlx::Error::PoolClosed => because(Cause::Stopped),
        sqlx::Error::WorkerCrashed | sqlx::Error::BeginFailed => because(Cause::Broken),
        _ => Failure::Fault(None),
    }
}

impl fmt::Display for CommitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost(lost) => {
                write!(f, "change {} lost its condition: {:?}", lost.position, lost.rule)
            }
            Self::Unavailable(unavailable) => unavailable.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(unavailable) => unavailable.fmt(f),
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database is unavailable: {}", self.cause.word())?;
        with_code(f, self.code.as_deref())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database did not take {}", self.at)?;
        with_code(f, self.code.as_deref())
    }
}

fn with_code(f: &mut fmt::Formatter<'_>, code: Option<&str>) -> fmt::Result {
    code.map_or(Ok(()), |code| write!(f, " ({code})"))
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for CommitError {}
impl core::error::Error for ReadError {}
impl core::error::Error for Unavailable {}
impl core::error::Error for OpenError {}
