"""The last section: rules, options, grid, versions, and what was not computed."""

from collections.abc import Mapping
from typing import Any

from ardoise.psychometrics.report.markup import Content, Markup, details, element, facts, join
from ardoise.psychometrics.report.words import Words


def method_section(words: Words, manifest: Mapping[str, Any]) -> Markup:
    """From the manifest alone."""
    options, fit, results = manifest["options"], manifest["calibration"], manifest["results"]
    grid = fit["grid"]
    rule = options["missing"]
    shown: dict[str, Content] = {
        words("rule-omitted"): words(f"as-{rule['omitted']}"),
        words("rule-not-reached"): words(f"as-{rule['not_reached']}"),
        words("grid"): words(
            "grid-says",
            n=words.number(len(grid["nodes"]), 0),
            low=words.number(grid["nodes"][0], 1),
            high=words.number(grid["nodes"][-1], 1),
        )
        if grid
        else None,
        words("tolerance"): f"{fit['tolerance']:g}",
        words("log-likelihood"): words.number(fit["log_likelihood"], 3),
        words("wle-reliability"): words.number(results.get("wle_reliability")),
        words("standard-errors"): options["standard_errors"],
        words("seed"): str(options["seed"]),
    }
    versions = ", ".join(f"{name} {said}" for name, said in manifest["versions"].items())
    parts: list[Markup] = [
        facts({name: value for name, value in shown.items() if value is not None}),
        element("p", words("same-bytes")),
        element("p", element("strong", words("versions")), " : ", versions, class_="muted"),
    ]
    missing = manifest["not_computed"]
    if missing:
        lines = [
            element("li", element("strong", one["what"]), " : ", one["why"]) for one in missing
        ]
        parts.append(element("h3", words("not-computed")))
        parts.append(element("ul", lines, class_="plain"))
    parts.append(
        details(
            f"SHA-256 : {words('data-digest')}", element("p", element("code", _digest(manifest)))
        )
    )
    return join(parts)


def _digest(manifest: Mapping[str, Any]) -> str:
    return str(manifest["data"]["sha256"])
