use std::cell::RefCell;

use crate::encoding::json::Json;
use crate::open_finance::Refusal;

/// How the words of a name are put together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelling {
    /// As the Open Finance Brasil contract writes them.
    Contract,
    /// In lower case, parted by underscores.
    Underscores,
}

impl Spelling {
    /// The name in this spelling.
    pub(super) const fn of(
        self,
        contract: &'static str,
        underscores: &'static str,
    ) -> &'static str {
        match self {
            Self::Contract => contract,
            Self::Underscores => underscores,
        }
    }
}

/// The members of an object, and which of them were asked for: every name that is read is known,
/// and what is left is not.
pub(super) struct Members<'a> {
    object: &'a Json<'a>,
    spelling: Spelling,
    /// Names that an enclosing object puts before those here.
    asked: RefCell<Vec<&'static str>>,
}

impl<'a> Members<'a> {
    /// `name` is what the object itself is called.
    pub(super) fn new(
        object: &'a Json<'a>,
        name: &'static str,
        spelling: Spelling,
    ) -> Result<Self, Refusal> {
        object.object().ok_or(Refusal::invalid(name))?;
        Ok(Self { object, spelling, asked: RefCell::default() })
    }

    /// The member, unless it is missing or null; and its whole name, behind the dots of `path`.
    pub(super) fn get(
        &self,
        contract: &'static str,
        underscores: &'static str,
    ) -> (&'static str, Option<&'a Json<'a>>) {
        let path = self.spelling.of(contract, underscores);
        let name = path.rsplit('.').next().unwrap_or(path);
        self.asked.borrow_mut().push(name);
        (path, self.object.member(name).filter(|value| **value != Json::Null))
    }

    pub(super) fn required(
        &self,
        contract: &'static str,
        underscores: &'static str,
    ) -> Result<&'a Json<'a>, Refusal> {
        let (path, value) = self.get(contract, underscores);
        value.ok_or(Refusal::missing(path))
    }

    /// A required text. An empty one counts as missing.
    pub(super) fn text(
        &self,
        contract: &'static str,
        underscores: &'static str,
    ) -> Result<String, Refusal> {
        self.with(contract, underscores, super::values::text)
    }

    /// A required member that `read` takes.
    pub(super) fn with<T>(
        &self,
        contract: &'static str,
        underscores: &'static str,
        read: impl FnOnce(&Json<'_>) -> Option<T>,
    ) -> Result<T, Refusal> {
        let value = self.required(contract, underscores)?;
        let path = self.spelling.of(contract, underscores);
        if value.string() == Some("") {
            return Err(Refusal::missing(path));
        }
        read(value).ok_or(Refusal::invalid(path))
    }

    /// A member that `read` takes, when it is there.
    pub(super) fn optional<T>(
        &self,
        contract: &'static str,
        underscores: &'static str,
        read: impl FnOnce(&Json<'_>) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let (path, value) = self.get(contract, underscores);
        value.map(|value| read(value).ok_or(Refusal::invalid(path))).transpose()
    }

    pub(super) fn flag(
        &self,
        contract: &'static str,
        underscores: &'static str,
    ) -> Result<Option<bool>, Refusal> {
        self.optional(contract, underscores, |value| value.boolean())
    }

    /// Refuses a member that nobody asked for. The refusal names the object: the member's own name
    /// is whatever the sender wrote.
    pub(super) fn nothing_else(&self, object: &'static str) -> Result<(), Refusal> {
        let asked = self.asked.borrow();
        let members = self.object.object().unwrap_or_default();
        let known = members.iter().all(|(name, _)| asked.contains(&name.as_ref()));
        if known { Ok(()) } else { Err(Refusal::invalid(object)) }
    }
}
