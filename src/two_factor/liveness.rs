//! Results of face liveness: believed only when their provider signed them for us, for this device,
//! over the nonce we gave out, a short time ago, and once (security.md T-58).

mod keys;
mod nonce;

pub use keys::{LivenessKey, LivenessKeyError};
pub use nonce::LivenessNonce;

use super::device::ImageKey;
use crate::crypto::Algorithm;
use crate::encoding::json::Json;
use crate::encoding::jws::{Jws, es256_to_der};
use crate::flow::Uuid4;
use crate::time::UnixMillis;

/// A provider whose results are taken, and how.
///
/// The published page has the device's request carry an `image_key`. Whoever serves it exchanges the
/// key for the provider's result, a JSON Web Signature, and has it judged here. The page activates the
/// device by liveness alone, where OWASP ASVS 6.5.7 would have a second factor beside biometrics; a
/// bank that wants one does not offer `liveness`.
#[derive(Debug, Clone)]
pub struct LivenessProvider {
    /// `iss` of its results.
    pub issuer: String,
    /// What it has to name as `aud`: us.
    pub audience: String,
    /// The keys it signs with. A result names one by `kid`.
    pub keys: Vec<LivenessKey>,
    /// Seconds that a result may be old, by its `iat`.
    pub most_age_seconds: u32,
    /// Seconds that the provider's clock may be ahead of ours.
    pub most_skew_seconds: u32,
}

impl LivenessProvider {
    /// A provider whose results may be 5 minutes old, and whose clock 30 seconds ahead.
    #[must_use]
    pub fn new(issuer: &str, audience: &str, keys: Vec<LivenessKey>) -> Self {
        Self {
            issuer: issuer.to_owned(),
            audience: audience.to_owned(),
            keys,
            most_age_seconds: 300,
            most_skew_seconds: 30,
        }
    }

    /// Judges a result for the image of one device.
    ///
    /// The claims are `iss`, `aud`, `sub` (the device key), `nonce`, `jti`, `iat` (in seconds),
    /// `result` (`approved` or anything else) and `image_key`. Others are not looked at.
    ///
    /// # Errors
    ///
    /// The first reason not to take it, in the order of [`LivenessRefusal`].
    pub fn judge(
        &self,
        result: &[u8],
        nonce: &LivenessNonce,
        image_key: &ImageKey,
        now: UnixMillis,
    ) -> Result<VerifiedLiveness, LivenessRefusal> {
        let signed =
            Jws::read(result, "liveness result").map_err(|_| LivenessRefusal::Malformed)?;
        self.verify(&signed)?;
        let claims = Claims::read(signed.payload()).ok_or(LivenessRefusal::Malformed)?;
        if claims.issuer != self.issuer {
            return Err(LivenessRefusal::Issuer);
        }
        if !claims.audiences.contains(&self.audience) {
            return Err(LivenessRefusal::Audience);
        }
        if claims.subject != nonce.device_key() {
            return Err(LivenessRefusal::OtherDevice);
        }
        if !nonce.is(&claims.nonce) {
            return Err(LivenessRefusal::Nonce);
        }
        if now.has_reached(nonce.expires_at()) {
            return Err(LivenessRefusal::NonceExpired);
        }
        if claims.image_key != image_key.as_str() {
            return Err(LivenessRefusal::OtherImage);
        }
        self.judge_age(claims.issued_at, now)?;
        if claims.result != "approved" {
            return Err(LivenessRefusal::NotApproved);
        }
        Ok(VerifiedLiveness {
            issuer: claims.issuer,
            id: claims.id,
            proof: LivenessProof {
                account_key: nonce.account_key(),
                device_key: nonce.device_key(),
                image_key: image_key.clone(),
            },
        })
    }

    /// The key is chosen by `kid` among ours, and the algorithm is the key's: what the header says is
    /// compared with it, never followed.
    fn verify(&self, signed: &Jws) -> Result<(), LivenessRefusal> {
        let kid = signed.key_id().ok_or(LivenessRefusal::UnknownKey)?;
        let key =
            self.keys.iter().find(|key| key.id() == kid).ok_or(LivenessRefusal::UnknownKey)?;
        if signed.algorithm() != Some(key.name()) {
            return Err(LivenessRefusal::Algorithm);
        }
        let converted;
        let signature = match key.algorithm() {
            Algorithm::Es256 => {
                converted = es256_to_der(signed.signature()).ok_or(LivenessRefusal::Signature)?;
                converted.as_slice()
            }
            _ => signed.signature(),
        };
        key.algorithm()
            .verify(key.public(), &[signed.signing_input()], signature)
            .map_err(|_| LivenessRefusal::Signature)
    }

