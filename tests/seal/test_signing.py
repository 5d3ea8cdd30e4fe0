"""A signed request can be neither changed nor aged."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from ardoise.seal import signing
from ardoise.seal.signing import SignatureError

PRIVATE = bytes(range(32))
PUBLIC = signing.public_half(PRIVATE)
NOW = 1_800_000_000_000
REQUEST: dict[str, Any] = {
    "audience": "delivery.example",
    "method": "POST",
    "target": "/v1/orders?x=1",
}
BODY = b"{}"


def test_a_good_signature_passes() -> None:
    signature = signing.sign_request(PRIVATE, **REQUEST, body=BODY, moment_ms=NOW)
    signing.verify_request(PUBLIC, signature, **REQUEST, now_ms=NOW + 1_000)
    signing.verify_body(signature, BODY)


@pytest.mark.parametrize(
    "change",
    [
        {"audience": "rehearsal.example"},
        {"method": "PUT"},
        {"target": "/v1/orders?x=2"},
    ],
)
def test_a_changed_request_is_refused(change: dict[str, Any]) -> None:
    signature = signing.sign_request(PRIVATE, **REQUEST, body=BODY, moment_ms=NOW)
    with pytest.raises(SignatureError, match="does not fit"):
        signing.verify_request(PUBLIC, signature, **{**REQUEST, **change}, now_ms=NOW)


def test_a_changed_body_is_refused_whatever_digest_it_comes_with() -> None:
    signature = signing.sign_request(PRIVATE, **REQUEST, body=BODY, moment_ms=NOW)
    with pytest.raises(SignatureError, match="body"):
        signing.verify_body(signature, b"{ }")
    forged = replace(signature, digest=hashlib.sha256(b"{ }").hexdigest())
    with pytest.raises(SignatureError, match="does not fit"):
        signing.verify_request(PUBLIC, forged, **REQUEST, now_ms=NOW)


@pytest.mark.parametrize("late", [signing.SKEW_MS + 1, -signing.SKEW_MS - 1])
def test_an_old_or_early_request_is_refused(late: int) -> None:
    signature = signing.sign_request(PRIVATE, **REQUEST, body=BODY, moment_ms=NOW)
    with pytest.raises(SignatureError, match="too old"):
        signing.verify_request(PUBLIC, signature, **REQUEST, now_ms=NOW + late)


def test_another_key_is_refused() -> None:
    signature = signing.sign_request(bytes(32), **REQUEST, body=BODY, moment_ms=NOW)
    with pytest.raises(SignatureError):
        signing.verify_request(PUBLIC, signature, **REQUEST, now_ms=NOW)


def test_a_kit_signature_is_no_certificate_signature() -> None:
    signature = signing.sign_document(PRIVATE, "kit", b"document")
    signing.verify_document(PUBLIC, "kit", b"document", signature)
    with pytest.raises(SignatureError):
        signing.verify_document(PUBLIC, "certificate", b"document", signature)
    with pytest.raises(SignatureError):
        signing.verify_document(PUBLIC, "kit", b"document", signature[:-1])
