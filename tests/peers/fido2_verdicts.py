#!/usr/bin/env python3
"""Reads vector files and prints what PyPI fido2 answers, one JSON object per line.

Needs nothing but `pip install -r requirements.txt`. See README.md beside this file.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

from cryptography import x509
from fido2 import cbor
from fido2.attestation import Attestation, AttestationVerifier, UnsupportedType
from fido2.cose import CoseKey, UnsupportedKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticationResponse,
    AuthenticatorAssertionResponse,
    AuthenticatorAttestationResponse,
    AuthenticatorData,
    CollectedClientData,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)

PEER = "fido2 2.2.1"
FOLDER = "DEVICE_ENROLLMENT_VECTORS"
DEFAULT_FILES = ("w3c-webauthn-l3.json", "openfinance.json", "devices.json")


class ChainVerifier(AttestationVerifier):
    """The package's own verifier, with the anchors of one case as its roots."""

    def __init__(self, anchors: list[bytes], statement_verifier: Attestation):
        super().__init__([statement_verifier])
        self.anchors = anchors

    def ca_lookup(self, attestation_result, auth_data):
        if not attestation_result.trust_path:
            return None
        last = x509.load_der_x509_certificate(attestation_result.trust_path[-1])
        for der in self.anchors:
            if x509.load_der_x509_certificate(der).subject == last.issuer:
                return der
        return None


def attestation_callback(case):
    """Verifies the statement always, the chain only when the case has anchors."""
    anchors = [websafe_decode(a) for a in case.get("trust_anchors") or []]

    def verify(attestation_object, client_data_hash):
        statement_verifier = Attestation.for_type(attestation_object.fmt)()
        if anchors:
            ChainVerifier(anchors, statement_verifier)(
                attestation_object, client_data_hash
            )
        else:
            statement_verifier.verify(
                attestation_object.att_stmt,
                attestation_object.auth_data,
                client_data_hash,
            )

    return verify


def server_for(case):
    origins = case.get("origins") or [case["origin"]]
    return Fido2Server(
        PublicKeyCredentialRpEntity(name="vectors", id=case["rp_id"]),
        attestation="direct",
        verify_origin=lambda origin: origin in origins,
        verify_attestation=attestation_callback(case),
    )


def state_for(case):
    """What register_begin and authenticate_begin would have returned.

    They refuse to issue a challenge of fewer than 16 bytes, which says nothing
    about the response, so the state is written down here.
    """
    required = case.get("user_verification_required")
    return {
        "challenge": case["challenge"],
        "user_verification": "required" if required else "preferred",
    }


def registration(case):
    attestation_object = AttestationObject(websafe_decode(case["attestation_object"]))
    credential = attestation_object.auth_data.credential_data
    response = RegistrationResponse(
        raw_id=credential.credential_id if credential else b"",
        response=AuthenticatorAttestationResponse(
            client_data=CollectedClientData(websafe_decode(case["client_data_json"])),
            attestation_object=attestation_object,
        ),
    )
    auth_data = server_for(case).register_complete(state_for(case), response)
    # The server neither compares the algorithm with the ones it offered nor needs to
    # know it; a key it could never use is no acceptance.
    if isinstance(auth_data.credential_data.public_key, UnsupportedKey):
        raise NotImplementedError("credential key algorithm not supported")


def authentication(case):
    credential_id = websafe_decode(case["credential_id"])
    public_key = CoseKey.parse(
        cbor.decode(websafe_decode(case["credential_public_key"]))
    )
    credential = AttestedCredentialData.create(Aaguid.NONE, credential_id, public_key)
    response = AuthenticationResponse(
        raw_id=credential_id,
        response=AuthenticatorAssertionResponse(
            client_data=CollectedClientData(websafe_decode(case["client_data_json"])),
            authenticator_data=AuthenticatorData(
                websafe_decode(case["authenticator_data"])
            ),
            signature=websafe_decode(case["signature"]),
        ),
    )
    server_for(case).authenticate_complete(state_for(case), [credential], response)


KINDS = {"registration": registration, "authentication": authentication}


def ask(case):
    try:
        KINDS[case["kind"]](case)
        return "accept", ""
    except (UnsupportedType, NotImplementedError) as error:
        return "unsupported", describe(error)
    except Exception as error:  # any failure at all is a refusal
        return "reject", describe(error)


def describe(error):
    return f"{type(error).__name__}: {error}".rstrip(": ")[:200]


def read(path):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    return value["cases"] if "cases" in value else [value]


def main():
    if version("fido2") != PEER.split()[1]:
        sys.exit(f"this needs {PEER.replace(' ', '==')}, found {version('fido2')}")
    paths = sys.argv[1:]
    if not paths:
        folder = os.environ.get(FOLDER)
        if not folder:
            sys.exit(f"usage: fido2_verdicts.py FILE... (or set {FOLDER})")
        paths = [Path(folder, name) for name in DEFAULT_FILES]
    for path in paths:
        for case in read(path):
            got, message = ask(case)
            line = {"id": case["id"], "kind": case["kind"], "peer": PEER}
            print(json.dumps({**line, "got": got, "message": message}))


if __name__ == "__main__":
    main()
