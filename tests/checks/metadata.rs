//! MD-1 to MD-9, PK-14 and FU-8: FIDO metadata, from its import to what it says of a registration.

use device_enrollment::policy::{Overdue, Policy, Rule};
use device_enrollment::verdict::CheckId::{
    Fu8, Md1, Md2, Md3, Md4, Md5, Md6, Md7, Md8, Md9, Pk14, Po3, X11,
};
use device_enrollment::verdict::Outcome;
use device_enrollment::{Metadata, TrustStore, UnixTime, UnknownRevocation};
use device_enrollment_testkit::authority::serial;
use device_enrollment_testkit::extension::{Extension, key_usage, oid, usage};
use device_enrollment_testkit::metadata::{entry_for, host, report};
use device_enrollment_testkit::{
    Authority, Edit, KeyKind, MetadataBlob, Registration, RevocationList, SigningKey, TIME, der,
};
use serde_json::{Value, json};

use crate::harness::{Ceremony, Enrollment, Make, bank, fails, passes, plain, valid};
use crate::import::{self, Import, an_import};

const DAY: i64 = 24 * 60 * 60;

// ---------------------------------------------------------------- the import

#[test]
fn the_blob_is_signed_by_the_certificate_it_carries() {
    for (kind, algorithm) in [
        (KeyKind::Rsa2048, "RS256"),
        (KeyKind::Rsa2048, "PS256"),
        (KeyKind::Es256, "ES256"),
        (KeyKind::Es384, "ES384"),
    ] {
        let key = SigningKey::from_seed(kind, "signer");
        let import = Import::of(MetadataBlob::signed_by("md", key, algorithm, vec![an_entry()]));
        import::passes(&import.judge(), Md1);
        // case/N123
        let flipped = import.but(|i| {
            i.blob.edit_signature = Edit::new(|signature: &mut Vec<u8>| signature[9] ^= 1);
        });
        import::fails(&flipped, Md1, "signature.invalid");
        let short = import.but(|i| {
            i.blob.edit_signature = Edit::new(|signature: &mut Vec<u8>| signature.truncate(63));
        });
        import::fails(&short, Md1, "signature.invalid");
        let other = import.but(|i| i.blob.chain.leaf_key = SigningKey::from_seed(kind, "another"));
        if kind != KeyKind::Rsa2048 {
            import::fails(&other, Md1, "signature.invalid");
        }
    }
    let changed = an_import().but(|i| {
        // The last character of the payload's part, one before the dot.
        i.blob.edit = Edit::new(|blob: &mut String| {
            let dot = blob.rfind('.').unwrap();
            let other = if blob[..dot].ends_with('Q') { "A" } else { "Q" };
            blob.replace_range(dot - 8..dot - 7, other);
        });
    });
    import::fails(&changed, Md1, "signature.invalid");
}

#[test]
fn the_header_chooses_neither_algorithm_nor_where_certificates_come_from() {
    let import = an_import();
    import::passes(&import.judge(), Md1);
    for name in ["none", "HS256", "RS1", "RS384", "RS512", "ES256K", "EdDSA", "rs256", ""] {
        let judged = import.but(|i| header(i, move |h| h["alg"] = name.into()));
        import::fails(&judged, Md1, "metadata.signature_algorithm");
    }
    let ecdsa = import.but(|i| header(i, |h| h["alg"] = "ES256".into()));
    import::fails(&ecdsa, Md1, "signature.invalid");
    let by_address =
        import.but(|i| header(i, |h| h["x5u"] = "https://mds.fidoalliance.org/".into()));
    import::fails(&by_address, Md1, "metadata.x5u");
    let without = import.but(|i| header(i, |h| drop(h.as_object_mut().unwrap().remove("x5c"))));
    import::fails(&without, Md1, "statement.x5c_empty");
    let many = import.but(|i| header(i, |h| h["x5c"] = json!(vec!["AA=="; 11])));
    import::fails(&many, Md1, "malformed.too_many");
    let critical = import.but(|i| header(i, |h| h["crit"] = json!(["exp"])));
    import::fails(&critical, Md1, "malformed.too_many");
}

#[test]
fn what_is_no_blob_at_all_is_refused_and_replaces_nothing() {
    let import = an_import();
    let last_good = import.judge().outcome.unwrap();
    let pages: [&[u8]; 5] = [
        b"<!DOCTYPE html><html><body>Service Unavailable</body></html>",
        b"<!DOCTYPE html><title>mds.fidoalliance.org</title><p>e.g. down.</p>",
        b"",
        b"..",
        &[0xff; 100],
    ];
    for page in pages {
        let judged = import.judge_bytes(page);
        let failure = judged.outcome.as_ref().unwrap_err();
        assert_eq!(failure.check, Md1, "{failure}");
        assert!(failure.code().starts_with("malformed."), "{failure}");
        import::stopped_at(&judged, Md1);
    }
    // What was loaded is a value of its own.
    assert_eq!(last_good.entries().len(), 1);
}

#[test]
fn a_blob_that_is_cut_short_anywhere_is_refused() {
    let import = an_import();
    import::passes(&import.judge(), Md1);
    let blob = import.blob.make();
    for percent in 0..100 {
        let cut = &blob[..blob.len() * percent / 100];
        let judged = import.judge_bytes(cut);
        assert_eq!(judged.outcome.unwrap_err().check, Md1, "cut at {percent} %");
    }
}

