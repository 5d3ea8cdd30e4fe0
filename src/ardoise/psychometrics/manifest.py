"""What an analysis was made from and with: enough to run it again, and to tell another's apart.

Nothing here depends on the machine, the time or the number of threads.
"""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardoise.psychometrics.calibrated import Calibration
from ardoise.psychometrics.drift import DriftReport
from ardoise.psychometrics.linking import Link
from ardoise.psychometrics.models import COMMON_SLOPE
from ardoise.psychometrics.responses import Answers
from ardoise.psychometrics.tables import PERSON_COLUMNS, TABLES, columns

FORMAT = "ardoise-analysis/1"
_PACKAGES = ("ardoise", "numpy", "scipy", "polars", "matplotlib")


def digest(answers: Answers, **others: NDArray[Any] | None) -> str:
    """SHA-256 over the canonical bytes of all columns: which data, whatever file they came in.

    Each column is fed as its name, its type, its length and its little-endian values, item by item
    in their order, then weights, groups with their names, clusters, and `others` by name.
    """
    sha = hashlib.sha256(b"ardoise-responses/1")

    def feed(name: str, values: NDArray[Any]) -> None:
        plain = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("<"))
        head = f"{name}\0{plain.dtype.str}\0{plain.shape}\0"
        sha.update(len(head).to_bytes(8, "little") + head.encode())
        sha.update(plain.data)

    for j, name in enumerate(answers.items):
        feed(f"item {name} {answers.categories[j]}", answers.codes[:, j])
    listed = {"weights": answers.weights, "groups": answers.groups, "clusters": answers.clusters}
    for name, column in (listed | dict(sorted(others.items()))).items():
        if column is not None:
            feed(name, column)
    sha.update("\0".join(answers.group_names).encode())
    return sha.hexdigest()


def versions() -> dict[str, str]:
    """Of Python and of every package that a figure or a byte depends on."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def data_section(answers: Answers, sha256: str) -> dict[str, Any]:
    """What was read."""
    clusters = answers.clusters
    return {
        "sha256": sha256,
        "pupils": answers.pupils,
        "items": len(answers.items),
        "weighted": answers.weights is not None,
        "groups": list(answers.group_names),
        "clusters": 0 if clusters is None else len(np.unique(clusters)),
    }


def table_section(rows: Mapping[str, int], digests: Mapping[str, str]) -> dict[str, Any]:
    """Every file of the folder: rows, SHA-256 of its bytes, columns and what they hold."""
    found: dict[str, Any] = {}
    for name in sorted(rows):
        described = columns(TABLES[name]) if name in TABLES else {}
        said = {column: f"{kind}: {what}" for column, (kind, what) in described.items()}
        if name == "persons":
            said = dict(PERSON_COLUMNS)
        elif name == "plausible":
            said = {"row": PERSON_COLUMNS["row"], "pv1 …": "plausible values of θ"}
        found[name] = {
            "file": f"{name}.parquet",
            "rows": rows[name],
            "sha256": digests[name],
            "columns": said,
        }
    return found


def calibration_section(found: Calibration) -> dict[str, Any]:
    """How the estimation went, and on which grid with which weights (one row a group)."""
    models = {item.model for item in found.items}
    weights = np.exp(found.grid.log_normal(found.means, found.sds))
    return {
        "model": models.pop() if len(models) == 1 else "mixed",
        "converged": found.converged,
        "reason": found.reason,
        "iterations": found.iterations,
        "log_likelihood": found.log_likelihood,
        "log_posterior": found.log_posterior,
        "tolerance": found.tolerance,
        "last_change": found.last_change,
        "last_gradient": found.last_gradient,
        "parameters": free_parameters(found),
        "groups": [asdict(group) for group in found.groups],
        "anchors": sorted(found.anchors),
        "held": sorted(found.held),
        "findings": [asdict(one) for one in found.findings],
        "grid": {"nodes": list(found.grid.nodes), "weights": weights.tolist()},
    }


def free_parameters(found: Calibration) -> int:
    """What was estimated: items that are no anchors, and the groups' free means and SDs."""
    free = [item for item in found.items if item.name not in found.anchors]
    own = sum(len(item.vector) - (item.model in COMMON_SLOPE) for item in free)
    shared = not found.fixed_common_slope and any(item.model in COMMON_SLOPE for item in free)
    return own + int(shared) + sum(int(g.free_mean) + int(g.free_sd) for g in found.groups)


def linking_section(links: Sequence[Link], report: DriftReport | None) -> dict[str, Any] | None:
    """Constants with the abilities and weights that they depend on."""
    if not links:
        return None
    return {
        "links": [
            {
                "method": one.method,
                "slope": one.slope,
                "intercept": one.intercept,
                "items": list(one.items),
                "loss": one.loss,
                "comparison": None if one.comparison is None else asdict(one.comparison),
            }
            for one in links
        ],
        "linking_error": None if report is None else report.linking_error,
    }
