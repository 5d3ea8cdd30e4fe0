"""An analysis that nobody made: tables with something of everything, from a fixed seed."""

from typing import Any

import numpy as np

from ardoise.psychometrics.models import ItemParameters
from ardoise.psychometrics.tables import (
    AttentionRow,
    CurveRow,
    DependenceRow,
    DifRow,
    DistributionRow,
    DriftRow,
    GroupRow,
    InformationRow,
    ItemRow,
    LevelRow,
    LinkingRow,
    ObservedRow,
    OptionBandRow,
    OptionRow,
    ReachRow,
    StepRow,
    Tables,
)

THETA = np.linspace(-4, 4, 41)


def item_name(place: int) -> str:
    return f"fr-{place:02}"


def sample(items: int = 12) -> Tables:
    """`items` items; the second has a negative slope, the third four categories."""
    draw = np.random.default_rng(5)
    parameters = [_parameters(place, draw) for place in range(1, items + 1)]
    curves, observed, information = [], [], np.zeros(len(THETA))
    for item in parameters:
        top = item.categories - 1
        expected, amount = item.expected(THETA) / top, item.information(THETA)
        information += amount
        curves += [
            CurveRow(item.name, *map(float, row))
            for row in zip(THETA, expected, amount, strict=True)
        ]
        for at in range(4, 37, 3):
            seen = float(np.clip(expected[at] + draw.normal(0, 0.02), 0, 1))
            observed.append(
                ObservedRow(
                    item.name, float(THETA[at]), seen, float(expected[at]),
                    max(seen - 0.04, 0), min(seen + 0.04, 1), 400.0,
                )
            )  # fmt: skip
    rows = [_item(place, item, draw) for place, item in enumerate(parameters, start=1)]
    return Tables(
        attention=attention(items),
        items=rows,
        steps=[
            StepRow(item.name, k, d, 0.03, None if abs(b) > 50 else b)
            for item in parameters
            for k, (d, b) in enumerate(
                zip(item.intercepts, item.difficulties, strict=True), start=1
            )
        ],
        curves=curves,
        observed=observed,
        options=[row for item in parameters[:4] for row in _options(item.name)],
        option_bands=[row for item in parameters[:4] for row in _bands(item.name)],
        information=[
            InformationRow(float(t), float(i), float(1 / np.sqrt(i)))
            for t, i in zip(THETA, information, strict=True)
        ],
        distribution=_distribution(),
        groups=[
            GroupRow("", 8000, 0.0, 1.0, 250.0, 50.0, 0.61, 0.58, 0.86, 0.84),
            GroupRow("Filles", 4012, 0.05, 0.98, 252.3, 49.1, 0.9, 0.59, 0.86, 0.84),
            GroupRow("Garçons", 3988, -0.05, 1.02, 247.7, 50.8, 0.9, 0.57, 0.86, 0.84),
        ],
        levels=[
            LevelRow("", 0, "À besoins", None, None, 0.14, 0.16, 0.88, None),
            LevelRow("", 1, "Fragile", -1.0, 200.0, 0.35, 0.33, 0.79, 0.38),
            LevelRow("", 2, "Satisfaisant", 0.0, 250.0, 0.51, 0.51, 0.91, 0.33),
        ],
        dif=[
            DifRow(
                r.item, "Garçons", "Filles", d, 0.11, "C" if abs(d) > 1.5 else "A",
                d / 30, 0.001,
            )
            for r, d in zip(rows, draw.normal(0, 0.8, items).tolist(), strict=True)
        ],
        dependence=[DependenceRow(item_name(5), item_name(6), 0.31, 0.37)],
        linking=[
            LinkingRow("Stocking-Lord", 1.0213, 0.0051, 0.0432, 0.0048),
            LinkingRow("Haebara", 1.0205, 0.0052, 0.0429, 0.0049),
        ],
        drift=[
            DriftRow(
                p.name, p.slope, p.difficulty, p.slope * 0.97,
                p.difficulty + (0.5 if k == 3 else 0.03), 0.09 if k == 3 else 0.01, 0.012, k == 3,
            )
            for k, p in enumerate(parameters) if k != 1
        ],
        reach=[
            ReachRow(k, item_name(k), max(0.0, (k - items * 0.6) / items * 0.4))
            for k in range(1, items + 1)
        ],
    )  # fmt: skip


