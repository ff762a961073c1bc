//! Real phones' chains, and `rustls-webpki` as a second opinion on them.

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use base64::Engine as _;

use super::*;

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
    // The software root, which is no anchor.
    ("marlin/sdk29/TEE_EC_NONE", Some(Reason::SelfSignedNotAnchor)),
    // An intermediate with an RSA key of 1024 bits, under the software root.
    ("marlin/sdk29/TEE_RSA_NONE", Some(Reason::RsaModulus)),
    // Its issuing certificate says CA:FALSE; the tolerance for factory chains of that kind is
    // a matter of Android policy, not of the path.
    ("sony-xperia10-iii/sdk33/TEE_EC", Some(Reason::IssuerNotCa)),
];

fn pem(text: &str) -> Vec<Vec<u8>> {
    text.split("-----BEGIN CERTIFICATE-----")
        .skip(1)
        .map(|block| {
            let body = block.split("-----END").next().unwrap();
            let body: String = body.chars().filter(|c| !c.is_whitespace()).collect();
            base64::engine::general_purpose::STANDARD.decode(body).unwrap()
        })
        .collect()
}

fn chain_files(folder: &FilePath, found: &mut BTreeMap<String, PathBuf>, root: &FilePath) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            chain_files(&path, found, root);
        } else if path.extension().is_some_and(|extension| extension == "pem") {
            let name = path.strip_prefix(root).unwrap().with_extension("");
            found.insert(name.to_string_lossy().into_owned(), path);
        }
    }
}

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
    let Some(vectors) = std::env::var_os("DEVICE_ENROLLMENT_VECTORS") else {
        println!("SKIPPED: DEVICE_ENROLLMENT_VECTORS is not set, no real chains to judge");
        return;
    };
    let folder = FilePath::new(&vectors).join("android-key");
    let roots: Vec<String> =
        serde_json::from_slice(&std::fs::read(folder.join("roots.json")).unwrap()).unwrap();
    let roots: Vec<Vec<u8>> = roots.iter().flat_map(|text| pem(text)).collect();
    let anchors: Vec<_> = roots.iter().map(|der| TrustAnchor::from_der(der).unwrap()).collect();
    let anchors: Vec<_> = anchors.iter().collect();

    let mut files = BTreeMap::new();
    chain_files(&folder, &mut files, &folder);
    let mut seen = Vec::new();
    for (name, path) in &files {
        let encoded = pem(&std::fs::read_to_string(path).unwrap());
        let certificates: Vec<Certificate<'_>> =
            encoded.iter().map(|der| Certificate::read(der).unwrap()).collect();
        let found =
            find_path(&certificates, Some(Format::AndroidKey), &anchors, UnusedBits::Refused);
        let reason = match &found {
            Ok(_) => None,
            Err(PathFailure { cause: Cause::Refusal(refusal), .. }) => Some(refusal.reason),
            Err(failure) => panic!("{name}: {failure:?}"),
        };
        let at = fitting_time(&certificates);
        assert!(judge_dates(&certificates, at).is_ok(), "{name}: no time fits the chain");
        assert_eq!(found.is_ok(), second_opinion(&encoded, &roots, at), "{name}: webpki");
        seen.push((name.as_str(), reason));
    }
    assert_eq!(seen, CHAINS);
}
