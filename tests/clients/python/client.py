#!/usr/bin/env python3
"""The client of PyPI fido2 over a security key in software (device.py).

    client.py WORDS...          one line of JSON with the anchor, then for each line `create` or
                                `get` with options, a line with what the client made or refused
    client.py WORDS... --walk   enrolls and approves by itself, over HTTP; see `walk`

WORDS change the key: `self`, `none` (how it attests), `unverified`, `u2f`, `alg=N`.
"""

from __future__ import annotations

import base64
import json
import os
import sys
import urllib.error
import urllib.request
import uuid

from fido2.client import ClientError, DefaultClientDataCollector, Fido2Client
from fido2.webauthn import (
    PublicKeyCredentialCreationOptions,
    PublicKeyCredentialRequestOptions,
)

from device import Authority, SoftwareKey


def plain(value):
    """What a response has, as JSON."""
    if isinstance(value, (bytes, bytearray)):
        return base64.urlsafe_b64encode(bytes(value)).rstrip(b"=").decode()
    if isinstance(value, dict) or hasattr(value, "keys"):
        return {key: plain(value[key]) for key in value.keys()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value


def client_for(key, origin):
    return Fido2Client(key, DefaultClientDataCollector(origin))


def create(client, options):
    read = PublicKeyCredentialCreationOptions.from_dict(options)
    return plain(client.make_credential(read))


def get(client, options):
    read = PublicKeyCredentialRequestOptions.from_dict(options)
    return plain(client.get_assertion(read).get_response(0))


def key_of(words):
    attests = next((word for word in words if word in ("self", "none")), "basic")
    algorithms = [int(word[4:]) for word in words if word.startswith("alg=")] or [-7]
    return SoftwareKey(
        Authority(),
        algorithms=algorithms,
        verifies="unverified" not in words,
        attests=attests,
        u2f="u2f" in words,
    )


def listen(key, origin):
    print(json.dumps({"anchor": plain(key.authority.root)}), flush=True)
    client = client_for(key, origin)
    for line in sys.stdin:
        asked = json.loads(line)
        does = {"create": create, "get": get}[asked["do"]]
        try:
            answer = {"made": does(client, asked["options"])}
        except ClientError as error:
            answer = {"refused": f"{error.code.name}: {error.cause}"}
        print(json.dumps(answer), flush=True)


class Service:
    """The routes, each as their documentation has them."""

    def __init__(self, told):
        self.address, self.told = told["address"], told

    def ask(self, method, path, body=None, key="key"):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, method=method)
        request.add_header("authorization", f"Bearer {self.told[key]}")
        request.add_header("content-type", "application/json")
        request.add_header("nonce", str(uuid.uuid4()))
        request.add_header("x-transaction-uuid", str(uuid.uuid4()))
        request.add_header("x-include-replay-protection-schema", "nonce")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            sys.exit(f"{method} {path}: {error.code} {error.read().decode()}")


def walk(key, told):
    """An enrollment from its creation to a consent that it authorised; prints how it ended.

    `told` is where the service is, its keys, and the bodies that are the bank's own affair.
    """
    service = Service(told)
    client = client_for(key, told["origin"])
    base = "/open-finance/enrollments"
    enrollment = service.ask("POST", base, told["creation"])["id"]
    risk = service.ask("POST", f"{base}/{enrollment}/device/risk-signal", told["signals"])
    device = risk["id"]
    confirm = f"/extensions/v1{base}/{enrollment}/confirmation"
    service.ask("POST", confirm, told["approval"], key="holder")
    asked = {"platform": "CROSS_PLATFORM"}
    service.ask("POST", f"{base}/{enrollment}/device/credentials", asked)
    published = service.ask("GET", f"{base}/{enrollment}/device/{device}/credentials")
    made = create(client, creation_options(published))
    registered = service.ask(
        "POST",
        f"{base}/{enrollment}/device/{device}",
        {
            "device_credential_id": made["id"],
            "device_credential_raw_id": made["rawId"],
            "device_credential_client_data_json": made["response"]["clientDataJSON"],
            "device_credential_attestation_object": made["response"]["attestationObject"],
            "device_credential_authenticator_attachment": made["authenticatorAttachment"],
            "device_credential_type": made["type"],
            "client_extension_results": made["clientExtensionResults"],
        },
    )
    consents = "/extensions/v1/open-finance/consents"
    consent = service.ask("POST", consents, {})["consent_id"]
    asked = {"enrollment_id": enrollment, "platform": "CROSS_PLATFORM"}
    options = service.ask("POST", f"{consents}/{consent}/sign-options", asked)
    signed = {
        "enrollmentId": enrollment,
        "riskSignals": told["contract_signals"],
        "fidoAssertion": get(client, options),
    }
    authorised = service.ask("POST", f"{consents}/{consent}/authorise", {"data": signed})
    ended = service.ask("GET", f"{base}/{enrollment}")
    print(
        json.dumps(
            {
                "registration": registered["status"],
                "enrollment": ended["status"],
                "consent": authorised["status"],
            }
        )
    )


def creation_options(published):
    """The published answer, which has names of its own, in those of the Recommendation."""
    selection = {
        "userVerification": published["user_verification"],
        "requireResidentKey": published["require_resident_key"],
        "residentKey": published["resident_key"],
    }
    if "authenticator_attachment" in published:
        selection["authenticatorAttachment"] = published["authenticator_attachment"]
    return {
        "rp": {"id": published["rp_id"], "name": published["rp_name"]},
        "user": {
            "id": published["user_id"],
            "name": published["user_name"],
            "displayName": published["user_display_name"],
        },
        "challenge": published["challenge"],
        "pubKeyCredParams": published["pub_key_cred_params"],
        "timeout": published["timeout"],
        "excludeCredentials": published["exclude_credentials"],
        "authenticatorSelection": selection,
        "attestation": published["attestation"],
        "extensions": published["extensions"],
    }


def main():
    words = sys.argv[1:]
    key = key_of(words)
    if "--walk" in words:
        walk(key, json.load(sys.stdin))
    else:
        listen(key, os.environ["ORIGIN"])


if __name__ == "__main__":
    main()
