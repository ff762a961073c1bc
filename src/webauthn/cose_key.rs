//! COSE keys (WebAuthn Level 3 §5.8.5, RFC 9052 §7): one typed key in which algorithm, key type,
//! curve and size cannot disagree.

use crate::crypto::{Algorithm, KeyKind, PublicKey, SignatureError};
use crate::encoding::cbor::Value;
use crate::policy::Policy;
use crate::verdict::marker::Po4;
use crate::verdict::{Cause, Evidence, Failure, Fault, Ledger, Malformed, Reason, Settled};

const ITEM: &str = "credential public key";

const KTY: i64 = 1;
const ALG: i64 = 3;
/// `crv` of an elliptic-curve key; `n` of an RSA key; `pub` of a lattice key.
const CRV_OR_N: i64 = -1;
/// `x` of an elliptic-curve key; `e` of an RSA key.
const X_OR_E: i64 = -2;
const Y: i64 = -3;

const KTY_OKP: i64 = 1;
const KTY_EC2: i64 = 2;
const KTY_RSA: i64 = 3;
/// Algorithm Key Pair: the algorithm alone says what the key is (RFC 9964).
const KTY_AKP: i64 = 7;

/// A credential public key under its algorithm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) key: PublicKey,
}

/// The algorithm that a COSE key states, before anything else about it is judged.
pub(crate) fn stated_algorithm(key: &Value<'_>) -> Option<i64> {
    key.label(ALG).and_then(Value::integer)
}

impl CredentialKey {
    /// Reads a COSE key that was parsed from authenticator data.
    pub(crate) fn from_cbor(key: &Value<'_>) -> Result<Self, Cause> {
        Self::read(key)?.usable()
    }

    /// The form of a key; whether its coordinates are on their curve is left open.
    fn read(key: &Value<'_>) -> Result<Self, Cause> {
        let entries = key.map().ok_or_else(|| Malformed::new(ITEM, Fault::WrongType, 0))?;
        let algorithm = Algorithm::read(integer(key, ALG, "alg")?)?;
        let kind = algorithm.key_kind();
        let (kty, members): (i64, &[i64]) = match kind {
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Secp256k1 => {
                (KTY_EC2, &[KTY, ALG, CRV_OR_N, X_OR_E, Y])
            }
            KeyKind::Ed25519 | KeyKind::Ed448 => (KTY_OKP, &[KTY, ALG, CRV_OR_N, X_OR_E]),
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                (KTY_AKP, &[KTY, ALG, CRV_OR_N])
            }
            KeyKind::Rsa => (KTY_RSA, &[KTY, ALG, CRV_OR_N, X_OR_E]),
        };
        let found = integer(key, KTY, "kty")?;
        if found != kty {
            let refusal = Reason::KeyTypeMismatch.expected(Evidence::Number("kty", kty));
            return Err(refusal.found(Evidence::Number("kty", found)).into());
        }
        // No OPTIONAL parameters (§6.5.1): no key_ops, no kid, and never a private part.
        let unexpected =
            entries.iter().any(|(label, _)| !label.integer().is_some_and(|l| members.contains(&l)));
        if unexpected {
            return Err(Reason::KeyMemberUnexpected.into());
        }
        let key = match kind {
            KeyKind::Rsa => {
                PublicKey::from_rsa(bytes(key, CRV_OR_N, "n")?, bytes(key, X_OR_E, "e")?)?
            }
            KeyKind::Ed25519 | KeyKind::Ed448 => {
                match_curve(key, kind)?;
                PublicKey::from_edwards(kind, bytes(key, X_OR_E, "x")?)?
            }
            KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 => {
                PublicKey::from_ml_dsa(kind, bytes(key, CRV_OR_N, "pub")?)?
            }
            KeyKind::P256 | KeyKind::P384 | KeyKind::P521 | KeyKind::Secp256k1 => {
                match_curve(key, kind)?;
                if matches!(key.label(Y), Some(Value::Bool(_))) {
                    return Err(Reason::PointCompressed.into());
                }
                PublicKey::read_coordinates(kind, bytes(key, X_OR_E, "x")?, bytes(key, Y, "y")?)?
            }
        };
        Ok(Self { algorithm, key })
    }

    /// Reads a stored COSE key. Records that other libraries wrote may have their members in
    /// another order, so order alone is not judged; everything else is, but for the curve, which
    /// [`CredentialKey::verify_stored`] answers for.
    pub(crate) fn from_stored(bytes: &[u8]) -> Result<Self, Cause> {
        Self::read(&Value::read_in_any_order(bytes, "stored public key", 1)?)
    }

    /// Verifies a signature by a stored key. The inner error is the signature's; the outer one says
    /// that the key is none: a signature that verifies proves the point, so that the point need be
    /// looked at only where one does not.
    pub(crate) fn verify_stored(
        &self,
        message: &[&[u8]],
        signature: &[u8],
    ) -> Result<Result<(), SignatureError>, Cause> {
        let verified = self.algorithm.verify(&self.key, message, signature);
        if verified.is_err() {
            self.clone().usable()?;
        }
        Ok(verified)
    }

    fn usable(self) -> Result<Self, Cause> {
        match self.key.coordinates() {
            Some(_) => Ok(Self { key: self.key.on_curve()?, ..self }),
            None => Ok(self),
        }
    }
}

