use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::open_finance::Refusal;
use crate::open_finance::consent::ConsentRejection;

/// A text of a person: a name, a description, an address. Its debug form shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FreeText(String);

impl FreeText {
    /// Takes a text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text. Not for a log.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A text of at most so many characters that says something.
    pub(super) fn bounded(text: &str, most: usize, name: &'static str) -> Result<Self, Refusal> {
        let fits = !text.trim().is_empty() && text.chars().count() <= most;
        fits.then(|| Self::new(text)).ok_or(Refusal::invalid(name))
    }
}

impl core::fmt::Debug for FreeText {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("FreeText(..)")
    }
}

/// What an enrollment may be used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Permission {
    /// Payments. Every enrollment has it.
    PaymentsInitiate,
    /// 2.2: recurring payments.
    RecurringPaymentsInitiate,
}

impl Permission {
    /// The permission with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "PAYMENTS_INITIATE" => Some(Self::PaymentsInitiate),
            "RECURRING_PAYMENTS_INITIATE" => Some(Self::RecurringPaymentsInitiate),
            _ => None,
        }
    }
}

/// The account that payments are made from. Its debug form shows nothing of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DebtorAccount {
    ispb: String,
    issuer: Option<String>,
    number: String,
    account_type: String,
}

impl DebtorAccount {
    /// An account: `ispb` of 8 digits, `issuer` (the branch) of 1 to 4, `number` of 1 to 20, a type
    /// among those that Open Finance Brasil or Zro publish. Current and savings accounts have a
    /// branch.
    ///
    /// # Errors
    ///
    /// 422 `PARAMETRO_INVALIDO` or `PARAMETRO_NAO_INFORMADO`, with the name of the member as Open
    /// Finance Brasil has it.
    pub fn new(
        ispb: &str,
        issuer: Option<&str>,
        number: &str,
        account_type: &str,
    ) -> Result<Self, Refusal> {
        let names = ["ispb", "issuer", "number", "accountType"];
        Self::read(ispb, issuer, number, account_type, names, ALL_TYPES)
    }

    pub(super) fn read(
        ispb: &str,
        issuer: Option<&str>,
        number: &str,
        account_type: &str,
        [ispb_name, issuer_name, number_name, type_name]: [&'static str; 4],
        types: &[&str],
    ) -> Result<Self, Refusal> {
        if !is_digits(ispb, 8..=8) {
            return Err(Refusal::invalid(ispb_name));
        }
        if !is_digits(number, 1..=20) {
            return Err(Refusal::invalid(number_name));
        }
        if !types.contains(&account_type) {
            return Err(Refusal::invalid(type_name));
        }
        match issuer {
            None if matches!(account_type, "CACC" | "SVGS") => {
                return Err(Refusal::missing(issuer_name));
            }
            Some(issuer) if !is_digits(issuer, 1..=4) => return Err(Refusal::invalid(issuer_name)),
            None | Some(_) => {}
        }
        Ok(Self {
            ispb: ispb.to_owned(),
            issuer: issuer.map(str::to_owned),
            number: number.to_owned(),
            account_type: account_type.to_owned(),
        })
    }

    /// The institution, 8 digits.
    #[must_use]
    pub fn ispb(&self) -> &str {
        &self.ispb
    }

    /// The branch.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The number of the account. Not for a log.
    #[must_use]
    pub fn number(&self) -> &str {
        &self.number
    }

    /// The type, such as `CACC`.
    #[must_use]
    pub fn account_type(&self) -> &str {
        &self.account_type
    }
}

impl core::fmt::Debug for DebtorAccount {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DebtorAccount(..)")
    }
}

/// An amount of money in centavos, written `\d{1,16}\.\d{2}` as the contract has it. Never a
/// floating-point number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Centavos(u64);

impl Centavos {
    /// Reads `1234.50`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, cents) = text.split_once('.')?;
        let fits = is_digits(whole, 1..=16) && is_digits(cents, 2..=2);
        fits.then(|| format!("{whole}{cents}").parse().ok().map(Self)).flatten()
    }

    /// Both together; an amount that cannot be written counts as the largest there is.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl core::fmt::Display for Centavos {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}.{:02}", self.0.div_euclid(100), self.0.rem_euclid(100))
    }
}

impl Serialize for Centavos {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Centavos {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not an amount"))
    }
}

/// What the holder and the person agreed on. Both can be changed later in the holder's channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The most that one payment may come to; 2.1 wants one once the holder has approved.
    pub transaction_limit: Option<Centavos>,
    /// The most that the payments of a day may come to, where the person set one below the limit
    /// of Pix.
    pub daily_limit: Option<Centavos>,
    /// When the enrollment ends; `None` is never.
    pub expires_at: Option<crate::time::UnixMillis>,
}

impl Terms {
    /// Whether a payment is within the limits. They are judged when a payment is made, not when a
    /// consent is authorised. `spent_today` is what payments under the enrollment came to so far.
    ///
    /// # Errors
    ///
    /// `VALOR_ACIMA_LIMITE`.
    pub fn judge_payment(
        &self,
        amount: Centavos,
        spent_today: Centavos,
    ) -> Result<(), ConsentRejection> {
        let is_within = self.transaction_limit.is_none_or(|limit| amount <= limit)
            && self.daily_limit.is_none_or(|limit| spent_today.plus(amount) <= limit);
        if is_within { Ok(()) } else { Err(ConsentRejection::ValorAcimaLimite) }
    }
}

pub(super) fn is_digits(text: &str, lengths: core::ops::RangeInclusive<usize>) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account types of Open Finance Brasil.
pub(super) const OPEN_FINANCE_TYPES: &[&str] = &["CACC", "SVGS", "TRAN"];

/// The account types of "Create Open Finance Enrollment", among which are those above.
pub(super) const ALL_TYPES: &[&str] = &[
    "CACC", "CASH", "CHAR", "CISH", "COMM", "CPAC", "LLSV", "LOAN", "MGLD", "MOMA", "NREX", "ODFT",
    "ONDP", "OTHR", "SACC", "SLRY", "SVGS", "TAXE", "TRAN", "TRAS", "CC", "PG", "CD", "CG", "CI",
    "PP", "PI",
];
