"""Who signs for a rehearsal: a key at hand, or the office's own process, which shows it to nobody.

The key that signs a rehearsal's kit signs purges of real campaigns too. So it stays where it is:
`ardoise authority rehearsal-signer` answers on a pipe, and signs only what names a campaign
`repetition-…`. A bare key is for deliveries that were set up to be tested.
"""

import base64
import binascii
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec

from ardoise.clock import system_milliseconds
from ardoise.contract.rehearsal import SignatureAsked, SignatureGiven
from ardoise.seal import signing


class SignerFault(Exception):
    """No signature is to be had; the message says why."""


class Signer(Protocol):
    """Signs requests and kits. Raises SignerFault."""

    def request(self, method: str, target: str, body: bytes, audience: str) -> dict[str, str]:
        """Headers of one request, now."""

    def kit(self, manifest: bytes) -> bytes:
        """The signature on a manifest."""


class KeySigner:
    """Signs with a private key that it holds."""

    def __init__(self, private: bytes) -> None:
        self._private = private

    @classmethod
    def read(cls, path: Path) -> "KeySigner":
        """A file of 32 bytes or their base64, readable by its owner alone. Raises SignerFault."""
        try:
            if path.stat().st_mode & 0o077:
                raise SignerFault(f"{path} can be read by others: chmod 600 {path}")
            raw = path.read_bytes()
        except OSError as fault:
            raise SignerFault(f"{path}: {fault.strerror}") from None
        if len(raw) != 32:
            try:
                raw = base64.b64decode(raw.strip(), validate=True)
            except binascii.Error:
                raw = b""
        if len(raw) != 32:
            raise SignerFault(f"{path} holds no signing key: 32 bytes, or their base64")
        return cls(raw)

    def request(self, method: str, target: str, body: bytes, audience: str) -> dict[str, str]:
        """See Signer."""
        signature = signing.sign_request(
            self._private,
            audience=audience,
            method=method,
            target=target,
            body=body,
            moment_ms=system_milliseconds(),
        )
        return signature.headers()

    def kit(self, manifest: bytes) -> bytes:
        """See Signer."""
        return signing.sign_document(self._private, "kit", manifest)


class OfficeSigner:
    """Starts the office's signer on its folder and asks it, line by line. Use `with`."""

    def __init__(self, home: Path) -> None:
        command = [sys.executable, "-m", "ardoise", "authority", "--home", str(home)]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, "rehearsal-signer"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End it: it stops when its input does."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process.wait(20)

    def request(self, method: str, target: str, body: bytes, audience: str) -> dict[str, str]:
        """See Signer."""
        return self._ask(SignatureAsked("request", body, method, target, audience)).headers

    def kit(self, manifest: bytes) -> bytes:
        """See Signer."""
        return self._ask(SignatureAsked("kit", manifest)).signature

    def _ask(self, asked: SignatureAsked) -> SignatureGiven:
        sink, tap = self._process.stdin, self._process.stdout
        if sink is None or tap is None:
            raise SignerFault("the office's signer was not started with pipes")
        try:
            sink.write(msgspec.json.encode(asked) + b"\n")
            sink.flush()
            line = tap.readline()
        except OSError:
            line = b""
        if not line:
            raise SignerFault("the office's signer has ended: read above what it said")
        answer = msgspec.json.decode(line, type=SignatureGiven)
        if answer.refused:
            raise SignerFault(f"the office's signer refuses: {answer.refused}")
        return answer
