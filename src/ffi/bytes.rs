//! Bytes in records.

/// Bytes, such as a challenge or a key. Other languages make of it what compares by value there,
/// which is not what every language does with a plain array.
///
/// Its debug form tells the length and nothing else, since challenges are among them.
#[derive(Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

uniffi::custom_newtype!(Bytes, Vec<u8>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl core::fmt::Debug for Bytes {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Bytes({})", self.0.len())
    }
}

/// The arrays in a list of them.
pub(super) fn plain(list: Vec<Bytes>) -> Vec<Vec<u8>> {
    list.into_iter().map(|bytes| bytes.0).collect()
}