#[test]
fn the_signer_leads_to_a_pinned_root() {
    let import = an_import();
    import::passes(&import.judge(), Md2);
    import::fails(&import.but(|i| i.roots.clear()), Md2, "path.no_anchor");
    let other = Authority::root("another").der();
    // case/N124
    let unknown = import.but(|i| i.roots = vec![other.clone()]);
    import::fails(&unknown, Md2, "path.anchor_not_reached");
    let sent = import.but(|i| {
        i.roots = vec![other.clone()];
        i.blob.chain.include_root = true;
    });
    import::fails(&sent, Md2, "path.self_signed");
    let flipped = import.but(|i| i.blob.chain.issuers[0].spec.flip_signature_bit = true);
    import::fails(&flipped, Md2, "path.signature");
    let not_a_ca = import.but(|i| {
        let spec = &mut i.blob.chain.issuers[0].spec;
        spec.remove_extension(oid::BASIC_CONSTRAINTS);
    });
    import::fails(&not_a_ca, Md2, "path.issuer_not_ca");
    let twice = import.but(|i| {
        let again = i.blob.chain.leaf.extensions[0].clone();
        i.blob.chain.leaf.extensions.push(again);
    });
    import::fails(&twice, Md2, "certificate.duplicate_extension");
    // Several roots at once, in whatever order.
    for roots in
        [vec![other.clone(), import.roots[0].clone()], vec![import.roots[0].clone(), other]]
    {
        import::passes(&import.but(|i| i.roots = roots), Md2);
    }
}

#[test]
fn a_root_that_is_replaced_by_a_cross_signed_one_costs_nothing() {
    // The new root certifies the old root's key: R3 under R46.
    let (old, new) = (Authority::root("old"), Authority::root("new"));
    let mut cross = old.clone();
    cross.spec.issuer = new.spec.subject.clone();
    cross.spec.serial = serial("cross", "cross");
    cross.issuer_key = new.key.clone();
    let intermediate = old.intermediate("md");
    let mut import = an_import();
    import.blob.chain.set_issuers(vec![intermediate, cross.clone(), new.clone()]);
    import.lists = import.blob.revocation_lists();
    for roots in [vec![old.der()], vec![new.der()], vec![old.der(), new.der()]] {
        import::passes(&import.but(|i| i.roots = roots), Md2);
    }
}

#[test]
fn the_signer_is_the_service_and_no_other_customer_of_its_authority() {
    let import = an_import();
    import::passes(&import.judge(), Md2);
    let customer = import.but(|i| i.blob.chain.leaf.set_extension(host("shop.example")));
    import::fails(&customer, Md2, "metadata.signer");
    let below = import.but(|i| i.blob.chain.leaf.set_extension(host("x.mds.fidoalliance.org")));
    import::fails(&below, Md2, "metadata.signer");
    // Its common name counts only where there is no alternative name.
    let by_common_name =
        import.but(|i| i.blob.chain.leaf.remove_extension(oid::SUBJECT_ALTERNATIVE_NAME));
    import::passes(&by_common_name, Md2);
}

#[test]
fn the_signer_s_certificates_are_within_their_dates() {
    let import = an_import();
    for position in 0..2 {
        let dated = |not_before, not_after| {
            import.but(|i| {
                let chain = &mut i.blob.chain;
                let spec = if position == 0 { &mut chain.leaf } else { &mut chain.issuers[0].spec };
                (spec.not_before, spec.not_after) = (not_before, not_after);
            })
        };
        import::passes(&dated(TIME, TIME), Md2);
        import::fails(&dated(TIME - 9, TIME - 1), Md2, "path.expired");
        import::fails(&dated(TIME + 1, TIME + 9), Md2, "path.not_yet_valid");
    }
}

#[test]
fn the_number_never_falls() {
    let import = an_import();
    let last_good = import.judge().outcome.unwrap();
    let following = import.with(|i| i.previous = Some(last_good.clone()));
    // The same file over again changes nothing, and is no error.
    import::passes(&following.judge(), Md3);
    import::passes(&following.but(|i| i.blob.number += 1), Md3);
    import::fails(&following.but(|i| i.blob.number -= 1), Md3, "metadata.older");
    let other =
        following.but(|i| i.blob.entries[0]["timeOfLastStatusChange"] = "2026-02-02".into());
    import::fails(&other, Md3, "metadata.same_number");
    // Signed anew, the same payload is the same metadata.
    let signed_anew = following.but(|i| {
        i.blob.chain.leaf.serial = serial("md", "renewed");
    });
    import::passes(&signed_anew, Md3);
    assert_ne!(signed_anew.outcome.unwrap().digest(), last_good.digest());
}

#[test]
fn metadata_that_is_overdue_is_refused_unless_the_caller_says_how_long_it_may_be() {
    // Due by the end of the day of TIME.
    let import = an_import().with(|i| i.blob.next_update = "2026-06-01".into());
    let at = |seconds: i64, overdue: Overdue| {
        import.but(|i| (i.time, i.overdue) = (UnixTime(TIME + seconds), overdue))
    };
    import::passes(&at(DAY - 1, Overdue::Refused), Md4);
    import::fails(&at(DAY, Overdue::Refused), Md4, "metadata.overdue");
    let late = at(3 * DAY - 1, Overdue::Grace { days: 2 });
    import::passes(&late, Md4);
    assert_eq!(late.tolerances, ["metadata_overdue"]);
    import::fails(&at(3 * DAY, Overdue::Grace { days: 2 }), Md4, "metadata.overdue");
    assert_eq!(at(6 * DAY, Overdue::Warned).tolerances, ["metadata_overdue"]);
    assert_eq!(at(0, Overdue::Warned).tolerances, [""; 0]);
}

