//! The fifteen examples: what differs between them, and how one is made.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::{BoxedUint, RsaPrivateKey};

use super::certificates::{authority, chain, tpm_chain};
use super::draws::Draws;
use crate::assertion::Assertion;
use crate::attestation::android_key::{AuthorizationList, KeyDescription, integers, level, tag};
use crate::attestation::tpm::{CertifyInfo, PublicArea, TpmStatement, object};
use crate::attestation::{Attestation, Statement};
use crate::authenticator_data::flag;
use crate::authority::Authority;
use crate::client_data::ClientData;
use crate::der;
use crate::edit::Edit;
use crate::key::{KeyKind, SigningKey};
use crate::registration::Registration;
use crate::scheme::sha256;

const RP_ID: &str = "example.org";
const ORIGIN: &str = "https://example.org";
const TOP_ORIGIN: &str = "https://example.com";

/// A credential of the section: its registration, and one use of it.
#[derive(Clone, Debug)]
pub struct Example {
    /// The end of the section's anchor, such as `packed-es256`.
    pub id: &'static str,
    /// The registration.
    pub registration: Registration,
    /// The authentication.
    pub assertion: Assertion,
}

/// The examples, in the order of the section.
pub fn examples() -> Vec<Example> {
    let authority = authority();
    PLANS.iter().map(|plan| plan.make(&authority)).collect()
}

/// What one example is made of.
#[derive(Clone, Copy)]
struct Plan {
    id: &'static str,
    /// The `info` under which its values are drawn.
    info: &'static str,
    kind: KeyKind,
    format: Format,
    frame: Frame,
    challenge_length: usize,
    credential_id_length: usize,
}

/// How the credential is attested. The attestation key is its own P-256 key, except where the
/// format has the credential key attested directly.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    None,
    PackedSelf,
    Packed,
    Tpm,
    AndroidKey,
    Apple,
    FidoU2f,
}

/// In what frame both ceremonies ran.
#[derive(Clone, Copy)]
enum Frame {
    Top,
    CrossOrigin,
    CrossOriginUnderKnownTop,
}

const NONE: Plan = Plan {
    id: "none-es256",
    info: "none.ES256",
    kind: KeyKind::Es256,
    format: Format::None,
    frame: Frame::Top,
    challenge_length: 32,
    credential_id_length: 32,
};
const PACKED: Plan =
    Plan { id: "packed-es256", info: "packed.ES256", format: Format::Packed, ..NONE };

const PLANS: [Plan; 15] = [
    NONE,
    Plan { id: "packed-self-es256", info: "packed-self.ES256", format: Format::PackedSelf, ..NONE },
    Plan {
        id: "none-es256-crossOrigin",
        info: "none.ES256.crossOrigin",
        frame: Frame::CrossOrigin,
        ..NONE
    },
    Plan {
        id: "none-es256-topOrigin",
        info: "none.ES256.topOrigin",
        frame: Frame::CrossOriginUnderKnownTop,
        ..NONE
    },
    // The longest credential identifier that is allowed.
    Plan {
        id: "none-es256-long-credential-id",
        info: "none.ES256.long-credential-id",
        credential_id_length: 1023,
        ..NONE
    },
    PACKED,
    Plan { id: "packed-es384", info: "packed.ES384", kind: KeyKind::Es384, ..PACKED },
    Plan {
        id: "packed-es512",
        info: "packed.ES512",
        kind: KeyKind::Es512,
        challenge_length: 128,
        ..PACKED
    },
    Plan { id: "packed-rs256", info: "packed.RS256", kind: KeyKind::Rsa2048, ..PACKED },
    Plan { id: "packed-eddsa", info: "packed.EdDSA", kind: KeyKind::EdDsa, ..PACKED },
    Plan { id: "packed-ed448", info: "packed.Ed448", kind: KeyKind::Ed448, ..PACKED },
    Plan { id: "tpm-es256", info: "tpm.ES256", format: Format::Tpm, ..NONE },
    Plan { id: "android-key-es256", info: "android-key.ES256", format: Format::AndroidKey, ..NONE },
    Plan { id: "apple-es256", info: "apple.ES256", format: Format::Apple, ..NONE },
    Plan { id: "fido-u2f-es256", info: "fido-u2f.ES256", format: Format::FidoU2f, ..NONE },
];

impl Plan {
    /// Every value is drawn where the section draws it: the order is part of the recipe.
    fn make(&self, authority: &Authority) -> Example {
        let mut draws = Draws::new(self.info);
        let registration = self.registration(authority, &mut draws);
        let assertion = self.assertion(&registration, &mut draws);
        Example { id: self.id, registration, assertion }
    }

    fn registration(&self, authority: &Authority, draws: &mut Draws) -> Registration {
        let challenge = draws.bytes(self.challenge_length);
        let key = match self.kind {
            KeyKind::Rsa2048 => mersenne_key(),
            kind => draws.key(kind),
        };
        let client_data = self.client_data("webauthn.create", &challenge, draws);
        let aaguid = draws.array();
        let credential_id = draws.bytes(self.credential_id_length);
        let mut flags = flag::USER_PRESENT | flag::ATTESTED;
        if self.format != Format::FidoU2f {
            let drawn =
                draws.bits(flag::USER_VERIFIED | flag::BACKUP_ELIGIBLE | flag::BACKUP_STATE);
            flags |= backed_up_only_if_eligible(drawn, drawn);
        }
        let attestation = self.attestation(&key, authority, draws);

        let mut registration = Registration::with_attestation(self.info, key, aaguid, attestation);
        registration.rp_id = RP_ID.into();
        registration.origin = ORIGIN.into();
        registration.challenge = challenge;
        registration.client_data = client_data;
        registration.authenticator_data.rp_id_hash = sha256(RP_ID.as_bytes());
        registration.authenticator_data.flags = flags;
        registration.authenticator_data.credential_id = credential_id;
        registration
    }

