"""The vectors that the runner's capture reads too: what is typed becomes the same value in both."""

import json
from pathlib import Path
from typing import Any

import pytest

from ardoise.scoring.values import Base, parse_response

VECTORS = Path(__file__).parents[1] / "vectors" / "capture.json"
CASES = json.loads(VECTORS.read_text(encoding="utf-8"))["cases"]


@pytest.mark.parametrize("base", sorted({case["base"] for case in CASES}))
def test_what_is_typed_becomes_the_value_of_the_vectors(base: Base) -> None:
    for case in CASES:
        if case["base"] == base:
            found: Any = parse_response(base, case["raw"])
            plain = found is None or isinstance(found, bool | str | int | float)
            assert (found if plain else str(found)) == case["value"], case["raw"]