#[test]
fn a_revoked_signer_is_refused() {
    let import = an_import();
    import::passes(&import.judge(), Md5);
    // case/N126
    let leaf = import.but(|i| i.lists[0].revoke(&i.blob.chain.leaf.serial));
    import::fails(&leaf, Md5, "revocation.revoked");
    // case/N125
    let intermediate = import.but(|i| i.lists[1].revoke(&i.blob.chain.issuers[0].spec.serial));
    import::fails(&intermediate, Md5, "revocation.revoked");
    // No option lets that pass, and no other list makes it good again.
    let accepted = import.but(|i| {
        i.unknown_revocation = UnknownRevocation::Accepted;
        i.lists[0].revoke(&i.blob.chain.leaf.serial);
        i.lists[0].next_update = Some(TIME - 1);
        i.lists.push(RevocationList::of(&i.blob.chain.issuers[0]));
    });
    import::fails(&accepted, Md5, "revocation.revoked");
    let others = import.but(|i| {
        for number in 0..1000_u32 {
            i.lists[0].revoke(&[&[1], &number.to_be_bytes()[..]].concat());
        }
    });
    import::passes(&others, Md5);
}

#[test]
fn a_signer_whose_revocation_is_not_known_is_refused_unless_an_option_takes_it() {
    let import = an_import();
    for position in 0..2 {
        let missing = import.with(|i| drop(i.lists.remove(position)));
        import::fails(&missing.judge(), Md5, "revocation.missing");
        let taken = missing.but(|i| i.unknown_revocation = UnknownRevocation::Accepted);
        import::passes(&taken, Md5);
        assert_eq!(taken.tolerances, ["metadata_revocation_unknown"]);

        let other_key = SigningKey::from_seed(KeyKind::Es256, "another");
        let forged = import.but(|i| i.lists[position].issuer_key = other_key);
        import::fails(&forged, Md5, "revocation.signature");
        let past = import.but(|i| i.lists[position].next_update = Some(TIME - 1));
        import::fails(&past, Md5, "revocation.not_current");
        let future = import.but(|i| i.lists[position].this_update = TIME + 1);
        import::fails(&future, Md5, "revocation.not_current");
    }
    let none = import.but(|i| i.lists.clear());
    import::fails(&none, Md5, "revocation.missing");
    let may_not_sign = import.but(|i| {
        let spec = &mut i.blob.chain.issuers[0].spec;
        spec.set_extension(key_usage(&[usage::KEY_CERT_SIGN]));
    });
    import::fails(&may_not_sign, Md5, "revocation.issuer");
}

#[test]
fn a_revocation_list_speaks_only_of_what_is_in_its_scope() {
    let import = an_import();
    // [1] onlyContainsUserCerts, [2] onlyContainsCACerts
    let only = |number: u32| scope(&der::context_primitive(number, &[0xff]));
    import::passes(&import.but(|i| i.lists[0].extensions.push(only(1))), Md5);
    import::passes(&import.but(|i| i.lists[1].extensions.push(only(2))), Md5);
    let users = import.but(|i| i.lists[1].extensions.push(only(1)));
    import::fails(&users, Md5, "revocation.missing");
    let authorities = import.but(|i| i.lists[0].extensions.push(only(2)));
    import::fails(&authorities, Md5, "revocation.missing");

    // A part of the issuer's certificates: those that name the place where the list lies.
    let place =
        |name: &str| der::context(0, &der::context(0, &der::context_primitive(6, name.as_bytes())));
    let listed = import.with(|i| {
        let points = der::sequence(&[der::sequence(&[place("http://crl.example/1")])]);
        i.blob.chain.leaf.set_extension(Extension::new("2.5.29.31", points));
        i.lists[0].extensions.push(scope(&place("http://crl.example/1")));
    });
    import::passes(&listed.judge(), Md5);
    let elsewhere =
        listed.but(|i| i.lists[0].extensions[1] = scope(&place("http://crl.example/2")));
    import::fails(&elsewhere, Md5, "revocation.missing");
    let unnamed = listed.but(|i| i.blob.chain.leaf.remove_extension("2.5.29.31"));
    import::fails(&unnamed, Md5, "revocation.missing");
}

#[test]
fn a_revocation_list_that_is_not_understood_settles_nothing() {
    let import = an_import();
    let refused = |change: fn(&mut RevocationList), code: &str| {
        for option in [UnknownRevocation::Refused, UnknownRevocation::Accepted] {
            let judged = import.but(|i| {
                i.unknown_revocation = option;
                change(&mut i.lists[0]);
            });
            import::fails(&judged, Md5, code);
        }
    };
    refused(|list| list.version = 0, "malformed.der_tag");
    refused(|list| list.version = 2, "malformed.der_value");
    refused(|list| list.next_update = None, "malformed.der_tag");
    refused(
        |list| list.edit = Edit::new(|bytes: &mut Vec<u8>| bytes.push(0)),
        "malformed.trailing",
    );
    refused(
        |list| list.edit = Edit::new(|bytes: &mut Vec<u8>| bytes.truncate(40)),
        "malformed.truncated",
    );
    refused(
        |list| list.extensions.push(Extension::new("1.2.3.4", der::null()).critical()),
        "malformed.der_value",
    );
    refused(
        |list| list.extensions.push(Extension::new("2.5.29.27", der::integer(1)).critical()),
        "malformed.der_value",
    );
    // [3] onlySomeReasons, [4] indirectCRL, [5] onlyContainsAttributeCerts
    refused(
        |list| list.extensions.push(scope(&der::context_primitive(3, &[7, 0x80]))),
        "malformed.trailing",
    );
    refused(
        |list| list.extensions.push(scope(&der::context_primitive(4, &[0xff]))),
        "malformed.trailing",
    );
    refused(
        |list| list.extensions.push(scope(&der::context_primitive(1, &[1]))),
        "malformed.der_value",
    );
    // An entry of another issuer's certificate.
    refused(
        |list| {
            let issuer = Extension::new("2.5.29.29", der::sequence(&[])).critical();
            list.revoked.push((vec![1], vec![issuer]));
        },
        "malformed.der_value",
    );
    // A reason is not critical, and says nothing that matters here.
    let reason = import.but(|i| {
        let reason = Extension::new("2.5.29.21", der::enumerated(6));
        i.lists[0].revoked.push((vec![1], vec![reason]));
    });
    import::passes(&reason, Md5);
}

