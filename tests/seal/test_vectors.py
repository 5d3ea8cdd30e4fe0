"""The vectors that both implementations read: Python's half."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from ardoise.seal import codes, derive, envelope, numbers
from ardoise.seal.fields import joined

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "seal.json").read_text(encoding="utf-8")
)


def test_numbers() -> None:
    for case in VECTORS["numbers"]:
        assert case["body"] + numbers.check_digit(case["body"]) == case["number"]
        assert numbers.parse(case["shown"]) == case["number"]


def test_codes_as_they_are_typed() -> None:
    for case in VECTORS["codes"]:
        assert codes.parse(case["typed"]) == case["code"]
        assert codes.shown(case["code"]) == case["shown"]
    for bad in VECTORS["bad_codes"]:
        with pytest.raises(ValueError, match="code"):
            codes.parse(bad)


def test_joined_fields() -> None:
    for case in VECTORS["joined"]:
        assert joined(*case["fields"]).hex() == case["hex"]


def test_derivations() -> None:
    for case in VECTORS["derive"]:
        keys = derive.SeatKeys.from_code(
            code=case["code"], campaign=case["campaign"], number=case["number"]
        )
        part = case["part"]
        assert keys.root.hex() == case["root"]
        assert keys.login_token().hex() == case["login"]
        assert derive.login_digest(keys.login_token()).hex() == case["login_digest"]
        assert keys.sheet_key(part).hex() == case["sheet"]
        assert keys.wrap_key(part).hex() == case["wrap"]
        assert keys.group_wrap_key().hex() == case["group"]
        assert keys.shuffle_seed(part).hex() == case["shuffle"]
        group_key = bytes.fromhex(case["group_key"])
        keyed = derive.keyed_sheet_key(group_key, number=case["number"], part=part)
        assert keyed.hex() == case["keyed"]


def test_shuffles() -> None:
    for case in VECTORS["shuffle"]:
        seed = bytes.fromhex(case["seed"])
        order = derive.shuffled(seed, case["item"], case["response"], case["options"])
        assert order == case["order"]


def test_sealed_things_open() -> None:
    for case in VECTORS["seal"]:
        context = envelope.sheet_context(
            campaign=case["campaign"],
            number=case["number"],
            part=case["part"],
            version=case["version"],
        )
        assert context.hex() == case["context"]
        sealed = base64.b64decode(case["sealed"])
        payload = envelope.unseal(bytes.fromhex(case["key"]), context, sealed)
        assert payload == base64.b64decode(case["payload"])
    for case in VECTORS["wrap"]:
        secret = envelope.unwrap(
            bytes.fromhex(case["key"]),
            bytes.fromhex(case["context"]),
            base64.b64decode(case["wrapped"]),
        )
        assert secret.hex() == case["secret"]