    fn judge_age(&self, issued_at: UnixMillis, now: UnixMillis) -> Result<(), LivenessRefusal> {
        let millis = |seconds: u32| i64::from(seconds).saturating_mul(1000);
        if issued_at > now.plus_millis(millis(self.most_skew_seconds)) {
            return Err(LivenessRefusal::FromTheFuture);
        }
        let too_old = issued_at.plus_millis(millis(self.most_age_seconds));
        if now.has_reached(too_old) { Err(LivenessRefusal::TooOld) } else { Ok(()) }
    }
}

struct Claims {
    issuer: String,
    audiences: Vec<String>,
    subject: Uuid4,
    nonce: String,
    id: String,
    issued_at: UnixMillis,
    result: String,
    image_key: String,
}

impl Claims {
    fn read(payload: &[u8]) -> Option<Self> {
        let claims = Json::read(payload, "liveness claims").ok()?;
        let text = |name| claims.member(name).and_then(Json::string).map(str::to_owned);
        let id = text("jti")?;
        if !(1..=128).contains(&id.len()) {
            return None;
        }
        // RFC 7519 section 4.1.3: one audience, or several.
        let audiences = match claims.member("aud")? {
            Json::String(audience) => vec![audience.to_string()],
            several => several
                .array()?
                .iter()
                .map(|audience| audience.string().map(str::to_owned))
                .collect::<Option<_>>()?,
        };
        let issued_at = claims.member("iat")?.integer()?.checked_mul(1000)?;
        Some(Self {
            issuer: text("iss")?,
            audiences,
            subject: Uuid4::parse(&text("sub")?)?,
            nonce: text("nonce")?,
            id,
            issued_at: UnixMillis(issued_at),
            result: text("result")?,
            image_key: text("image_key")?,
        })
    }
}

/// A result that is sound, and of which it is not known yet whether it was used before.
///
/// Insert [`issuer`](Self::issuer) and [`id`](Self::id) under a unique constraint, delete the nonce
/// in the same transaction, and say with [`used_first`](Self::used_first) whether the insertion took
/// place. What was inserted is kept for as long as the provider's results may be old, and a day more.
#[derive(Debug)]
#[must_use = "a result counts once its id is burned"]
pub struct VerifiedLiveness {
    issuer: String,
    id: String,
    proof: LivenessProof,
}

impl VerifiedLiveness {
    /// `iss` of the result.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `jti` of the result, unique for its issuer.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The proof, when this was the first use.
    ///
    /// # Errors
    ///
    /// [`LivenessRefusal::Replayed`] when it was not.
    pub fn used_first(self, inserted: bool) -> Result<LivenessProof, LivenessRefusal> {
        if inserted { Ok(self.proof) } else { Err(LivenessRefusal::Replayed) }
    }
}

/// An approved liveness result for one image of one device: made by [`VerifiedLiveness::used_first`]
/// alone, neither cloned nor stored.
#[derive(Debug)]
#[must_use = "the device has to be told"]
pub struct LivenessProof {
    account_key: Uuid4,
    device_key: Uuid4,
    image_key: ImageKey,
}

impl LivenessProof {
    pub(super) fn is_for(
        &self,
        account_key: Uuid4,
        device_key: Uuid4,
        image_key: Option<&ImageKey>,
    ) -> bool {
        self.account_key == account_key
            && self.device_key == device_key
            && Some(&self.image_key) == image_key
    }
}

/// Why a liveness result was not taken. To the requester all are
/// [`LIV000001`](super::PublishedCode::LivenessNotApproved); the reason is for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LivenessRefusal {
    /// No compact JWS, or a claim is missing or of another type.
    Malformed,
    /// No `kid`, or none of the provider's keys.
    UnknownKey,
    /// `alg` is not the algorithm of the key.
    Algorithm,
    /// The signature does not verify.
    Signature,
    /// Another issuer.
    Issuer,
    /// For another audience.
    Audience,
    /// For another device.
    OtherDevice,
    /// Over another nonce.
    Nonce,
    /// The nonce was given out too long ago.
    NonceExpired,
    /// For another image.
    OtherImage,
    /// Issued later than now.
    FromTheFuture,
    /// Issued too long ago.
    TooOld,
    /// The provider did not approve.
    NotApproved,
    /// It was used before.
    Replayed,
    /// The proof is that of another device.
    ForeignProof,
}