def attention(items: int = 12) -> list[AttentionRow]:
    """The most urgent first."""
    return [
        AttentionRow(1, 3, "negative-slope", item_name(2), "", -0.41, None, 6.4, "pupil"),
        AttentionRow(2, 3, "option-beats-key", item_name(2), "choix-B", 0.68, 0.41, 6.4, "pupil"),
        AttentionRow(3, 3, "drift", item_name(4), "", 0.031, None, 1.6, "trend"),
        AttentionRow(4, 2, "dif-c", item_name(7), "Garçons", -1.72, 0.11, 0.9, "gap"),
        AttentionRow(5, 2, "dependence", item_name(5), item_name(6), 0.37, None, 1.1, "pupil"),
        AttentionRow(6, 2, "not-reached", item_name(items), "", 0.14, 0.08, None, "everything"),
        AttentionRow(7, 1, "extreme", item_name(1), "", 0.97, None, None, "pupil"),
    ]


def manifest(pupils: int = 8000, items: int = 12) -> dict[str, Any]:
    """As the real one is shaped."""
    return {
        "format": "ardoise-analysis/1",
        "data": {"sha256": "ab" * 32, "pupils": pupils, "items": items, "groups": []},
        "versions": {"ardoise": "0.1.0", "numpy": "2.4.6"},
        "options": {
            "model": "2pl",
            "missing": {"omitted": "wrong", "not_reached": "missing"},
            "scale": {"mean": 250.0, "sd": 50.0},
            "standard_errors": "cross-product",
            "seed": 1,
        },
        "calibration": {
            "model": "2PL",
            "converged": True,
            "iterations": 31,
            "log_likelihood": -123456.789,
            "tolerance": 1e-5,
            "grid": {"nodes": [-6.0, 0.0, 6.0]},
        },
        "results": {"reliability": 0.842, "wle_reliability": 0.835, "alpha": 0.861, "p": 0.58},
        "not_computed": [{"what": "S-X2", "why": "fr-03 is not given to all"}],
    }


def _parameters(place: int, draw: np.random.Generator) -> ItemParameters:
    name = item_name(place)
    if place == 2:
        return ItemParameters(name, "2PL", -0.41, (0.2,))
    if place == 3:
        return ItemParameters(name, "GPCM", 0.9, (1.3, 0.2, -0.9))
    return ItemParameters(name, "2PL", float(draw.uniform(0.7, 1.7)), (float(draw.normal()),))


def _item(place: int, item: ItemParameters, draw: np.random.Generator) -> ItemRow:
    return ItemRow(
        item=item.name, position=place, model=item.model, categories=item.categories,
        administered=8000, omitted=0.03, not_reached=0.01, mean=float(draw.uniform(0.2, 0.9)),
        item_rest=-0.12 if place == 2 else 0.41, alpha_without=0.85,
        slope=item.slope, slope_se=0.04,
        difficulty=item.difficulty, difficulty_se=0.03, guess=0.0, infit=1.01, outfit=0.98,
        s_x2=12.1, s_x2_df=11.0, s_x2_p=0.35, s_x2_rmsea=0.004, rmsd=0.012, weight=0.08,
        anchor=place == 5, rapid=None,
    )  # fmt: skip


def _options(name: str) -> list[OptionRow]:
    return [
        OptionRow(name, "choix-A", True, 4200, 0.55, 0.66, 0.34),
        OptionRow(name, "choix-B", False, 1900, 0.25, 0.44, -0.19),
        OptionRow(name, "choix-C", False, 1000, 0.13, 0.42, -0.15),
        OptionRow(name, "choix-D", False, 500, 0.07, 0.38, -0.14),
    ]


def _bands(name: str) -> list[OptionBandRow]:
    found = []
    for fifth in range(1, 6):
        right = 0.2 + 0.15 * fifth
        for option, part in (("choix-B", 0.5), ("choix-C", 0.3), ("choix-D", 0.2)):
            found.append(OptionBandRow(name, option, fifth, (1 - right) * part))
        found.append(OptionBandRow(name, "choix-A", fifth, right))
    return found


def _distribution() -> list[DistributionRow]:
    found = []
    for what, centre, width in (("scale", 250.0, 10.0), ("theta", 0.0, 0.2), ("score", 9.0, 1.0)):
        for group, shift in (("", 0.0), ("Filles", 0.05), ("Garçons", -0.05)):
            if what == "theta" and group:
                continue
            sd = {"scale": 5.0, "theta": 5.0, "score": 3.0}[what]
            ends = np.arange(-3 * sd, 3 * sd + 1)
            share = np.exp(-0.5 * ((ends - shift * sd) / sd) ** 2)
            share /= share.sum()
            found += [
                DistributionRow(
                    what, group, centre + e * width, centre + (e + 1) * width, 8000 * s, s
                )
                for e, s in zip(ends.tolist(), share.tolist(), strict=True)
            ]
    return found
