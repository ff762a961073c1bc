//! Real phones' chains, and `rustls-webpki` as a second opinion on them.

use super::*;
use crate::trust::tests::real_chains;

/// What becomes of each real chain under Google's anchors, dates left out: the name of the
/// folder and file, and the reason where it does not chain.
const CHAINS: &[(&str, Option<Reason>)] = &[
    ("akita/sdk34/SB_RSA_NONE", None),
    ("akita/sdk34/TEE_EC_NONE", None),
    ("akita/sdk34/TEE_RSA_BASE+IMEI", None),
    ("akita/sdk34/TEE_RSA_NONE", None),
    ("akita/sdk34/TEE_RSA_NONE_USERAUTH", None),
    ("blueline/sdk28/SB_RSA_NONE", None),
    ("blueline/sdk28/SB_RSA_NONE_USERAUTH", None),
    ("blueline/sdk28/TEE_EC_NONE", None),
    ("blueline/sdk28/TEE_RSA_BASE+IMEI", None),
    ("blueline/sdk28/TEE_RSA_NONE", None),
    ("caiman/sdk36/SB_EC_RKP", None),
    ("caiman/sdk36/TEE_EC_RKP", None),
    // Their issuers' keys are printed in Android's source code.
    ("marlin/sdk29/TEE_EC_NONE", Some(Reason::PublishedKey)),
    ("marlin/sdk29/TEE_RSA_NONE", Some(Reason::PublishedKey)),
    // Its issuing certificate says CA:FALSE.
    ("sony-xperia10-iii/sdk33/TEE_EC", Some(Reason::IssuerNotCa)),
];

/// The latest start of validity in the chain: a time that fits it, if any does.
fn fitting_time(certificates: &[Certificate<'_>]) -> UnixTime {
    certificates.iter().map(|certificate| certificate.not_before).max().unwrap()
}

fn second_opinion(encoded: &[Vec<u8>], roots: &[Vec<u8>], at: UnixTime) -> bool {
    use rustls_pki_types::{CertificateDer, UnixTime as PkiTime};
    let ders: Vec<CertificateDer<'_>> =
        encoded.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let roots: Vec<CertificateDer<'_>> =
        roots.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let anchors: Vec<_> =
        roots.iter().map(|root| webpki::anchor_from_trusted_cert(root).unwrap()).collect();
    let Ok(leaf) = webpki::EndEntityCert::try_from(&ders[0]) else { return false };
    let seconds = u64::try_from(at.0).unwrap_or(0);
    let time = PkiTime::since_unix_epoch(core::time::Duration::from_secs(seconds));
    leaf.verify_for_usage(
        webpki::ALL_VERIFICATION_ALGS,
        &anchors,
        &ders[1..],
        time,
        webpki::KeyUsage::server_auth(),
        None,
        None,
    )
    .is_ok()
}

#[test]
fn real_android_chains_lead_where_they_should() {
    let Some((roots, chains)) = real_chains::read() else { return };
    let anchors: Vec<_> = roots.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    let anchors: Vec<_> = anchors.iter().collect();
    let mut seen = Vec::new();
    for (name, encoded) in &chains {
        let certificates: Vec<Certificate<'_>> =
            encoded.iter().map(|der| Certificate::read(der).unwrap()).collect();
        let found =
            find_path(&certificates, Some(Format::AndroidKey), &anchors, Quirks::default(), None);
        let reason = match &found {
            Ok(_) => None,
            Err(PathFailure { cause: Cause::Refusal(refusal), .. }) => Some(refusal.reason),
            Err(failure) => panic!("{name}: {failure:?}"),
        };
        let at = fitting_time(&certificates);
        assert!(dates_at(&certificates, Some(at)).is_ok(), "{name}: no time fits the chain");
        assert_eq!(found.is_ok(), second_opinion(encoded, &roots, at), "{name}: webpki");
        seen.push((name.as_str(), reason));
    }
    assert_eq!(seen, CHAINS);
}
