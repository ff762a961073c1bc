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


def request(case):
    """The request, where the case is about its form; None where it gives the parts."""
    if "request_text" in case:
        return json.loads(case["request_text"])
    return case.get("request")


def is_request(case):
    return "request_text" in case or "request" in case


def registration_parts(case):
    attestation_object = AttestationObject(websafe_decode(case["attestation_object"]))
    credential = attestation_object.auth_data.credential_data
    own_id = credential.credential_id if credential else b""
    sent_id = case.get("credential_id")
    return RegistrationResponse(
        raw_id=websafe_decode(sent_id) if sent_id else own_id,
        response=AuthenticatorAttestationResponse(
            client_data=CollectedClientData(websafe_decode(case["client_data_json"])),
            attestation_object=attestation_object,
        ),
    )


def registration(case):
    response = request(case) if is_request(case) else registration_parts(case)
    auth_data = server_for(case).register_complete(state_for(case), response)
    # The server neither compares the algorithm with the ones it offered nor needs to
    # know it; a key it could never use is no acceptance.
    if isinstance(auth_data.credential_data.public_key, UnsupportedKey):
        raise NotImplementedError("credential key algorithm not supported")


def stored(case):
    """The account's credentials; of a case with flat members, the one that was sent."""
    if "credentials" in case:
        return case["credentials"]
    if "credential" in case:
        return [case["credential"]]
    return [{"id": case["credential_id"], "public_key": case["credential_public_key"]}]


def authentication_parts(case):
    return AuthenticationResponse(
        raw_id=websafe_decode(case["credential_id"]),
        response=AuthenticatorAssertionResponse(
            client_data=CollectedClientData(websafe_decode(case["client_data_json"])),
            authenticator_data=AuthenticatorData(
                websafe_decode(case["authenticator_data"])
            ),
            signature=websafe_decode(case["signature"]),
        ),
    )


def authentication(case):
    credentials = [
        AttestedCredentialData.create(
            Aaguid.NONE,
            websafe_decode(record["id"]),
            CoseKey.parse(cbor.decode(websafe_decode(record["public_key"]))),
        )
        for record in stored(case)
    ]
    response = request(case) if is_request(case) else authentication_parts(case)
    server_for(case).authenticate_complete(state_for(case), credentials, response)


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
