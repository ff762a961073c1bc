//! Certificate signatures that were verified before.
//!
//! The issuers of a vendor come again with every device. Whether one certificate's signature
//! verifies under one key never changes, so it need not be computed twice. Nothing else is
//! remembered: names, CA flags, key usage, dates, anchors and status lists are judged every time,
//! so that what is remembered decides nothing by itself, and a verdict is the same with and
//! without it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::encoding::certificate::Certificate;

/// Pairs of a key and a certificate that its owner signed, as many as were allowed for.
#[derive(Debug)]
pub(crate) struct VerifiedSignatures {
    most: usize,
    pairs: Mutex<BTreeSet<Vec<u8>>>,
}

impl VerifiedSignatures {
    pub(super) const fn new(most: usize) -> Self {
        Self { most, pairs: Mutex::new(BTreeSet::new()) }
    }

    /// Whether the signature was verified under this key before.
    pub(super) fn contains(&self, key_info: &[u8], certificate: &Certificate<'_>) -> bool {
        let pair = pair(key_info, certificate);
        // A thread that panicked while it held the lock cost speed, no verdict.
        self.pairs.lock().is_ok_and(|pairs| pairs.contains(&pair))
    }

    /// Notes that the signature verifies under this key. A full memory starts anew: what devices
    /// in use need comes back at once.
    pub(super) fn remember(&self, key_info: &[u8], certificate: &Certificate<'_>) {
        let Ok(mut pairs) = self.pairs.lock() else { return };
        if pairs.len() >= self.most {
            pairs.clear();
        }
        if self.most > 0 {
            pairs.insert(pair(key_info, certificate));
        }
    }
}

/// The whole of both, so that no two pairs are taken for one another. The first is DER and says
/// where it ends.
fn pair(key_info: &[u8], certificate: &Certificate<'_>) -> Vec<u8> {
    [key_info, certificate.encoded].concat()
}
