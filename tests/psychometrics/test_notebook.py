"""The worked notebook runs from top to bottom, and keeps what it printed."""

import json
from pathlib import Path

NOTEBOOK = (
    Path(__file__).parents[2] / "examples" / "psychometrics" / "first-analysis.ipynb"
)  # fmt: skip


def test_every_cell_runs_and_what_is_shown_was_printed() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert len(code) > 5
    names: dict[str, object] = {"__name__": "notebook"}
    for cell in code:
        exec(compile("".join(cell["source"]), str(NOTEBOOK), "exec"), names)
        if any("print(" in line for line in cell["source"]):
            assert cell["outputs"], "run it again and keep its outputs"