    fn assertion(&self, registration: &Registration, draws: &mut Draws) -> Assertion {
        let mut assertion = Assertion::of(registration);
        assertion.challenge = draws.bytes(self.challenge_length);
        assertion.client_data = self.client_data("webauthn.get", &assertion.challenge, draws);
        let eligible = registration.authenticator_data.flags & flag::BACKUP_ELIGIBLE;
        let drawn = draws.bits(flag::USER_VERIFIED | flag::BACKUP_STATE);
        assertion.authenticator_data.flags =
            flag::USER_PRESENT | eligible | backed_up_only_if_eligible(drawn, eligible);
        assertion.authenticator_data.sign_count = 0;
        assertion
    }

    fn client_data(&self, ceremony: &str, challenge: &[u8], draws: &mut Draws) -> ClientData {
        let mut client_data = ClientData::new(ceremony, challenge.to_vec());
        client_data.origin = ORIGIN.into();
        client_data.cross_origin = Some(!matches!(self.frame, Frame::Top));
        if matches!(self.frame, Frame::CrossOriginUnderKnownTop) {
            client_data.top_origin = Some(TOP_ORIGIN.into());
        }
        // About half of the examples show that client data can grow.
        if draws.bits(1) == 1 {
            let random = URL_SAFE_NO_PAD.encode(draws.bytes(16));
            let text = format!(
                "clientDataJSON may be extended with additional fields in the future, such as \
                 this: {random}"
            );
            client_data.extra = vec![("extraData".into(), text.into())];
        }
        client_data
    }

    fn attestation(
        &self,
        credential: &SigningKey,
        authority: &Authority,
        draws: &mut Draws,
    ) -> Attestation {
        let attestation_key = |draws: &mut Draws| draws.key(KeyKind::Es256);
        let (format, statement, chain) = match self.format {
            Format::None => ("none", Statement::None, None),
            Format::PackedSelf => ("packed", Statement::PackedSelf, None),
            Format::Packed => {
                let key = attestation_key(draws);
                ("packed", Statement::Packed, Some(chain(authority, key, draws)))
            }
            Format::Tpm => {
                let key = attestation_key(draws);
                ("tpm", self.tpm(credential), Some(tpm_chain(authority, key, draws)))
            }
            Format::AndroidKey => {
                let statement = Statement::AndroidKey(Box::new(key_description()));
                let chain = chain(authority, credential.clone(), draws);
                ("android-key", statement, Some(chain))
            }
            Format::Apple => {
                let chain = chain(authority, credential.clone(), draws);
                ("apple", Statement::Apple { nonce: None }, Some(chain))
            }
            Format::FidoU2f => {
                let key = attestation_key(draws);
                let chain = chain(authority, key, draws);
                ("fido-u2f", Statement::FidoU2f { public_key: None }, Some(chain))
            }
        };
        // Self attestation comes with an ES256 credential only, so every signature is of that kind.
        Attestation::new(format, statement, -7, chain)
    }

    /// A key that may sign and has no other attribute, certified by a TPM without a name.
    fn tpm(&self, credential: &SigningKey) -> Statement {
        let public_area = PublicArea {
            object_attributes: object::SIGN,
            authorization_policy: Vec::new(),
            ..PublicArea::for_key(self.info, credential)
        };
        let mut clock_info = [0; 17];
        clock_info[8..12].fill(0x11);
        clock_info[12..16].fill(0x22);
        clock_info[16] = 0x33;
        let certify = CertifyInfo {
            qualified_signer: Vec::new(),
            clock_info,
            firmware_version: 0,
            qualified_name: Vec::new(),
            ..CertifyInfo::new(self.info)
        };
        Statement::Tpm(Box::new(TpmStatement {
            version: "2.0".into(),
            public_area,
            certify,
            edit_public_area: Edit::none(),
        }))
    }
}

/// A key for signing, made where it is kept, which is in software.
fn key_description() -> KeyDescription {
    let mut hardware_enforced = AuthorizationList::default();
    hardware_enforced.set(tag::PURPOSE, integers(&[2]));
    hardware_enforced.set(tag::ORIGIN, der::integer(0));
    KeyDescription {
        attestation_version: 300,
        attestation_security_level: level::SOFTWARE,
        keymint_version: 0,
        keymint_security_level: level::SOFTWARE,
        challenge: None,
        unique_id: Vec::new(),
        software_enforced: AuthorizationList::default(),
        hardware_enforced,
        trailing: Vec::new(),
    }
}

fn backed_up_only_if_eligible(flags: u8, eligible: u8) -> u8 {
    if eligible & flag::BACKUP_ELIGIBLE == 0 { flags & !flag::BACKUP_STATE } else { flags }
}

/// The RSA key of 3482 bits whose factors are the two smallest Mersenne primes of more than
/// 1024 bits: nobody can say that they were chosen with an intention.
fn mersenne_key() -> SigningKey {
    static KEY: OnceLock<RsaPrivateKey> = OnceLock::new();
    SigningKey::Rsa(KEY.get_or_init(|| {
        let exponent = BoxedUint::from_be_slice_vartime(&65_537u32.to_be_bytes());
        RsaPrivateKey::from_p_q(mersenne_prime(1279), mersenne_prime(2203), exponent)
            .expect("a consistent key")
    }))
}

/// 2 to the power of `bits`, less one.
fn mersenne_prime(bits: usize) -> BoxedUint {
    let mut bytes = vec![0xff; bits.div_ceil(8)];
    bytes[0] >>= bytes.len() * 8 - bits;
    BoxedUint::from_be_slice_vartime(&bytes)
}