#[test]
fn a_payload_that_is_none_is_refused() {
    let import = an_import();
    import::passes(&import.judge(), Md6);
    let payload = |change: fn(&mut Value)| import.but(|i| i.blob.edit_payload = Edit::new(change));
    import::fails(&payload(|p| p["entries"] = json!({})), Md6, "malformed.type");
    import::fails(&payload(|p| p["no"] = "17".into()), Md6, "malformed.type");
    import::fails(&payload(|p| p["no"] = json!(-1)), Md6, "malformed.type");
    import::fails(&payload(|p| p["nextUpdate"] = "soon".into()), Md6, "malformed.type");
    import::fails(&payload(|p| p["nextUpdate"] = "2026-02-30".into()), Md6, "malformed.type");
    for name in ["no", "nextUpdate", "entries"] {
        let without = import.but(|i| {
            i.blob.edit_payload =
                Edit::new(move |p: &mut Value| drop(p.as_object_mut().unwrap().remove(name)));
        });
        import::fails(&without, Md6, "malformed.missing");
    }
    import::fails(&payload(|p| p["entries"] = json!([])), Md6, "metadata.empty");
    import::fails(&payload(|p| p["entries"] = json!([1, null])), Md6, "metadata.empty");
    let text =
        |change: fn(&mut String)| import.but(|i| i.blob.edit_payload_text = Edit::new(change));
    import::fails(&text(|t| t.insert_str(1, "\"no\":18,")), Md6, "malformed.json_duplicate");
    import::fails(&text(|t| t.push('x')), Md6, "malformed.json");
    import::fails(&text(|t| t.truncate(t.len() - 1)), Md6, "malformed.json");
    // Members that are not known are passed over.
    import::passes(&payload(|p| p["introducedLater"] = json!([[{}]])), Md6);
}

#[test]
fn an_entry_that_cannot_be_read_is_set_apart_and_costs_no_other() {
    let good = an_entry();
    let other = || entry_for(&Registration::packed_basic("another"));
    let apart = |entry: Value, code: &str| {
        let import = an_import().with(|i| i.blob.entries = vec![good.clone(), entry]);
        let report = import.judge();
        import::passes(&report, Md6);
        let metadata = report.outcome.unwrap();
        assert_eq!(metadata.entries().len(), 1, "{code}");
        let [quarantined] = metadata.quarantined() else { panic!("{:?}", metadata.quarantined()) };
        assert_eq!(quarantined.failure.code(), code);
    };
    let changed = |change: fn(&mut Value)| {
        let mut entry = other();
        change(&mut entry);
        entry
    };
    let statement = "metadataStatement";
    apart(json!(7), "metadata.no_identifier");
    apart(changed(|e| e["aaguid"] = json!(7)), "malformed.type");
    apart(changed(|e| e["aaguid"] = "no model".into()), "malformed.type");
    apart(changed(|e| drop(e.as_object_mut().unwrap().remove("aaguid"))), "metadata.no_identifier");
    apart(
        changed(|e| drop(e.as_object_mut().unwrap().remove("statusReports"))),
        "malformed.missing",
    );
    apart(changed(|e| e["statusReports"] = json!([])), "malformed.empty");
    apart(changed(|e| e["statusReports"][0]["status"] = json!(1)), "malformed.type");
    apart(changed(|e| e["statusReports"][0]["effectiveDate"] = "2026".into()), "malformed.type");
    apart(changed(|e| e["metadataStatement"] = json!([])), "malformed.type");
    apart(
        changed(|e| e["metadataStatement"]["attestationTypes"] = "basic_full".into()),
        "malformed.type",
    );
    // Identifiers that disagree, within an entry or between entries.
    const ZERO: &str = "00000000-0000-0000-0000-000000000000";
    apart(changed(|e| e["metadataStatement"]["aaguid"] = ZERO.into()), "metadata.disagrees");
    apart(
        changed(|e| {
            e["metadataStatement"]["authenticatorGetInfo"]["aaguid"] = "00".repeat(16).into();
        }),
        "metadata.disagrees",
    );
    apart(
        changed(|e| {
            e["aaguid"] = ZERO.into();
            e["metadataStatement"]["aaguid"] = ZERO.into();
        }),
        "attestation.aaguid_zero",
    );
    apart(
        changed(|e| e["attestationCertificateKeyIdentifiers"] = json!(["ab".repeat(20)])),
        "metadata.disagrees",
    );
    // A value nested without end, and a member that stands twice, stay within their entry.
    let mut text = other().to_string();
    text.insert_str(1, "\"aaguid\":\"x\",");
    for text in [text, format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000))] {
        let import = an_import().with(|i| {
            i.blob.entries = vec![good.clone(), "HERE".into()];
            i.blob.edit_payload_text = Edit::new(move |payload: &mut String| {
                *payload = payload.replace("\"HERE\"", &text);
            });
        });
        let metadata = import.judge().outcome.unwrap();
        assert_eq!((metadata.entries().len(), metadata.quarantined().len()), (1, 1));
    }
    // What is unknown, and what cannot be an anchor, costs nothing of the entry.
    let tolerated = an_import().with(|i| {
        let entry = &mut i.blob.entries[0];
        entry["introducedLater"] = json!({ "deep": [1, 2] });
        entry["statusReports"][0]["introducedLater"] = json!(1);
        let known = &mut entry[statement];
        known["attestationTypes"] = json!(["basic_full", "quantum"]);
        known["authenticationAlgorithms"] = json!(["secp256r1_ecdsa_sha256_raw", "pq_sign"]);
        known["keyProtection"] = json!(["hardware", "wax_seal"]);
        known["attestationRootCertificates"].as_array_mut().unwrap().push("AAAA".into());
    });
    let metadata = tolerated.judge().outcome.unwrap();
    assert!(metadata.quarantined().is_empty());
    assert_eq!(metadata.entries()[0].anchors().count(), 1);
    assert_eq!(metadata.entries()[0].unusable_anchors(), 1);
}

