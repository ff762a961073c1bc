//! What a requester may do: its configuration, as it is imported and stored.

use std::collections::BTreeSet;

use device_enrollment::flow::Uuid4;
use serde::{Deserialize, Serialize};

/// The configuration of a requester. Without one it may do nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequesterConfiguration {
    /// Whether it may create devices.
    pub(crate) may_create_devices: bool,
    /// Whether it is the bank's core, which tells what became of a transfer.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub(crate) may_settle_transfers: bool,
    /// On which accounts it may do anything. Another account is as unknown to it as a missing one.
    pub(crate) accounts: Permitted,
    /// With which wallets.
    pub(crate) wallets: Permitted,
    /// For which products.
    pub(crate) products: Permitted,
    /// On behalf of which users.
    pub(crate) users: Permitted,
    /// Whether it speaks for the account holder: answers for the person whose enrollment waits, and
    /// ends enrollments. For the bank's own app, never for an initiator.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub(crate) may_confirm_enrollments: bool,
    /// The wallet where a request names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_wallet: Option<Uuid4>,
    /// The product where a request names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) default_product: Option<Uuid4>,
}

/// Everything of a kind, or what is listed: `"all"`, or an array of keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Permitted {
    /// All of them.
    All(All),
    /// These.
    Only(BTreeSet<Uuid4>),
}

/// The word `all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum All {
    /// All of them.
    All,
}

impl Permitted {
    /// Whether it is permitted.
    pub(crate) fn permits(&self, key: Uuid4) -> bool {
        match self {
            Self::All(All::All) => true,
            Self::Only(keys) => keys.contains(&key),
        }
    }
}

impl RequesterConfiguration {
    /// Reads a configuration as it is stored.
    ///
    /// # Errors
    ///
    /// What is wrong with it, without its content.
    pub(crate) fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// What contradicts itself: a default that is not permitted.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        let permits = |permitted: &Permitted, key: Option<Uuid4>| {
            key.is_none_or(|key| permitted.permits(key))
        };
        if !permits(&self.wallets, self.default_wallet) {
            return Some("its default_wallet is not among its wallets");
        }
        if !permits(&self.products, self.default_product) {
            return Some("its default_product is not among its products");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "2db36e1a-68a1-4d7b-9f4d-6d3b60e2c0d1";
    const OTHER: &str = "7e0c0a3c-9a0b-4c55-8f6b-3a9b1a6d2f10";

    fn with(wallets: &str, more: &str) -> Result<RequesterConfiguration, serde_json::Error> {
        RequesterConfiguration::from_stored(&format!(
            r#"{{"may_create_devices":true,"accounts":"all","wallets":{wallets},"products":[],
                "users":"all"{more}}}"#
        ))
    }

    #[test]
    fn what_is_listed_is_permitted_and_nothing_else() {
        let configuration = with(&format!("[\"{KEY}\"]"), "").unwrap();
        let (key, other) = (Uuid4::parse(KEY).unwrap(), Uuid4::parse(OTHER).unwrap());
        assert!(configuration.wallets.permits(key) && !configuration.wallets.permits(other));
        assert!(configuration.accounts.permits(other) && !configuration.products.permits(key));
        let stored = serde_json::to_string(&configuration).unwrap();
        assert_eq!(RequesterConfiguration::from_stored(&stored).unwrap(), configuration);
    }

    #[test]
    fn a_default_has_to_be_permitted() {
        let default = format!(r#","default_wallet":"{OTHER}""#);
        let refused = with(&format!("[\"{KEY}\"]"), &default).unwrap();
        assert_eq!(refused.contradiction(), Some("its default_wallet is not among its wallets"));
        assert_eq!(with("\"all\"", &default).unwrap().contradiction(), None);
        let product = format!(r#","default_product":"{OTHER}""#);
        let refused = with("\"all\"", &product).unwrap();
        assert_eq!(refused.contradiction(), Some("its default_product is not among its products"));
    }

    #[test]
    fn what_is_not_known_or_not_said_is_refused() {
        for (wallets, more) in [
            ("\"some\"", ""),
            ("[\"all\"]", ""),
            ("null", ""),
            ("\"all\"", r#","acounts":"all""#),
            ("\"all\"", r#","users":"all""#),
        ] {
            assert!(with(wallets, more).is_err(), "{wallets} {more}");
        }
        let without =
            r#"{"may_create_devices":true,"accounts":"all","wallets":"all","users":"all"}"#;
        assert!(RequesterConfiguration::from_stored(without).is_err());
    }
}
