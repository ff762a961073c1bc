use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::{Uuid, Variant};

/// A UUID of version 4 in its 36 characters: the key of an account, a device, a session, a transfer.
///
/// Either case is read, and lower case is kept: one published sample is in upper case where the
/// device's own library demands lower.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid4(Uuid);

impl Uuid4 {
    /// Reads the 36 characters; `None` when they are anything else, or not of version 4.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // The reader of the library takes braces and bare digits too.
        let hyphenated = text.len() == 36;
        let read = Uuid::try_parse(text).ok().filter(|_| hyphenated)?;
        let version_4 = read.get_version_num() == 4 && read.get_variant() == Variant::RFC4122;
        version_4.then_some(Self(read))
    }

    /// A UUID of version 4 from random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The sixteen bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl core::fmt::Display for Uuid4 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl core::fmt::Debug for Uuid4 {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

impl Serialize for Uuid4 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Uuid4 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a UUID of version 4"))
    }
}

/// The document number of a natural person (CPF) or of a company (CNPJ): 11 or 14 digits.
///
/// Personal data: its debug form shows nothing of it. The check digits are not judged, because the
/// published samples do not all have them right; whether the person exists is what the account's
/// approvers say.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct DocumentNumber(String);

impl DocumentNumber {
    /// The 11 digits of a CPF.
    #[must_use]
    pub fn person(digits: &str) -> Option<Self> {
        Self::of_length(digits, 11)
    }

    /// The 11 digits of a CPF or the 14 of a CNPJ.
    #[must_use]
    pub fn person_or_company(digits: &str) -> Option<Self> {
        Self::of_length(digits, 11).or_else(|| Self::of_length(digits, 14))
    }

    fn of_length(digits: &str, length: usize) -> Option<Self> {
        let fits = digits.len() == length && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| Self(digits.to_owned()))
    }

    /// The digits. Not for a log.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// Whether it is a company's.
    #[must_use]
    pub const fn is_company(&self) -> bool {
        self.0.len() == 14
    }
}

impl core::fmt::Debug for DocumentNumber {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("DocumentNumber(..)")
    }
}

impl<'de> Deserialize<'de> for DocumentNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::person_or_company(&text)
            .ok_or_else(|| serde::de::Error::custom("not 11 or 14 digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_36_characters_of_a_version_4_uuid_are_one() {
        let key = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
        assert_eq!(Uuid4::parse(key).unwrap().to_string(), key);
        assert_eq!(Uuid4::parse(&key.to_uppercase()).unwrap().to_string(), key);
        for refused in [
            "",
            "2db36e1a68a14d7b9f4d6d3b60e2c0d1",
            "{2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1}",
            "urn:uuid:2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1",
            "2db36e1a-68a1-1d7b-9f4d-6d3b60e2c0d1",
            "2db36e1a-68a1-4d7b-cf4d-6d3b60e2c0d1",
            "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0dg",
            "00000000-0000-0000-0000-000000000000",
        ] {
            assert_eq!(Uuid4::parse(refused), None, "{refused}");
        }
        assert!(Uuid4::parse(&Uuid4::from_random([0xff; 16]).to_string()).is_some());
    }

    #[test]
    fn a_document_number_is_digits_and_does_not_print() {
        assert!(DocumentNumber::person("98765432100").is_some());
        assert!(DocumentNumber::person("438.858.048-16").is_none());
        assert!(DocumentNumber::person("12345678000195").is_none());
        let company = DocumentNumber::person_or_company("12345678000195").unwrap();
        assert!(company.is_company());
        assert_eq!(format!("{company:?}"), "DocumentNumber(..)");
        assert!(serde_json::from_str::<DocumentNumber>("\"9876543210\"").is_err());
    }
}
