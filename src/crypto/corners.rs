//! Signatures at the corners where implementations are known to part, for every provider.
#![expect(clippy::arithmetic_side_effects, reason = "a test may fail loudly")]

mod rsa_sizes;

use rsa_sizes::{MESSAGE, SIGNED};

use super::{Hash, KeyKind, PublicKey, Scheme, SignatureError, from_hex, providers};

/// The verdict of all providers, which have to agree.
fn verdict(
    scheme: Scheme,
    key: &PublicKey,
    message: &[u8],
    signature: &[u8],
) -> Result<(), SignatureError> {
    let verdicts: Vec<_> = providers()
        .into_iter()
        .map(|(_, verifier)| verifier.verify(scheme, key, &[message], signature))
        .collect();
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{scheme:?}: {verdicts:?}");
    verdicts[0]
}

#[test]
fn rsa_keys_of_every_size_and_exponent_within_the_bounds() {
    for signed in SIGNED {
        let modulus = from_hex(signed.modulus);
        let key = PublicKey::from_rsa(&modulus, signed.exponent).unwrap();
        for (scheme, signature) in [
            (Scheme::RsaPkcs1(Hash::Sha256), from_hex(signed.pkcs1)),
            (Scheme::RsaPss(Hash::Sha256), from_hex(signed.pss)),
        ] {
            let verdict = |signature: &[u8]| verdict(scheme, &key, MESSAGE, signature);
            assert_eq!(verdict(&signature), Ok(()), "{} bits, {scheme:?}", signed.bits);
            // As long as the modulus, no shorter and no longer (RFC 8017 section 8.1.2, step 1).
            for zeros in 1..=16 {
                let longer = [&vec![0; zeros], &signature[..]].concat();
                assert_eq!(verdict(&longer), INVALID, "{} bits, {zeros} zeros", signed.bits);
            }
            assert_eq!(verdict(&signature[1..]), INVALID);
            assert_eq!(verdict(&[]), INVALID);
            // Below the modulus (section 5.2.2, step 1), though the power would be the same.
            let sum = add(&signature, &modulus);
            assert_eq!(verdict(&sum), INVALID, "{} bits, s + n", signed.bits);
            assert_eq!(verdict(&modulus), INVALID);
            assert_eq!(verdict(&vec![0; modulus.len()]), INVALID);
        }
        let (pkcs1, pss) = (from_hex(signed.pkcs1), from_hex(signed.pss));
        assert_eq!(verdict(Scheme::RsaPss(Hash::Sha256), &key, MESSAGE, &pkcs1), INVALID);
        assert_eq!(verdict(Scheme::RsaPkcs1(Hash::Sha256), &key, MESSAGE, &pss), INVALID);
    }
}

/// Who knows the secret of an Ed25519 key can make such signatures; that each R has one of the
/// small orders is all that is wrong with them.
#[test]
fn an_r_of_small_order_is_refused() {
    for (message, signature) in [
        (
            "message 35",
            "010000000000000000000000000000000000000000000000000000000000000061e03a6c45f2d21d482c0d7a332cf0f4004dbf24fe5a73cacc486e4c3702870a",
        ),
        (
            "message 7",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a6092dc5d760da1a348092487846aa6c994a694001e14dba8abf89919ba759a0d",
        ),
        (
            "message 11",
            "0000000000000000000000000000000000000000000000000000000000000080f2c71097db85cf036a161594919d7877b1b4c9c94cef86c2b8192318a4258500",
        ),
        (
            "message 1",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05917874b9404bdfc1934ec437d58724243320c1569494fd80e6426e63841ef70f",
        ),
        (
            "message 16",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f6693620e0af848d61689c7f8d9794865a2913eee86cc43d9c5eefd38a877a10b",
        ),
        (
            "message 13",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85979dc45401ff5739ff6e0c7061f622c83462e3d6a5ae6c275fee9b6a2844ea00",
        ),
        (
            "message 2",
            "000000000000000000000000000000000000000000000000000000000000000001087034e58ba68de778282128e88b18ab237814c407c44a139f1235616f5a02",
        ),
        (
            "message 10",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa428810ba0cf963b7263b23be4f731169f7f77bd4acf9874a4ea78774a2f99a0c",
        ),
    ] {
        let signature = from_hex(signature);
        assert_eq!(verdict(Scheme::EdDsa, &mixed_order(), message.as_bytes(), &signature), INVALID);
    }
}

/// A key may have a part of small order. Whether a signature verifies is then decided without
/// the cofactor: the first verifies either way, the second only where it is multiplied in.
#[test]
fn ed25519_is_verified_without_the_cofactor() {
    for (message, signature, expected) in [
        (
            "message 9",
            "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0aacb00e87d3b3c6d20a26f5b34b94172c6799c6b7a7ec1ee5772b80283305a80b",
            Ok(()),
        ),
        (
            "message 0",
            "3e54c441927f9f0ee5e13e34f0b0404c5043651a8f4b7ef087a1c42262a85d0aa635ebb6260aab6640e7e4baac588477d6590df8a83cfb0c8d27136c06051e00",
            INVALID,
        ),
    ] {
        let signature = from_hex(signature);
        assert_eq!(
            verdict(Scheme::EdDsa, &mixed_order(), message.as_bytes(), &signature),
            expected
        );
    }
}

/// A scheme for keys of another type is said to be that, not to be a bad signature.
#[test]
fn a_scheme_of_another_key_is_named() {
    let key = mixed_order();
    for scheme in [
        Scheme::Ecdsa(Hash::Sha256),
        Scheme::MlDsa,
        Scheme::RsaPkcs1(Hash::Sha256),
        Scheme::RsaPss(Hash::Sha256),
    ] {
        assert_eq!(verdict(scheme, &key, b"", &[0; 64]), Err(SignatureError::KeyType));
    }
}

/// The sum of a point in the subgroup of prime order and one of order 8.
fn mixed_order() -> PublicKey {
    let point = from_hex("5e81d8a20165377d5182def6e11dd8cc2377ee4a64db9e17743903301012737b");
    PublicKey::from_edwards(KeyKind::Ed25519, &point).unwrap()
}

/// The sum of two numbers, big-endian; as long as they are where that is enough.
fn add(one: &[u8], other: &[u8]) -> Vec<u8> {
    let mut carry = 0;
    let mut sum = Vec::new();
    for (one, other) in one.iter().rev().zip(other.iter().rev()) {
        let digit = u16::from(*one) + u16::from(*other) + carry;
        sum.push(digit.to_be_bytes()[1]);
        carry = digit >> 8;
    }
    if carry != 0 {
        sum.push(1);
    }
    sum.reverse();
    sum
}

const INVALID: Result<(), SignatureError> = Err(SignatureError::Invalid);
