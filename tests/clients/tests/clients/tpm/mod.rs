//! A TPM makes the keys, certifies the credential key with its attestation key, and signs what is
//! approved. The certificate of the attestation key is from an authority of the test, which is the
//! anchor.

mod device;
mod machine;

use device_enrollment_testkit::extension::oid;

use self::device::{Computer, OTHER_KEY, certificate};
use self::machine::{Kind, SIGNING};
use crate::changes::{assertions_are_refused, last_bit, registrations_are_refused};
use crate::journey::{Outcome, approves, bank, bank_with_anchors, enrolled};

/// An enrollment at a bank whose anchor is the computer's.
fn enrolls(profile: &str, computer: &mut Computer) -> Outcome {
    let (bank, _folder) = bank_with_anchors(profile, "tpm", &[computer.anchor()]);
    enrolled(&bank, computer).1
}

fn enrolls_and_approves(kind: Kind) {
    let mut computer = Computer::new(kind);
    for profile in ["open_finance_brasil", "device_bound_only"] {
        let (bank, _folder) = bank_with_anchors(profile, "tpm", &[computer.anchor()]);
        let (ids, outcome) = enrolled(&bank, &mut computer);
        let facts = outcome.accepted();
        assert_eq!(facts["fmt"], "tpm");
        assert_eq!(facts["attestation_type"], "attca");
        assert_eq!(facts["alg"], computer.algorithm());
        let tpm = &facts["tpm"];
        assert_eq!((&tpm["manufacturer"], &tpm["vendor"]), (&"id:49424D00".into(), &"IBM".into()));
        assert_eq!((&tpm["model"], &tpm["hardware_bound"]), (&"swtpm".into(), &true.into()));
        // What the TPM says of itself, and not its certificate.
        assert_eq!(tpm["firmware_version"], computer.tpm.firmware_version());
        approves(&bank, &ids, &mut computer);
    }
}

#[test]
fn a_key_of_p_256_is_certified_and_approves() {
    enrolls_and_approves(Kind::Ecc);
}

#[test]
fn a_key_of_rsa_is_certified_and_approves() {
    enrolls_and_approves(Kind::Rsa);
}

/// As Windows has it: an attestation key of RSA beside a credential key of either kind.
#[test]
fn the_attestation_key_may_be_of_another_kind() {
    let mut computer = Computer::attested_by_rsa(Kind::Ecc, "sha256");
    let (bank, _folder) = bank_with_anchors("open_finance_brasil", "tpm", &[computer.anchor()]);
    let (ids, outcome) = enrolled(&bank, &mut computer);
    let facts = outcome.accepted();
    assert_eq!((&facts["alg"], &facts["statement_alg"]), (&(-7).into(), &(-257).into()));
    approves(&bank, &ids, &mut computer);
}

/// Many attestation keys of Windows sign so, and the Recommendation does not forbid it.
#[test]
fn an_attestation_over_sha1_is_refused_by_the_field_that_says_so() {
    let mut computer = Computer::attested_by_rsa(Kind::Rsa, "sha1");
    let outcome = enrolls("open_finance_brasil", &mut computer);
    outcome.refused_by("TP-8", "key.algorithm_sha1");
    let outcome = enrolls("webauthn", &mut computer);
    assert_eq!(outcome.accepted()["statement_alg"], -65535);
    assert_eq!(outcome.verdict["tolerances"][0], "sha1_signatures");
}

#[test]
fn one_change_each_is_refused() {
    let mut computer = Computer::new(Kind::Ecc);
    let (bank, _folder) = bank_with_anchors("open_finance_brasil", "tpm", &[computer.anchor()]);
    registrations_are_refused(&bank, &mut computer);
    let (ids, outcome) = enrolled(&bank, &mut computer);
    outcome.accepted();
    assertions_are_refused(&bank, &ids, &mut computer);
}