#[test]
fn a_payload_without_a_signature_is_named_as_such() {
    let import = an_import();
    let report = import.judge_unsigned();
    for id in [Md1, Md2, Md5] {
        assert_eq!(report.outcome_of(id), Some(Outcome::SkippedByPolicy));
    }
    import::passes(&report, Md6);
    assert_eq!(report.tolerances, ["metadata_signature_not_checked"]);
    assert!(!report.outcome.unwrap().is_signed());
    // The other checks hold for it all the same.
    let last_good = import.judge().outcome.unwrap();
    let older = import.with(|i| {
        i.previous = Some(last_good);
        i.blob.number -= 1;
    });
    import::fails(&older.judge_unsigned(), Md3, "metadata.older");
}

// ---------------------------------------------------------------- registrations

#[test]
fn a_registration_is_judged_by_the_entry_of_its_model() {
    for make in CERTIFIED {
        let valid = valid(known(make));
        passes(&valid.judgement, Md8);
        passes(&valid.judgement, Md4);
        passes(&valid.judgement, Md7);
        let verdict = valid.judgement.verdict();
        let facts = verdict.facts.metadata.as_ref().unwrap();
        assert_eq!(facts.status.as_deref(), Some("FIDO_CERTIFIED_L1"));
        assert!(facts.signature_checked && facts.number == 17);
        assert!(verdict.inputs.metadata.is_some());
        assert_eq!(verdict.tolerances, [""; 0]);

        let unknown = valid.but(|c| c.know_others(Registration::packed_basic("another")));
        if make(SEED).attestation.format == "fido-u2f" {
            fails(&unknown, Fu8, "metadata.no_entry");
        } else {
            fails(&unknown, Md8, "metadata.no_entry");
        }
        let apart = valid.but(|c| {
            c.know(|entry| entry["statusReports"] = json!([]));
        });
        fails(&apart, Md8, "metadata.quarantined");
    }
}

#[test]
fn metadata_is_refused_where_it_is_judged_and_not_loaded() {
    let valid = valid(known(Registration::tpm_ecc));
    passes(&valid.judgement, Md8);
    fails(&valid.but(|c| c.metadata = None), Md8, "policy.evidence_not_loaded");
    // Loaded and not judged, it decides nothing and vouches for nobody.
    let unjudged = valid.but(|c| {
        c.policy.metadata = Rule::NotJudged;
        c.store = Some(TrustStore::empty());
    });
    fails(&unjudged, X11, "path.no_anchor");
}

#[test]
fn an_authenticator_that_metadata_does_not_know_passes_only_by_a_named_rule() {
    let unknown = known(Registration::packed_basic)
        .given(|c| c.know_others(Registration::packed_basic("another")))
        .given(|c| c.policy.metadata_entry = Rule::NotJudged);
    let valid = valid(unknown);
    let verdict = valid.judgement.verdict();
    for id in [Md8, Md4, Md7, Md9, Pk14] {
        assert_eq!(verdict.outcome(id), Some(Outcome::SkippedByPolicy), "{id}");
    }
    fails(&valid.but(|c| c.policy.metadata_entry = Rule::Judged), Md8, "metadata.no_entry");
    // What is known is judged all the same, and what is set apart is known.
    let revoked = valid.but(|c| c.know(|entry| status(entry, "REVOKED", "2026-02-01")));
    fails(&revoked, Md7, "metadata.revoked");
    let apart = valid.but(|c| c.know(|entry| entry["statusReports"] = json!([])));
    fails(&apart, Md8, "metadata.quarantined");
}

#[test]
fn an_identifier_that_stands_in_two_entries_leads_to_neither() {
    for make in [Registration::packed_basic as Make, Registration::fido_u2f] {
        let valid = valid(known(make));
        let twice = valid.but(|c| {
            let entry = entry_for(&c.registration);
            c.metadata = Some(loaded(vec![entry.clone(), entry]));
        });
        fails(&twice, Md8, "metadata.quarantined");
    }
}

