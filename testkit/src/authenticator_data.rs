//! The authenticator data: what the authenticator itself says, in bytes.

use ciborium::Value;

use crate::cbor;

/// The bits of the flags byte.
pub mod flag {
    /// UP: somebody was there.
    pub const USER_PRESENT: u8 = 0x01;
    /// Reserved for future use.
    pub const RESERVED_1: u8 = 0x02;
    /// UV: that somebody proved who they are.
    pub const USER_VERIFIED: u8 = 0x04;
    /// BE: the credential may be backed up.
    pub const BACKUP_ELIGIBLE: u8 = 0x08;
    /// BS: the credential is backed up.
    pub const BACKUP_STATE: u8 = 0x10;
    /// Reserved for future use.
    pub const RESERVED_5: u8 = 0x20;
    /// AT: attested credential data follows.
    pub const ATTESTED: u8 = 0x40;
    /// ED: extension data follows.
    pub const EXTENSIONS: u8 = 0x80;
}

/// The fields of the authenticator data.
#[derive(Clone, Debug)]
pub struct AuthenticatorData {
    /// SHA-256 of the relying party identifier.
    pub rp_id_hash: [u8; 32],
    /// The [`flag`] bits.
    pub flags: u8,
    /// The signature counter.
    pub sign_count: u32,
    /// The authenticator model.
    pub aaguid: [u8; 16],
    /// The credential's identifier.
    pub credential_id: Vec<u8>,
    /// Claims another length for the credential identifier than it has.
    pub credential_id_length: Option<u16>,
    /// The credential's public key, as a COSE key.
    pub public_key: Value,
    /// Sends these bytes in place of the encoded public key.
    pub public_key_bytes: Option<Vec<u8>>,
    /// Writes the attested credential data, or leaves it out, whatever the AT flag says.
    pub attested: Option<bool>,
    /// Extension outputs; written when there are any, whatever the ED flag says.
    pub extensions: Option<Value>,
    /// Sends these bytes in place of the encoded extension outputs.
    pub extensions_bytes: Option<Vec<u8>>,
    /// Bytes after everything else.
    pub trailing: Vec<u8>,
    /// Sends these bytes instead of everything above.
    pub bytes: Option<Vec<u8>>,
}

impl AuthenticatorData {
    /// Sets a flag.
    pub fn set_flag(&mut self, flag: u8) {
        self.flags |= flag;
    }

    /// Clears a flag.
    pub fn clear_flag(&mut self, flag: u8) {
        self.flags &= !flag;
    }

    /// Puts extension outputs in, and sets the ED flag that announces them.
    pub fn set_extensions(&mut self, outputs: Value) {
        self.set_flag(flag::EXTENSIONS);
        self.extensions = Some(outputs);
    }

    /// The encoded public key.
    pub fn public_key_encoded(&self) -> Vec<u8> {
        self.public_key_bytes.clone().unwrap_or_else(|| cbor::encode(&self.public_key))
    }

    /// The bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        if let Some(bytes) = &self.bytes {
            return bytes.clone();
        }
        let mut out = self.rp_id_hash.to_vec();
        out.push(self.flags);
        out.extend_from_slice(&self.sign_count.to_be_bytes());
        if self.attested.unwrap_or(self.flags & flag::ATTESTED != 0) {
            let length = self.credential_id_length.unwrap_or(self.credential_id.len() as u16);
            out.extend_from_slice(&self.aaguid);
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(&self.credential_id);
            out.extend_from_slice(&self.public_key_encoded());
        }
        if let Some(bytes) = &self.extensions_bytes {
            out.extend_from_slice(bytes);
        } else if let Some(outputs) = &self.extensions {
            out.extend_from_slice(&cbor::encode(outputs));
        }
        out.extend_from_slice(&self.trailing);
        out
    }
}
