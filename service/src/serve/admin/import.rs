//! Accounts with their approvers, and requesters, from JSON.
//!
//! A file is read whole and judged whole before anything of it is stored. Then it is stored in units
//! of one account or one requester each: a file that was interrupted is imported again, and what is
//! there already stays as it is.

use std::collections::BTreeSet;

use device_enrollment::flow::{DocumentNumber, Uuid4};
use serde::Deserialize;

use super::Desk;
use crate::serve::requester::RequesterConfiguration;
use crate::serve::storage::{Account, AccountKind, AccountStatus, Approver, Change, Requester};
use crate::{Ending, Unusable};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    accounts: Vec<AccountEntry>,
}

/// An account. Its list of approvers is the whole list: who is not in it is none any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountEntry {
    account_key: Uuid4,
    status: AccountStatus,
    kind: AccountKind,
    branch: String,
    number: String,
    digit: String,
    approvers: Vec<ApproverEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ApproverEntry {
    document_number: DocumentNumber,
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequesterFile {
    requesters: Vec<RequesterEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RequesterEntry {
    requester_key: String,
    name: String,
    configuration: Option<RequesterConfiguration>,
}

impl Desk<'_> {
    pub(super) async fn import_accounts(&self, json: &[u8]) -> Result<Ending, Unusable> {
        let file: AccountFile = read(json)?;
        let mut seen = BTreeSet::new();
        for (place, account) in file.accounts.iter().enumerate() {
            let wrong = account.wrong().or_else(|| {
                (!seen.insert(account.account_key)).then_some("its account_key stands twice")
            });
            if let Some(wrong) = wrong {
                return Err(Unusable(format!("account {place} (from 0): {wrong}")));
            }
        }
        for account in &file.accounts {
            self.import_account(account).await?;
        }
        crate::print(&format!("IMPORTED  {} accounts\n", file.accounts.len()))?;
        Ok(Ending::Accepted)
    }

    async fn import_account(&self, entry: &AccountEntry) -> Result<(), Unusable> {
        let account_key = entry.account_key.to_string();
        let mut unit = vec![Change::put_account(&entry.account(&account_key), self.now)];
        for approver in &entry.approvers {
            let document_number = approver.document_number.digits();
            unit.push(Change::know_person(document_number, &pseudonym()?));
            unit.push(Change::put_approver(&Approver {
                account_key: account_key.clone(),
                document_number: document_number.to_owned(),
                name: approver.name.clone(),
                phone: approver.phone.clone(),
                email: approver.email.clone(),
                since: self.now,
            }));
        }
        let stays = |known: &Approver| {
            entry
                .approvers
                .iter()
                .any(|approver| approver.document_number.digits() == known.document_number)
        };
        for known in self.storage.approvers(&account_key).await? {
            if !stays(&known) {
                unit.push(Change::remove_approver(&account_key, &known.document_number));
            }
        }
        unit.push(self.entry("account.imported", "account", &account_key));
        self.commit(unit).await
    }

    pub(super) async fn import_requesters(&self, json: &[u8]) -> Result<Ending, Unusable> {
        let file: RequesterFile = read(json)?;
        let mut seen = BTreeSet::new();
        for (place, requester) in file.requesters.iter().enumerate() {
            let wrong = requester.wrong().or_else(|| {
                (!seen.insert(&requester.requester_key)).then_some("its requester_key stands twice")
            });
            if let Some(wrong) = wrong {
                return Err(Unusable(format!("requester {place} (from 0): {wrong}")));
            }
        }
        for entry in &file.requesters {
            let configuration =
                entry.configuration.as_ref().map(serde_json::to_string).transpose()?;
            let requester = Requester {
                requester_key: entry.requester_key.clone(),
                name: entry.name.clone(),
                configuration,
            };
            let unit = vec![
                Change::put_requester(&requester, self.now),
                self.entry("requester.imported", "requester", &entry.requester_key),
            ];
            self.commit(unit).await?;
        }
        crate::print(&format!("IMPORTED  {} requesters\n", file.requesters.len()))?;
        Ok(Ending::Accepted)
    }
}

/// Strictly: unknown and repeated members are refused. The message names the place and no content.
fn read<T: serde::de::DeserializeOwned>(json: &[u8]) -> Result<T, Unusable> {
    serde_json::from_slice(json).map_err(|error| {
        let what = match error.classify() {
            serde_json::error::Category::Data => "is not as it has to be",
            _ => "is no JSON",
        };
        let (line, column) = (error.line(), error.column());
        Unusable(format!("what stands at line {line}, column {column} {what}"))
    })
}

impl AccountEntry {
    fn account(&self, account_key: &str) -> Account {
        Account {
            account_key: account_key.to_owned(),
            status: self.status,
            kind: self.kind,
            branch: self.branch.clone(),
            number: self.number.clone(),
            digit: self.digit.clone(),
        }
    }

    fn wrong(&self) -> Option<&'static str> {
        let digits = |text: &str, most: usize| {
            (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let check_digit =
            |text: &str| text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let mut documents = BTreeSet::new();
        if !digits(&self.branch, 4) {
            Some("its branch has to be 1 to 4 digits")
        } else if !digits(&self.number, 20) {
            Some("its number has to be 1 to 20 digits")
        } else if !check_digit(&self.digit) {
            Some("its digit has to be one digit or letter")
        } else if !self.approvers.iter().all(|approver| documents.insert(&approver.document_number))
        {
            Some("an approver stands twice")
        } else {
            self.approvers.iter().find_map(ApproverEntry::wrong)
        }
    }
}

impl ApproverEntry {
    fn wrong(&self) -> Option<&'static str> {
        let phone = |text: &String| {
            text.strip_prefix('+').is_some_and(|digits| {
                (8..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            })
        };
        let line =
            |text: &String| (1..=254).contains(&text.len()) && !text.chars().any(char::is_control);
        let email = |text: &String| {
            let parts = text.split_once('@');
            line(text)
                && !text.contains(' ')
                && parts.is_some_and(|(name, domain)| {
                    !name.is_empty() && domain.contains('.') && !domain.contains('@')
                })
        };
        if self.document_number.is_company() {
            Some("an approver's document_number has to be the 11 digits of a CPF")
        } else if !self.phone.iter().all(phone) {
            Some("an approver's phone has to be in E.164, as +5511987654321")
        } else if !self.email.iter().all(email) {
            Some("an approver's email is no address")
        } else if !self.name.iter().all(line) {
            Some("an approver's name has to be a line")
        } else {
            None
        }
    }
}

impl RequesterEntry {
    fn wrong(&self) -> Option<&'static str> {
        let safe = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let key = &self.requester_key;
        if !(1..=64).contains(&key.len()) || !key.bytes().all(safe) {
            Some("its requester_key has to be 1 to 64 letters, digits, - and _")
        } else if self.name.is_empty() || self.name.chars().any(char::is_control) {
            Some("its name has to be a line")
        } else {
            self.configuration.as_ref().and_then(RequesterConfiguration::contradiction)
        }
    }
}

/// A random name for a person in the audit trail.
fn pseudonym() -> Result<String, getrandom::Error> {
    let mut random = [0; 16];
    getrandom::fill(&mut random)?;
    Ok(random.iter().map(|byte| format!("{byte:02x}")).collect())
}