#[test]
fn what_the_tpm_certified_has_to_be_this_credential() {
    let mut computer = Computer::new(Kind::Ecc);
    computer.tpm.key(Kind::Ecc, SIGNING, OTHER_KEY);
    let mut refused = |change, check, code| {
        computer.change = change;
        enrolls("open_finance_brasil", &mut computer).refused_by(check, code);
    };
    // Over another registration.
    refused(
        |computer, parts| {
            let mut other = parts.qualifying.clone();
            last_bit(&mut other);
            let key = computer.credential();
            parts.certified = computer.tpm.certify(key, computer.attestation_key, &other);
        },
        "TP-8",
        "tpm.extra_data",
    );
    // Of another key of the same TPM.
    refused(
        |computer, parts| {
            let key = machine::Handle(OTHER_KEY);
            let (by, data) = (computer.attestation_key, &parts.qualifying);
            parts.certified = computer.tpm.certify(key, by, data);
        },
        "TP-6",
        "tpm.name",
    );
    // The same, with that key's public area, which is then not the credential's.
    refused(
        |computer, parts| {
            let key = machine::Handle(OTHER_KEY);
            let (by, data) = (computer.attestation_key, &parts.qualifying);
            parts.certified = computer.tpm.certify(key, by, data);
            parts.public_area = computer.tpm.public_area(key);
        },
        "TP-5",
        "tpm.key",
    );
    // A public area that says less of the key than the TPM certified: userWithAuth is gone.
    refused(|_, parts| parts.public_area[7] &= !0x40, "TP-6", "tpm.name");
    // Certified by the key itself, and not by the one that the certificate is for.
    refused(
        |computer, parts| {
            let key = computer.credential();
            parts.certified = computer.tpm.certify(key, key, &parts.qualifying);
        },
        "TP-14",
        "signature.invalid",
    );
    refused(|_, parts| last_bit(&mut parts.certified.signature), "TP-14", "signature.invalid");
    // TPMT_SIGNATURE, as section 8.3 has it and no authenticator writes it.
    refused(
        |_, parts| parts.certified.signature.clone_from(&parts.certified.wrapped),
        "TP-14",
        "signature.invalid",
    );
}

#[test]
fn the_credential_key_has_to_be_bound_and_its_own() {
    let mut computer = Computer::new(Kind::Ecc);
    for attributes in [
        // It can be taken to another TPM.
        "sensitivedataorigin|userwithauth|sign",
        // It signs for the TPM: it could certify others.
        "fixedtpm|fixedparent|sensitivedataorigin|userwithauth|sign|restricted",
    ] {
        computer.attributes = attributes;
        enrolls("open_finance_brasil", &mut computer).refused_by("TP-3", "tpm.object_attributes");
        // The Recommendation says nothing of it, and the keys sign like any other.
        let (bank, _folder) = bank_with_anchors("webauthn", "tpm", &[computer.anchor()]);
        let (ids, outcome) = enrolled(&bank, &mut computer);
        outcome.accepted();
        outcome.skipped_by("TP-3", "tpm_object_attributes");
        approves(&bank, &ids, &mut computer);
    }
}

#[test]
fn the_certificate_of_the_attestation_key_has_to_be_one() {
    let mut computer = Computer::new(Kind::Ecc);
    let right = computer.certificate.clone();
    computer.certificate.remove_extension(oid::EXTENDED_KEY_USAGE);
    enrolls("open_finance_brasil", &mut computer).refused_by("TP-11", "tpm.extended_key_usage");
    computer.certificate = right;
    // An authority that nobody configured: what is bundled for TPMs is another one.
    let bank = bank("open_finance_brasil");
    let (_, outcome) = enrolled(&bank, &mut computer);
    outcome.refused_by("X-11", "path.anchor_not_reached");
}

/// The reference implementation calls itself IBM's, a registered vendor. The certificates that
/// `swtpm` itself makes for endorsement keys state another, which is not in the registry.
#[test]
fn a_vendor_that_is_not_registered_is_refused_by_the_field_that_says_so() {
    let mut computer = Computer::made_by(Kind::Ecc, "id:00001014", "IBM");
    enrolls("open_finance_brasil", &mut computer).refused_by("TP-10", "tpm.vendor");
    let outcome = enrolls("webauthn", &mut computer);
    outcome.accepted();
    outcome.skipped_by("TP-10", "tpm_registered_vendor");
}

#[test]
fn an_issuer_of_another_vendor_or_of_none_is_refused_by_the_field_that_says_so() {
    let mut computer = Computer::made_by(Kind::Ecc, "id:49424D00", "NTC");
    enrolls("open_finance_brasil", &mut computer).refused_by("TP-16", "tpm.issuer_vendor");
    let outcome = enrolls("webauthn", &mut computer);
    outcome.accepted();
    outcome.skipped_by("TP-16", "tpm_issuer_vendor");
}

/// What nobody can see in a statement: whether the key that signed it may sign anything else. The
/// TPM refuses to sign what looks like its own with a restricted key; with another it signs it, and
/// whoever certifies such a key as an attestation key vouches for whatever it signs.
#[test]
fn that_the_attestation_key_is_restricted_is_for_its_authority_to_see() {
    let mut computer = Computer::new(Kind::Ecc);
    let forged = [&[0xff, 0x54, 0x43, 0x47, 0x80, 0x17][..], &[0; 60]].concat();
    let refused = computer.tpm.sign(computer.attestation_key, &forged).unwrap_err();
    assert!(refused.contains("ticket"), "{refused}");

    let loose = computer.tpm.key(Kind::Ecc, SIGNING, OTHER_KEY);
    assert!(computer.tpm.sign(loose, &forged).is_ok());
    computer.certificate = certificate(&computer.tpm, loose, "id:49424D00", &computer.authority);
    computer.attestation_key = loose;
    enrolls("open_finance_brasil", &mut computer).accepted();
}