#[test]
fn metadata_may_be_overdue_at_a_registration_as_the_policy_says() {
    let valid = valid(known(Registration::apple));
    passes(&valid.judgement, Md4);
    let late = valid.with(|c| c.time = Some(UnixTime(TIME + 31 * DAY)));
    fails(&late.judge(), Md4, "metadata.overdue");
    let taken = late.given(|c| c.policy.metadata_overdue = Overdue::Grace { days: 1 }).judge();
    assert_eq!(taken.verdict().tolerances, ["metadata_overdue"]);
    let timeless = valid.but(|c| {
        c.policy.certificate_dates = Rule::NotJudged;
        c.time = None;
    });
    fails(&timeless, Md4, "malformed.missing");
}

#[test]
fn a_revoked_or_compromised_model_is_refused() {
    // case/N122, each of the four, and what the service calls revoked.
    for make in CERTIFIED.into_iter().chain([Registration::packed_self as Make]) {
        let valid = valid(known(make));
        passes(&valid.judgement, Md7);
        for (name, code) in [
            ("USER_VERIFICATION_BYPASS", "metadata.user_verification_bypass"),
            ("ATTESTATION_KEY_COMPROMISE", "metadata.attestation_key_compromise"),
            ("USER_KEY_REMOTE_COMPROMISE", "metadata.user_key_remote_compromise"),
            ("USER_KEY_PHYSICAL_COMPROMISE", "metadata.user_key_physical_compromise"),
            ("REVOKED", "metadata.revoked"),
        ] {
            let judged = valid.but(|c| c.know(|entry| status(entry, name, "2026-02-01")));
            fails(&judged, Md7, code);
        }
    }
}

#[test]
fn a_status_counts_from_its_date_on_and_a_bad_one_for_ever() {
    let valid = valid(known(Registration::packed_basic));
    let on = |date: &'static str| {
        valid.but(|c| c.know(|entry| status(entry, "USER_KEY_REMOTE_COMPROMISE", date)))
    };
    // TIME is the first second of 2026-06-01.
    fails(&on("2026-06-01"), Md7, "metadata.user_key_remote_compromise");
    let future = on("2026-06-02");
    passes(&future, Md7);
    let facts = future.verdict().facts.metadata.as_ref().unwrap();
    assert_eq!(facts.status.as_deref(), Some("FIDO_CERTIFIED_L1"));
    let undated = valid.but(|c| {
        c.know(|entry| entry["statusReports"] = json!([{ "status": "REVOKED" }]));
    });
    fails(&undated, Md7, "metadata.revoked");
    // A later certification, or an update, takes nothing back; nor does the order matter.
    let history = |reports: Value| valid.but(|c| c.know(|e| e["statusReports"] = reports));
    let bad = report("USER_VERIFICATION_BYPASS", "2025-01-01");
    let update = report("UPDATE_AVAILABLE", "2025-02-01");
    let certified = report("FIDO_CERTIFIED_L2", "2026-01-01");
    for reports in [json!([bad, update, certified]), json!([certified, update, bad])] {
        fails(&history(reports), Md7, "metadata.user_verification_bypass");
    }
}

#[test]
fn other_statuses_are_told_and_refuse_nothing() {
    let valid = valid(known(Registration::packed_basic));
    let told = valid.but(|c| {
        c.know(|entry| {
            entry["statusReports"] = json!([
                report("FIDO_CERTIFIED_L3plus", "2026-03-01"),
                report("UPDATE_AVAILABLE", "2026-02-01"),
                report("BLESSED_BY_A_COMMITTEE", "2026-02-01"),
                report("NOT_FIDO_CERTIFIED", "2025-02-01"),
                report("FIPS140_CERTIFIED_L2", "2025-02-01"),
            ]);
        });
    });
    passes(&told, Md7);
    let facts = told.verdict().facts.metadata.as_ref().unwrap();
    assert_eq!(facts.status.as_deref(), Some("FIDO_CERTIFIED_L3plus"));
    assert_eq!(facts.notices, ["UPDATE_AVAILABLE", "BLESSED_BY_A_COMMITTEE"]);
    let none_yet = valid.but(|c| {
        c.know(|entry| status_only(entry, "FIDO_CERTIFIED", "2027-01-01"));
    });
    passes(&none_yet, Md7);
    assert_eq!(none_yet.verdict().facts.metadata.as_ref().unwrap().status, None);
}

#[test]
fn a_compromise_that_names_a_certificate_is_about_those_under_it() {
    let valid = valid(known(Registration::packed_basic_with_intermediate));
    let named = |certificate: Vec<u8>| {
        valid.but(|c| {
            c.know(|entry| {
                status(entry, "ATTESTATION_KEY_COMPROMISE", "2026-02-01");
                entry["statusReports"][0]["certificate"] = base64(&certificate).into();
            });
        })
    };
    let chain = valid.with(|_| {}).registration.attestation.chain.unwrap();
    let x5c = chain.certificates(None);
    let root = chain.issuers[1].der();
    for certificate in [x5c[0].clone(), x5c[1].clone(), root] {
        fails(&named(certificate), Md7, "metadata.attestation_key_compromise");
    }
    passes(&named(Authority::root("another").der()), Md7);
    // One that cannot be read limits nothing.
    fails(&named(vec![1, 2, 3]), Md7, "metadata.attestation_key_compromise");
}

