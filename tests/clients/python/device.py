"""A security key in software, for the client of PyPI fido2: what that client sends over USB comes
here, and what comes back was signed by real keys.

It speaks CTAP 2.1 (getInfo, makeCredential, getAssertion) or, told so, U2F alone.
"""

from __future__ import annotations

import datetime
import hashlib
import os
import struct

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier
from fido2 import cbor
from fido2.cose import CoseKey
from fido2.ctap import CtapDevice, CtapError
from fido2.hid import CAPABILITY, CTAPHID

AAGUID = bytes.fromhex("5f9a0c3e7d1b4f6f8a2e0d4c6b8a9f01")
MODEL_EXTENSION = ObjectIdentifier("1.3.6.1.4.1.45724.1.1.4")

USER_PRESENT = 0x01
USER_VERIFIED = 0x04
CREDENTIAL_DATA = 0x40

MAKE_CREDENTIAL = 0x01
GET_ASSERTION = 0x02
GET_INFO = 0x04

OK = b"\x90\x00"
CONDITIONS_NOT_SATISFIED = b"\x69\x85"
WRONG_DATA = b"\x6a\x80"


class Authority:
    """Whoever builds the keys: a root, and one attestation certificate for all of a model."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.root = self._certificate(self.key.public_key(), name("Root"), ca=True)

    def attestation_certificate(self, key):
        unit = x509.NameAttribute(
            NameOID.ORGANIZATIONAL_UNIT_NAME, "Authenticator Attestation"
        )
        model = x509.UnrecognizedExtension(MODEL_EXTENSION, b"\x04\x10" + AAGUID)
        return self._certificate(key.public_key(), name("Key") + [unit], model)

    def _certificate(self, public_key, subject, *extensions, ca=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(subject))
            .issuer_name(x509.Name(name("Root")))
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=365))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        )
        for extension in extensions:
            builder = builder.add_extension(extension, critical=False)
        return builder.sign(self.key, SHA256()).public_bytes(Encoding.DER)


def name(common):
    return [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "BR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Keys in Software"),
        x509.NameAttribute(NameOID.COMMON_NAME, common),
    ]


def new_key(algorithm):
    if algorithm == -7:
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == -257:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    if algorithm == -8:
        return ed25519.Ed25519PrivateKey.generate()
    raise CtapError(CtapError.ERR.UNSUPPORTED_ALGORITHM)


def sign(key, message):
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(message, ec.ECDSA(SHA256()))
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(message, padding.PKCS1v15(), SHA256())
    return key.sign(message)


class SoftwareKey(CtapDevice):
    """One key. `verifies` is whether it knows its person; `attests` how it speaks for itself:
    `basic` with its authority's certificate, `self` with the credential key, or `none`."""

    def __init__(self, authority, algorithms=(-7,), verifies=True, attests="basic", u2f=False):
        self.authority = authority
        self.algorithms = list(algorithms)
        self.verifies = verifies
        self.attests = attests
        self.u2f = u2f
        self.attestation_key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = authority.attestation_certificate(self.attestation_key)
        self.credentials = {}
        self.counter = 0

    @property
    def capabilities(self):
        return 0 if self.u2f else CAPABILITY.CBOR

    @classmethod
    def list_devices(cls):
        return iter(())

    def call(self, cmd, data=b"", event=None, on_keepalive=None):
        if cmd == CTAPHID.MSG and self.u2f:
            return self._apdu(data)
        if cmd != CTAPHID.CBOR or self.u2f:
            raise CtapError(CtapError.ERR.INVALID_COMMAND)
        try:
            answer = self._command(data[0], cbor.decode(data[1:]) if data[1:] else {})
        except CtapError as error:
            return bytes([error.code])
        return b"\0" + cbor.encode(answer)

    def _command(self, command, asked):
        if command == GET_INFO:
            options = {"rk": True, "up": True}
            if self.verifies:
                options["uv"] = True
            return {1: ["FIDO_2_0", "FIDO_2_1"], 3: AAGUID, 4: options, 6: [2, 1]}
        if command == MAKE_CREDENTIAL:
            return self._make(asked)
        if command == GET_ASSERTION:
            return self._assert(asked)
        raise CtapError(CtapError.ERR.INVALID_COMMAND)

    def _flags(self, options):
        if not options.get("uv"):
            return USER_PRESENT
        if not self.verifies:
            raise CtapError(CtapError.ERR.UNSUPPORTED_OPTION)
        return USER_PRESENT | USER_VERIFIED

    def _head(self, rp_id, flags):
        self.counter += 1
        return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _make(self, asked):
        hashed, rp_id, wanted = asked[1], asked[2]["id"], asked[4]
        for known in asked.get(5, []):
            if known["id"] in self.credentials:
                raise CtapError(CtapError.ERR.CREDENTIAL_EXCLUDED)
        offered = [one["alg"] for one in wanted if one["alg"] in self.algorithms]
        if not offered:
            raise CtapError(CtapError.ERR.UNSUPPORTED_ALGORITHM)
        algorithm = offered[0]
        flags = self._flags(asked.get(7, {})) | CREDENTIAL_DATA
        key, credential = new_key(algorithm), os.urandom(48)
        self.credentials[credential] = (key, rp_id, asked[3])
        public = CoseKey.for_alg(algorithm).from_cryptography_key(key.public_key())
        data = (
            self._head(rp_id, flags)
            + AAGUID
            + struct.pack(">H", len(credential))
            + credential
            + cbor.encode(dict(public))
        )
        return {
            1: "none" if self.attests == "none" else "packed",
            2: data,
            3: self._statement(algorithm, key, data + hashed),
        }

    def _statement(self, algorithm, key, message):
        if self.attests == "none":
            return {}
        if self.attests == "self":
            return {"alg": algorithm, "sig": sign(key, message)}
        signature = sign(self.attestation_key, message)
        return {"alg": -7, "sig": signature, "x5c": [self.certificate]}

    def _assert(self, asked):
        rp_id, hashed = asked[1], asked[2]
        named = [one["id"] for one in asked.get(3, [])]
        known = [one for one in named if one in self.credentials]
        if not known:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        key, own_rp_id, user = self.credentials[known[0]]
        if own_rp_id != rp_id:
            raise CtapError(CtapError.ERR.NO_CREDENTIALS)
        options = asked.get(5, {})
        flags = self._flags(options) if options.get("up", True) else 0
        data = self._head(rp_id, flags)
        return {
            1: {"type": "public-key", "id": known[0]},
            2: data,
            3: sign(key, data + hashed),
            4: {"id": user["id"]},
        }

    def _apdu(self, apdu):
        """U2F raw messages: register and authenticate."""
        instruction, control = apdu[1], apdu[2]
        length = int.from_bytes(apdu[4:7], "big")
        data = apdu[7 : 7 + length]
        if instruction == 1:
            return self._u2f_register(data[:32], data[32:64])
        if instruction == 2:
            return self._u2f_authenticate(control, data[:32], data[32:64], data[65:])
        return b"U2F_V2" + OK

    def _u2f_register(self, challenge, application):
        key, handle = new_key(-7), os.urandom(64)
        self.credentials[handle] = (key, application, None)
        point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        signed = b"\0" + application + challenge + handle + point
        signature = sign(self.attestation_key, signed)
        head = b"\x05" + point + bytes([len(handle)]) + handle
        return head + self.certificate + signature + OK

    def _u2f_authenticate(self, control, challenge, application, handle):
        known = self.credentials.get(handle)
        if known is None or known[1] != application:
            return WRONG_DATA
        if control == 7:
            return CONDITIONS_NOT_SATISFIED
        self.counter += 1
        head = struct.pack(">BI", USER_PRESENT, self.counter)
        return head + sign(known[0], application + head + challenge) + OK
