//! Keys that vouch for nothing, wherever they stand.
//!
//! Android's software key store attests with keys that are printed in its public source code: two
//! roots, and an intermediate under each. Whoever reads the source can sign with the
//! intermediates, so that a chain through one of these keys says nothing of any phone. They are
//! refused by key, in a configured anchor and anywhere in a chain: one of the roots is
//! recommended as an anchor by entries of the FIDO metadata service.

use crate::crypto::sha256;

/// Whether nothing that this key signed counts. `public_key_info` is a whole SubjectPublicKeyInfo.
pub(crate) fn is_refused(public_key_info: &[u8]) -> bool {
    let digest = crate::encoding::hex::encode(&sha256(&[public_key_info]));
    REFUSED.contains(&digest.as_str())
}

/// SHA-256 of the keys, as collected on 2026-11-21 from real chains and public sources.
const REFUSED: &[&str] = &[
    // CN=Android Keystore Software Attestation Root, P-256.
    "d5100c7942ef2e8310dc30ef82729680cf48d690735c3f68179a33c7c370f286",
    // The intermediate under it.
    "f7d20ab04f01da6cbb6d1e3d9d00cd28495cb6f9a27ec85cf3e3e872d7c35878",
    // OU=Android, O="Google, Inc.", RSA with 1024 bits.
    "f2c4746f545946c100e72297f8f946344d7052f03a2f694221f9c893b0e6f711",
    // The intermediate under it.
    "9f09e6e690f8d0474b5b7096ea7da9e3d316d889649443c2d8bf5c831f0f6b69",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::certificate::Certificate;
    use crate::trust::tests::real_chains;

    /// The phone that is called marlin attests with the software key store.
    #[test]
    fn of_the_keys_in_real_chains_those_of_the_software_key_store_are_refused() {
        let Some((roots, chains)) = real_chains::read() else { return };
        let refused = |der: &Vec<u8>| {
            Certificate::read(der).is_ok_and(|read| is_refused(read.public_key_info))
        };
        assert!(!roots.iter().any(refused));
        for (name, chain) in &chains {
            let count = chain.iter().filter(|der| refused(der)).count();
            let expected = if name.starts_with("marlin/") { 2 } else { 0 };
            assert_eq!(count, expected, "{name}");
        }
    }
}