#[test]
fn a_packed_attestation_is_of_a_type_and_algorithm_that_metadata_lists() {
    let basic = valid(known(Registration::packed_basic));
    passes(&basic.judgement, Pk14);
    // case/N067
    let only_self = basic.but(|c| c.know(|e| types(e, &["basic_surrogate"])));
    fails(&only_self, Pk14, "metadata.attestation_type");
    passes(&basic.but(|c| c.know(|e| types(e, &["basic_surrogate", "basic_full"]))), Pk14);
    // case/N048
    let other = basic.but(|c| c.know(|e| algorithms(e, &["ed25519_eddsa_sha512_raw"])));
    fails(&other, Pk14, "metadata.algorithm");
    passes(&basic.but(|c| c.know(|e| algorithms(e, &["secp256r1_ecdsa_sha256_der"]))), Pk14);
    // What the authenticator itself answers counts too, as far as it is known.
    let answered = other_and_answered(&basic, -7);
    passes(&answered, Pk14);
    fails(&other_and_answered(&basic, -9999), Pk14, "metadata.algorithm");
    // case/N059: the attestation key's algorithm counts beside the credential's.
    let leaf = basic.with(|c| {
        c.chain().set_leaf_key(SigningKey::from_seed(KeyKind::Es384, "attestation"));
        c.attestation.algorithm = -35;
        c.know(|_| {});
    });
    fails(&leaf.judge(), Pk14, "metadata.algorithm");
    let both = ["secp256r1_ecdsa_sha256_raw", "secp384r1_ecdsa_sha384_raw"];
    passes(&leaf.given(|c| c.know(|e| algorithms(e, &both))).judge(), Pk14);

    let own = valid(known(Registration::packed_self));
    passes(&own.judgement, Pk14);
    let only_full = own.but(|c| c.know(|e| types(e, &["basic_full"])));
    fails(&only_full, Pk14, "metadata.attestation_type");
}

#[test]
fn every_algorithm_has_its_name_in_metadata() {
    for algorithm in [-7, -9, -35, -51, -36, -52, -8, -19, -53, -47, -257, -37] {
        let made = Registration::packed_self("algorithm").with_credential_algorithm(algorithm);
        let valid =
            valid(Enrollment::of(made, judged(Policy::webauthn())).given(|c| c.know(|_| {})));
        passes(&valid.judgement, Pk14);
        let unlisted = valid.but(|c| c.know(|e| algorithms(e, &["sm2_sm3_raw"])));
        fails(&unlisted, Pk14, "metadata.algorithm");
    }
}

#[test]
fn other_formats_are_of_a_type_and_algorithm_that_metadata_lists() {
    for make in [
        Registration::fido_u2f as Make,
        Registration::android_key,
        Registration::apple,
        Registration::tpm_ecc,
        Registration::tpm_rsa,
    ] {
        let valid = valid(known(make));
        passes(&valid.judgement, Md9);
        let other = valid.but(|c| c.know(|e| types(e, &["basic_surrogate"])));
        fails(&other, Md9, "metadata.attestation_type");
        let other = valid.but(|c| c.know(|e| algorithms(e, &["ed25519_eddsa_sha512_raw"])));
        fails(&other, Md9, "metadata.algorithm");
    }
}

#[test]
fn a_u2f_key_is_found_by_its_certificate() {
    let valid = valid(known(Registration::fido_u2f));
    passes(&valid.judgement, Fu8);
    fails(&valid.but(|c| c.metadata = None), Fu8, "policy.evidence_not_loaded");
    let other = valid.but(|c| {
        c.chain().set_leaf_key(SigningKey::from_seed(KeyKind::Es256, "another"));
    });
    fails(&other, Fu8, "metadata.no_entry");
    // What it states as its model is not signed, and finds nothing.
    let stated = valid.but(|c| {
        c.policy.u2f_zero_aaguid = Rule::NotJudged;
        let other = Registration::packed_basic("another");
        c.authenticator_data.aaguid = other.authenticator_data.aaguid;
        let entry = entry_for(&other);
        c.metadata = Some(loaded(vec![entry]));
    });
    fails(&stated, Fu8, "metadata.no_entry");
}

#[test]
fn the_anchors_of_an_entry_vouch_for_its_model_alone() {
    // case/X071 and T-22: the store is empty, metadata has two models with a root each.
    let (mine, other) = (Registration::packed_basic(SEED), Registration::packed_basic("another"));
    let both = || loaded(vec![entry_for(&mine), entry_for(&other)]);
    let valid = valid(known(Registration::packed_basic).given(|c| {
        c.store = Some(TrustStore::empty());
        c.metadata = Some(both());
    }));
    passes(&valid.judgement, X11);
    assert!(valid.judgement.accepted().unwrap().aaguid_verified);
    let claimed = other.authenticator_data.aaguid;
    let claims = valid.but(|c| {
        c.authenticator_data.aaguid = claimed;
        c.leaf().set_extension(device_enrollment_testkit::extension::fido_aaguid(claimed));
    });
    fails(&claims, X11, "path.anchor_not_reached");
    let without_roots = valid.but(|c| {
        c.know(|entry| entry["metadataStatement"]["attestationRootCertificates"] = json!([]));
    });
    fails(&without_roots, X11, "path.no_anchor");
}

