"""A certificate is what was signed, or it is nothing."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ardoise.authority.closure.certificate import (
    CertificateDocument,
    CertificateFault,
    Check,
    exported,
    read_export,
    sign,
    verify_certificate,
)
from ardoise.contract.orders import Purged
from ardoise.seal import signing

KEY = signing.new_key()
PUBLIC = signing.public_half(KEY)


def document(*, passed: bool = True) -> CertificateDocument:
    return CertificateDocument(
        format="ardoise-certificate/1",
        campaign="sixieme-2026",
        title="Évaluation de début de sixième 2026",
        level="6e",
        software="ardoise 0",
        by="bureau-1",
        forced="",
        started_ms=1,
        issued_ms=2,
        destroyed={"pupils": 4},
        kept={"parts": 2},
        purged=Purged(5, 4, 0, 2),
        checks=(Check("key-destroyed", passed, "no entry"),),
    )


def test_a_handed_out_file_verifies_with_the_authoritys_key_alone() -> None:
    encoded, signature = sign(document(), KEY)
    file = exported(encoded, signature, PUBLIC)
    assert read_export(file, PUBLIC) == document()
    with pytest.raises(CertificateFault, match="signature"):
        read_export(file, signing.public_half(signing.new_key()))


@given(st.data())
def test_a_changed_byte_is_noticed(data: st.DataObject) -> None:
    encoded, signature = sign(document(), KEY)
    place = data.draw(st.integers(0, len(encoded) - 1))
    changed = bytearray(encoded)
    changed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(CertificateFault, match="signature"):
        verify_certificate(bytes(changed), signature, PUBLIC)


def test_a_certificate_that_names_a_failed_check_does_not_verify() -> None:
    encoded, signature = sign(document(passed=False), KEY)
    with pytest.raises(CertificateFault, match="key-destroyed"):
        verify_certificate(encoded, signature, PUBLIC)


def test_a_kits_signature_is_no_certificates() -> None:
    encoded = msgspec.json.encode(document())
    with pytest.raises(CertificateFault):
        verify_certificate(encoded, signing.sign_document(KEY, "kit", encoded), PUBLIC)


@given(st.binary(max_size=300))
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(CertificateFault):
        read_export(content, PUBLIC)
    with pytest.raises(CertificateFault):
        verify_certificate(content, signing.sign_document(KEY, "certificate", content), PUBLIC)
