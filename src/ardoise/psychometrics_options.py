"""What the words of `ardoise psychometrics` and `authority analyse` mean: text in, a plan out."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import typer

from ardoise.psychometrics.faults import ModelError, PsychometricsError

if TYPE_CHECKING:
    # numpy and Matplotlib load with the first command that needs them, not with `--help`.
    from ardoise.psychometrics.models import Model
    from ardoise.psychometrics.plan import CutSet, ErrorMethod
    from ardoise.psychometrics.report import LanguageCode
    from ardoise.psychometrics.responses import MissingRule, Treatment


def model(text: str, items: Sequence[str]) -> "str | dict[str, Model]":
    """`2pl`, or a TOML file: `default = "2PL"`, and `[items]` with `name = "GPCM"`."""
    from ardoise.psychometrics.models import MODELS

    if text.upper() in MODELS:
        return text.upper()
    path = Path(text)
    if path.suffix != ".toml":
        known = ", ".join(name.lower() for name in MODELS)
        raise ModelError(f"--model {text}: it is one of {known}, or a .toml file")
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as fault:
        raise ModelError(f"{path} cannot be read: {fault}") from fault
    if set(said) - {"default", "items"}:
        other = sorted(set(said) - {"default", "items"})[0]
        raise ModelError(f"{path}: {other!r} is neither `default` nor `[items]`")
    default, own = said.get("default", "2PL"), said.get("items", {})
    if not isinstance(own, dict):
        raise ModelError(f"{path}: `items` must be a table, [items]")
    for name in own:
        if name not in items:
            raise ModelError(f"{path}: there is no item {name!r} in the responses")
    chosen = {name: str(own.get(name, default)).upper() for name in items}
    for name, one in chosen.items():
        if one not in MODELS:
            raise ModelError(f"{path}: {one!r} of item {name!r} is not one of {MODELS}")
    return cast("dict[str, Model]", chosen)


def numbers(text: str, option: str) -> tuple[float, ...]:
    """`200,260`."""
    try:
        return tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError as fault:
        raise PsychometricsError(f"{option} {text}: numbers, with commas between them") from fault


def cut_sets(cuts: str, labels: str) -> "tuple[CutSet, ...]":
    """Cuts on the reported scale, and the levels' names if they were given."""
    from ardoise.psychometrics.plan import CutSet

    found = numbers(cuts, "--cuts")
    if not found:
        return ()
    named = tuple(part.strip() for part in labels.split(",") if part.strip())
    return (CutSet(named or tuple(str(k + 1) for k in range(len(found) + 1)), found),)


def scale(text: str) -> tuple[float, float]:
    """`250,50`: mean and standard deviation."""
    found = numbers(text, "--scale")
    if len(found) != 2:
        raise PsychometricsError(f"--scale {text}: a mean and a standard deviation, such as 250,50")
    return found[0], found[1]


def rule(omitted: str, not_reached: str) -> "MissingRule":
    """How an answer that is not there counts."""
    from ardoise.psychometrics.responses import MissingRule

    return MissingRule(cast("Treatment", omitted), cast("Treatment", not_reached))


def error_method(text: str) -> "ErrorMethod":
    """Of standard errors."""
    if text not in ("cross-product", "louis", "sandwich", "none"):
        raise PsychometricsError(f"--errors {text}: it is cross-product, louis, sandwich or none")
    return cast("ErrorMethod", text)


def language(text: str) -> "LanguageCode":
    """Of the report."""
    if text not in ("fr", "en"):
        raise PsychometricsError(f"--language {text}: it is fr or en")
    return cast("LanguageCode", text)


def refuse(fault: Exception) -> typer.Exit:
    """Say what is wrong, and end with 2."""
    typer.echo(str(fault), err=True)
    return typer.Exit(2)