#[test]
fn an_anchor_that_models_share_does_not_say_which_of_them_made_a_key() {
    let listed = Registration::packed_basic(SEED).authenticator_data.aaguid;
    let unnamed = known(Registration::packed_basic).given(|c| {
        c.store = Some(TrustStore::empty());
        c.policy.aaguids = Some(vec![listed]);
        c.leaf().remove_extension(oid::FIDO_AAGUID);
        c.know(|_| {});
    });
    // Its root is this model's alone.
    let valid = valid(unnamed);
    passes(&valid.judgement, Po3);
    let shared = valid.but(|c| {
        let mut sibling = entry_for(&Registration::packed_basic("another"));
        let entry = entry_for(&c.registration);
        sibling["metadataStatement"]["attestationRootCertificates"] =
            entry["metadataStatement"]["attestationRootCertificates"].clone();
        c.metadata = Some(loaded(vec![entry, sibling]));
    });
    fails(&shared, Po3, "policy.aaguid_unverified");
}

#[test]
fn every_verdict_over_an_unsigned_payload_says_so() {
    let unsigned = known(Registration::packed_basic).given(|c| {
        let blob = MetadataBlob::new("md", vec![entry_for(&c.registration)]);
        c.metadata = Some(Import::of(blob).judge_unsigned().outcome.unwrap());
    });
    let valid = valid(unsigned);
    assert_eq!(valid.judgement.verdict().tolerances, ["metadata_signature_not_checked"]);
    assert!(!valid.judgement.verdict().facts.metadata.as_ref().unwrap().signature_checked);
    let revoked = valid.but(|c| {
        let mut entry = entry_for(&c.registration);
        status(&mut entry, "REVOKED", "2026-02-01");
        let blob = MetadataBlob::new("md", vec![entry]);
        c.metadata = Some(Import::of(blob).judge_unsigned().outcome.unwrap());
    });
    fails(&revoked, Md7, "metadata.revoked");
    assert_eq!(revoked.verdict().tolerances, ["metadata_signature_not_checked"]);
}

#[test]
fn a_statement_without_attestation_has_nothing_to_look_up() {
    let valid = valid(bank(Registration::none).given(|c| c.policy.metadata = Rule::Judged));
    for id in [Md4, Md7, Md8, Md9] {
        assert_eq!(valid.judgement.verdict().outcome(id), Some(Outcome::NotApplicable));
    }
}

// ---------------------------------------------------------------- helpers

const SEED: &str = crate::harness::SEED;

const CERTIFIED: [Make; 6] = [
    Registration::packed_basic,
    Registration::packed_basic_with_intermediate,
    Registration::fido_u2f,
    Registration::android_key,
    Registration::apple,
    Registration::tpm_ecc,
];

/// A registration under WebAuthn's profile, judged by metadata that has an entry for it.
fn known(make: Make) -> Enrollment {
    plain(make).given(|c| {
        c.policy = judged(c.policy.clone());
        if c.registration.authenticator_data.aaguid == [0; 16] && c.attestation.format != "fido-u2f"
        {
            c.authenticator_data.aaguid = [7; 16];
        }
        c.know(|_| {});
    })
}

fn judged(mut policy: Policy) -> Policy {
    policy.metadata = Rule::Judged;
    policy
}

fn an_entry() -> Value {
    entry_for(&Registration::packed_basic(SEED))
}

fn loaded(entries: Vec<Value>) -> Metadata {
    Import::of(MetadataBlob::new("md", entries)).judge().outcome.unwrap()
}

fn header(import: &mut Import, change: impl Fn(&mut Value) + Send + Sync + 'static) {
    import.blob.edit_header = Edit::new(change);
}

/// Puts a report before the others, as the newest.
fn status(entry: &mut Value, name: &str, date: &str) {
    entry["statusReports"].as_array_mut().unwrap().insert(0, report(name, date));
}

fn status_only(entry: &mut Value, name: &str, date: &str) {
    entry["statusReports"] = json!([report(name, date)]);
}

fn types(entry: &mut Value, names: &[&str]) {
    entry["metadataStatement"]["attestationTypes"] = json!(names);
}

fn algorithms(entry: &mut Value, names: &[&str]) {
    entry["metadataStatement"]["authenticationAlgorithms"] = json!(names);
}

/// An entry that lists another algorithm, and names one more in getInfo.
fn other_and_answered(
    valid: &crate::harness::Valid<Enrollment>,
    identifier: i64,
) -> device_enrollment::Judgement<<Enrollment as Ceremony>::Accepted> {
    valid.but(|c| {
        c.know(|entry| {
            algorithms(entry, &["ed25519_eddsa_sha512_raw"]);
            entry["metadataStatement"]["authenticatorGetInfo"]["algorithms"] =
                json!([{ "type": "public-key", "alg": identifier }]);
        });
    })
}

/// A critical issuing distribution point.
fn scope(content: &[u8]) -> Extension {
    Extension::new("2.5.29.28", der::sequence(&[content.to_vec()])).critical()
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

trait Knows {
    /// Loads metadata with an entry for this registration, after a change of it.
    fn know(&mut self, change: impl FnOnce(&mut Value));
    /// Loads metadata that knows another registration's authenticator alone.
    fn know_others(&mut self, other: Registration);
}

impl Knows for Enrollment {
    fn know(&mut self, change: impl FnOnce(&mut Value)) {
        let mut entry = entry_for(&self.registration);
        change(&mut entry);
        // Another entry, so that one that is set apart is not the last.
        let other = entry_for(&Registration::packed_basic("beside"));
        self.metadata = Some(loaded(vec![entry, other]));
    }

    fn know_others(&mut self, other: Registration) {
        self.metadata = Some(loaded(vec![entry_for(&other)]));
    }
}
