//! Random damage to valid responses: nothing panics, and whatever is accepted says the same as
//! the undamaged response. `MUTATIONS=100000 cargo test --release --test mutations` runs longer.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    reason = "a test fails by panicking"
)]

use device_enrollment::webauthn::UserVerification;
use device_enrollment::{
    Base64Reading, Metadata, MetadataSource, Origin, Policy, RegistrationExpectation,
    RegistrationResponse, TrustAnchor, TrustStore, UnixTime, Verifier,
};
use device_enrollment_testkit::metadata::entry_for;
use device_enrollment_testkit::{
    KeyKind, MetadataBlob, Registration, RevocationList, SigningKey, TIME,
};

/// A small deterministic generator (SplitMix64): a failure has to come back.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Overwrites, inserts, removes, repeats or cuts.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 => bytes.insert(at, random.next() as u8),
            3 if !bytes.is_empty() => drop(bytes.remove(at)),
            4 => {
                let end = (at + 1 + random.below(16)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
            _ => bytes.truncate(at),
        }
    }
}

fn rounds() -> usize {
    std::env::var("MUTATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(1500)
}

#[test]
fn damage_never_panics_and_never_changes_what_is_accepted() {
    let count = rounds();
    let registrations = [
        Registration::none("damage"),
        Registration::packed_self("damage"),
        Registration::packed_basic_with_intermediate("damage"),
        Registration::fido_u2f("damage"),
        Registration::android_key("damage"),
        Registration::apple("damage"),
        Registration::tpm_ecc("damage"),
        Registration::tpm_rsa("damage"),
        Registration::packed_self("damage").with_credential_algorithm(-48),
    ];
    for (index, registration) in registrations.iter().enumerate() {
        let parts = registration.make();
        let anchors = parts.anchors.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
        let verifier = Verifier::new(Policy::webauthn(), TrustStore::new(anchors));
        let origin = Origin::parse(&parts.origin).unwrap();
        let mut expected = RegistrationExpectation::new(
            parts.challenge.clone(),
            parts.rp_id.clone(),
            vec![origin],
        );
        expected.user_verification = UserVerification::Preferred;
        let mut random = Random(index as u64);
        for round in 0..count {
            let mut client_data = parts.client_data_json.clone();
            let mut object = parts.attestation_object.clone();
            match random.below(4) {
                0 => damage(&mut client_data, &mut random),
                _ => damage(&mut object, &mut random),
            }
            let response = RegistrationResponse::from_bytes(None, &client_data, &object);
            let judgement = verifier.registration(&response, &expected, Some(UnixTime(TIME)));
            let verdict = judgement.verdict();
            serde_json::to_string(verdict).unwrap();
            // The inspector reads the same bytes with more patience.
            drop(device_enrollment::inspect::inspect(&object, Base64Reading::Strict));
            let attested = verdict.facts.certificates.len();
            if verdict.is_accepted() && attested > 0 {
                let key = verdict.facts.credential_public_key.as_deref();
                assert_eq!(key, Some(&parts.credential_public_key[..]), "{index} round {round}");
            }
        }
    }
}

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
    let mut random = Random(17);
    for round in 0..rounds() {
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
