"""Whom the load kit loads, and with whose signature."""

import io
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from ardoise.authority.keyring import KeyRing
from ardoise.authority.rehearsal import answer, serve
from ardoise.bench.campaign import Rehearsal, Shape
from ardoise.bench.cli import app
from ardoise.bench.consent import NotAllowed, announcement, want_consent
from ardoise.bench.profiles import PROFILES, ProfileFault
from ardoise.bench.signers import KeySigner, OfficeSigner, SignerFault
from ardoise.bench.wire import Target
from ardoise.contract import orders
from ardoise.contract.kit import KitUpload
from ardoise.contract.rehearsal import SignatureAsked, SignatureGiven
from ardoise.seal import signing

KEY = b"\x07" * 32
HOST = "delivery.example"


def test_this_machine_may_be_loaded_and_nothing_else_unnamed() -> None:
    want_consent(Target.parse("http://127.0.0.1:8001"), ())
    elsewhere = Target.parse("https://delivery.example")
    want_consent(elsewhere, ("https://delivery.example",))
    for allowed in ((), ("https://other.example",), ("https://delivery.example:8443",)):
        with pytest.raises(NotAllowed, match=r"--allow https://delivery\.example"):
            want_consent(elsewhere, allowed)


def test_nothing_is_sent_elsewhere_without_tls() -> None:
    with pytest.raises(NotAllowed, match="only https"):
        want_consent(Target.parse("http://delivery.example"), ("http://delivery.example",))


def test_what_is_going_to_happen_is_said_with_its_bounds() -> None:
    said = " ".join(
        announcement([Target.parse("http://127.0.0.1")], PROFILES["paced"], "repetition-x", 1)
    )
    assert all(word in said for word in ("5,000", "10000 a second", "repetition-x", "1 minutes"))


def test_the_command_asks_and_does_nothing_where_nobody_answers(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(KEY)
    key.chmod(0o600)
    done = CliRunner().invoke(app, ["delivery", "--signing-key", str(key), "--pupils", "5"])
    assert done.exit_code == 2
    assert "--yes" in done.output


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--yes"], "needs its authority"),
        (["--url", "https://elsewhere.example", "--yes"], "--allow https://elsewhere.example"),
        (["--profile", "circus", "--yes"], "no profile circus"),
        (["--profile", "paced", "--pupils", "10", "--rate", "90"], "45 --connections"),
        (["--pace", "50"], "smaller --pace"),
    ],
)
def test_wrong_options_are_explained(options: list[str], said: str) -> None:
    done = CliRunner().invoke(app, ["delivery", *options])
    assert done.exit_code == 2
    assert said in done.output


def test_only_rehearsals_are_purged_by_hand() -> None:
    done = CliRunner().invoke(app, ["purge", "sixieme-2026"])
    assert done.exit_code == 2
    assert "only rehearsals" in done.output


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(KEY)
    key.chmod(0o644)
    with pytest.raises(SignerFault, match="chmod 600"):
        KeySigner.read(key)


def test_profiles_hold_their_bounds() -> None:
    for profile in PROFILES.values():
        profile.check()
    with pytest.raises(ProfileFault):
        msgspec.structs.replace(PROFILES["idle"], pupils=2_000_000).check()


# -- the office's signer ---------------------------------------------------------------------


def manifest(campaign: str) -> bytes:
    rehearsal = Rehearsal.draw(Shape(pupils=2, items=1, assets=0))
    raw = rehearsal.manifest([], 0, 1)
    return raw.replace(rehearsal.name.encode(), campaign.encode())


def request(method: str, target: str, body: bytes = b"") -> SignatureAsked:
    return SignatureAsked("request", body, method, target, HOST)


def order(campaign: str) -> bytes:
    return msgspec.json.encode(orders.Purge("0" * 16, campaign))


REHEARSALS = [
    SignatureAsked("kit", manifest("repetition-1")),
    request("PUT", f"/v1/kit/{'a' * 64}", b"bytes"),
    request("POST", "/v1/kit", msgspec.json.encode(KitUpload(manifest("repetition-1"), b""))),
    request("POST", "/v1/orders", order("repetition-1")),
    request("GET", "/v1/returns?campaign=repetition-1&after=0&limit=5000"),
    request("GET", "/v1/status?campaign=repetition-1"),
]
OTHERS = [
    SignatureAsked("kit", manifest("sixieme-2026")),
    SignatureAsked("kit", b"{}"),
    request("POST", "/v1/kit", msgspec.json.encode(KitUpload(manifest("sixieme-2026"), b""))),
    request("POST", "/v1/orders", order("sixieme-2026")),
    request("POST", "/v1/orders", b"nonsense"),
    request("GET", "/v1/returns?campaign=sixieme-2026"),
    request("GET", "/v1/returns?campaign=repetition-1&campaign=sixieme-2026"),
    request("GET", "/v1/returns"),
    request("PUT", "/v1/kit/short", b"bytes"),
    request("DELETE", "/v1/status?campaign=repetition-1"),
    request("POST", "/v1/status?campaign=repetition-1"),
]


@pytest.mark.parametrize("asked", REHEARSALS, ids=lambda asked: asked.target or asked.what)
def test_the_office_signs_for_rehearsals(asked: SignatureAsked) -> None:
    given = answer(asked, KEY)
    assert not given.refused
    if asked.what == "kit":
        signing.verify_document(signing.public_half(KEY), "kit", asked.body, given.signature)
    else:
        assert given.headers.keys() >= {signing.SIGNATURE_HEADER, signing.NONCE_HEADER}


@pytest.mark.parametrize("asked", OTHERS, ids=lambda asked: asked.target or asked.what)
def test_the_office_signs_nothing_else(asked: SignatureAsked) -> None:
    given = answer(asked, KEY)
    assert given.refused
    assert not given.headers
    assert not given.signature


def test_the_signer_answers_line_by_line_and_outlives_nonsense(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "authority.key")
    out = io.BytesIO()
    serve([b"nonsense\n", msgspec.json.encode(REHEARSALS[0]) + b"\n"], out, ring.signing_key())
    first, second = (
        msgspec.json.decode(line, type=SignatureGiven) for line in out.getvalue().splitlines()
    )
    assert first.refused
    assert second.signature


def test_the_office_signs_from_a_process_of_its_own(tmp_path: Path) -> None:
    ring = KeyRing.create(tmp_path / "authority.key")
    raw = manifest("repetition-1")
    with OfficeSigner(tmp_path) as office:
        signing.verify_document(ring.public_key(), "kit", raw, office.kit(raw))
        assert signing.SIGNATURE_HEADER in office.request(
            "POST", "/v1/orders", order("repetition-1"), HOST
        )
        with pytest.raises(SignerFault, match="only campaigns repetition-"):
            office.request("POST", "/v1/orders", order("sixieme-2026"), HOST)
