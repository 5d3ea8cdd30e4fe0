"""The authority's signature on what it sends to delivery: kits and requests (Ed25519, RFC 8032).

Delivery holds the public half. A request's signature covers the server's name, method, target,
body, moment and a nonce, so it can neither be changed nor played again, here or at another server.
The body's SHA-256 travels as a header: the signature is checked before any of the body is read.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ardoise.seal.fields import joined
from ardoise.seal.randomness import Source, reference, system

SKEW_MS = 120_000
"""How far the authority's and delivery's clocks may differ."""

MOMENT_HEADER = "ardoise-moment"
NONCE_HEADER = "ardoise-nonce"
DIGEST_HEADER = "ardoise-digest"
SIGNATURE_HEADER = "ardoise-signature"


class SignatureError(Exception):
    """A signature that is missing, wrong, or too old."""


@dataclass(frozen=True)
class RequestSignature:
    """The four headers of a signed request. `digest`: of the body, SHA-256 in lower-case hex."""

    moment_ms: int
    nonce: str
    digest: str
    signature: bytes

    def headers(self) -> dict[str, str]:
        """As HTTP headers."""
        return {
            MOMENT_HEADER: str(self.moment_ms),
            NONCE_HEADER: self.nonce,
            DIGEST_HEADER: self.digest,
            SIGNATURE_HEADER: base64.b64encode(self.signature).decode(),
        }


def new_key(source: Source = system) -> bytes:
    """A fresh private key, 32 bytes."""
    return source(32)


def public_half(private: bytes) -> bytes:
    """The 32-byte public key."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _request_bytes(
    audience: str, method: str, target: str, digest: str, moment_ms: int, nonce: str
) -> bytes:
    return joined(
        *("ardoise-request/1", audience.lower(), method.upper(), target, bytes.fromhex(digest)),
        *(str(moment_ms), nonce),
    )


def sign_request(
    private: bytes,
    *,
    audience: str,
    method: str,
    target: str,
    body: bytes,
    moment_ms: int,
    source: Source = system,
) -> RequestSignature:
    """Sign one request. `audience` is the Host header, `target` path and query, as sent."""
    nonce = reference(source)
    digest = hashlib.sha256(body).hexdigest()
    message = _request_bytes(audience, method, target, digest, moment_ms, nonce)
    signature = Ed25519PrivateKey.from_private_bytes(private).sign(message)
    return RequestSignature(moment_ms, nonce, digest, signature)


def verify_request(
    public: bytes,
    signature: RequestSignature,
    *,
    audience: str,
    method: str,
    target: str,
    now_ms: int,
) -> None:
    """Raises SignatureError. The caller still compares the body and refuses a nonce seen before."""
    if abs(now_ms - signature.moment_ms) > SKEW_MS:
        raise SignatureError("the request is too old, or the clocks differ by over two minutes")
    message = _request_bytes(
        audience, method, target, signature.digest, signature.moment_ms, signature.nonce
    )
    _verify(public, signature.signature, message)


def verify_body(signature: RequestSignature, body: bytes) -> None:
    """Raises SignatureError if this is not the body that was signed."""
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), signature.digest):
        raise SignatureError("the body is not the one that was signed")


def sign_document(private: bytes, kind: str, document: bytes) -> bytes:
    """64 bytes over a document of a named kind ('kit', 'certificate')."""
    message = joined("ardoise-document/1", kind, hashlib.sha256(document).digest())
    return Ed25519PrivateKey.from_private_bytes(private).sign(message)


def verify_document(public: bytes, kind: str, document: bytes, signature: bytes) -> None:
    """Raises SignatureError."""
    _verify(
        public,
        signature,
        joined("ardoise-document/1", kind, hashlib.sha256(document).digest()),
    )


def _verify(public: bytes, signature: bytes, message: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as fault:
        raise SignatureError("the signature does not fit this key and content") from fault