/// PO-4: the policy's own list, whatever was offered; and RS1 only where it is let in.
pub(super) fn accepted_algorithm(
    algorithm: Algorithm,
    policy: &Policy,
    ledger: &mut Ledger,
) -> Result<Settled<Po4>, Failure> {
    let evidence = Evidence::Number("alg", algorithm.cose());
    if algorithm == Algorithm::Rs1 {
        if policy.refuse_sha1.is_judged() {
            return ledger.judge(|| Err(Reason::AlgorithmSha1.found(evidence).into()));
        }
        ledger.tolerate("sha1_signatures");
    }
    match &policy.algorithms {
        None => ledger.judge(|| Ok(Evidence::Note("every algorithm"))),
        Some(accepted) => ledger.judge(|| {
            if accepted.contains(&algorithm) {
                Ok(evidence)
            } else {
                Err(Reason::AlgorithmNotAccepted.found(evidence).into())
            }
        }),
    }
}

fn match_curve(key: &Value<'_>, kind: KeyKind) -> Result<(), Cause> {
    let expected = match kind {
        KeyKind::P256 => 1,
        KeyKind::P384 => 2,
        KeyKind::P521 => 3,
        KeyKind::Ed25519 => 6,
        KeyKind::Ed448 => 7,
        KeyKind::Secp256k1 => 8,
        KeyKind::MlDsa44 | KeyKind::MlDsa65 | KeyKind::MlDsa87 | KeyKind::Rsa => return Ok(()),
    };
    let found = integer(key, CRV_OR_N, "crv")?;
    if found == expected {
        Ok(())
    } else {
        let refusal = Reason::CurveMismatch.expected(Evidence::Note(kind.name()));
        Err(refusal.found(Evidence::Number("crv", found)).into())
    }
}

fn integer(key: &Value<'_>, label: i64, name: &'static str) -> Result<i64, Cause> {
    let value = member(key, label, name)?;
    value.integer().ok_or_else(|| Malformed::new(name, Fault::WrongType, 0).into())
}

fn bytes<'a>(key: &Value<'a>, label: i64, name: &'static str) -> Result<&'a [u8], Cause> {
    let value = member(key, label, name)?;
    value.bytes().ok_or_else(|| Malformed::new(name, Fault::WrongType, 0).into())
}

fn member<'v, 'a>(
    key: &'v Value<'a>,
    label: i64,
    name: &'static str,
) -> Result<&'v Value<'a>, Cause> {
    key.label(label).ok_or_else(|| Reason::KeyMemberMissing.found(Evidence::Note(name)).into())
}
