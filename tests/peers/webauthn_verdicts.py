#!/usr/bin/env python3
"""Reads vector files and prints what PyPI webauthn answers, one JSON object per line.

Needs nothing but `pip install -r requirements.txt`. See README.md beside this file.
"""

from __future__ import annotations

import json
import ssl
import sys
from importlib.metadata import version

from webauthn import verify_authentication_response, verify_registration_response
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.exceptions import (
    UnsupportedAlgorithm,
    UnsupportedEC2Curve,
    UnsupportedPublicKey,
    UnsupportedPublicKeyType,
)
from webauthn.helpers.structs import AttestationFormat

PEER = "webauthn 3.0.1"

UNSUPPORTED = (
    UnsupportedAlgorithm,
    UnsupportedEC2Curve,
    UnsupportedPublicKey,
    UnsupportedPublicKeyType,
)


def pem(der: str) -> bytes:
    # Lines of 64 characters: roots of android-key are compared as text.
    return ssl.DER_cert_to_PEM_cert(base64url_to_bytes(der)).encode()


def algorithms(case):
    """The offered algorithms that the package has a name for; all of them without a list."""
    known = list(COSEAlgorithmIdentifier)
    offered = case.get("algs")
    return known if offered is None else [alg for alg in known if alg in offered]


def sent(case, parts):
    """The request, where the case is about its form; else one around the parts."""
    if "request_text" in case:
        return case["request_text"]
    if "request" in case:
        return json.dumps(case["request"])
    credential_id = case.get("credential_id", "AA")
    response = {
        name: case[member] for name, member in parts.items() if member in case
    }
    return {
        "id": credential_id,
        "rawId": credential_id,
        "type": "public-key",
        "response": response,
    }


def expected(case):
    return {
        "expected_challenge": base64url_to_bytes(case["challenge"]),
        "expected_rp_id": case["rp_id"],
        "expected_origin": case.get("origins") or [case["origin"]],
        "require_user_verification": bool(case.get("user_verification_required")),
    }


def registration(case):
    anchors = [pem(anchor) for anchor in case.get("trust_anchors") or []]
    parts = {
        "clientDataJSON": "client_data_json",
        "attestationObject": "attestation_object",
    }
    verify_registration_response(
        credential=sent(case, parts),
        supported_pub_key_algs=algorithms(case),
        pem_root_certs_bytes_by_fmt={fmt: anchors for fmt in AttestationFormat},
        **expected(case),
    )


def authentication(case):
    parts = {
        "clientDataJSON": "client_data_json",
        "authenticatorData": "authenticator_data",
        "signature": "signature",
        "userHandle": "user_handle",
    }
    record = case.get("credential") or {
        "public_key": case["credential_public_key"],
        "sign_count": case.get("stored_sign_count", 0),
    }
    verify_authentication_response(
        credential=sent(case, parts),
        credential_public_key=base64url_to_bytes(record["public_key"]),
        credential_current_sign_count=record.get("sign_count", 0),
        **expected(case),
    )


KINDS = {"registration": registration, "authentication": authentication}


def ask(case):
    try:
        KINDS[case["kind"]](case)
        return "accept", ""
    except UNSUPPORTED as error:
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
    if version("webauthn") != PEER.split()[1]:
        needed, found = PEER.replace(" ", "=="), version("webauthn")
        sys.exit(f"this needs {needed}, found {found}")
    if not sys.argv[1:]:
        sys.exit("usage: webauthn_verdicts.py FILE...")
    for path in sys.argv[1:]:
        for case in read(path):
            got, message = ask(case)
            line = {"id": case["id"], "kind": case["kind"], "peer": PEER}
            print(json.dumps({**line, "got": got, "message": message}))


if __name__ == "__main__":
    main()
