//! Damage to FIDO metadata and to the revocation lists that come with it.

use device_enrollment::{Metadata, MetadataSource, TrustAnchor, UnixTime};
use device_enrollment_testkit::metadata::entry_for;
use device_enrollment_testkit::{
    KeyKind, MetadataBlob, Registration, RevocationList, SigningKey, TIME,
};

use crate::bytes::damage;
use crate::random::Random;

const ROUNDS: usize = 600;

#[test]
fn damaged_metadata_is_refused() {
    let entries = [Registration::packed_basic("damage"), Registration::fido_u2f("damage")]
        .map(|r| entry_for(&r));
    let key = SigningKey::from_seed(KeyKind::Es256, "damage");
    let maker = MetadataBlob::signed_by("damage", key, "ES256", entries.to_vec());
    let roots = [TrustAnchor::from_der(&maker.root()).unwrap()];
    // The BLOB, then the lists.
    let mut whole = vec![maker.make()];
    whole.extend(maker.revocation_lists().iter().map(RevocationList::der));
    let import = |files: &[Vec<u8>]| {
        let lists: Vec<&[u8]> = files[1..].iter().map(Vec::as_slice).collect();
        let mut source = MetadataSource::new(&roots, UnixTime(TIME));
        source.revocation_lists = &lists;
        Metadata::import(&files[0], &source).outcome
    };
    assert!(import(&whole).is_ok());
    let mut random = Random::new(17);
    for round in 0..ROUNDS {
        let mut files = whole.clone();
        let at = random.below(files.len());
        damage(&mut files[at], &mut random);
        if files != whole {
            assert!(import(&files).is_err(), "round {round}: file {at}");
        }
        // Without a signature anything may be in it, and none of it panics.
        let mut payload = maker.payload().into_bytes();
        damage(&mut payload, &mut random);
        let source = MetadataSource::new(&[], UnixTime(TIME));
        drop(Metadata::import_unsigned(&payload, &source));
    }
}
