"""The console script: mounts the commands of whichever zones are installed here."""

import importlib
import importlib.util

import typer

_ZONES = {
    "authority": "Run the office's side: rolls, content, enrolment, results, closing.",
    "delivery": "Run the contractor's side: sealed bytes and a clock.",
    "demo": "Try everything on this machine.",
    "bench": "Rehearse at full size, and prove that nothing was lost.",
}
_FLOORS = {
    "psychometrics": "Calibrate, check and link plain responses.",
    "disclosure": "Measure and protect plain files and tables before they leave.",
}


def build() -> typer.Typer:
    """One sub-command for each zone that can be found. A machine of one zone has only that."""
    app = typer.Typer(
        name="ardoise",
        help="Assessments for a whole country; delivery never knows who, or what was answered.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    for zone, summary in _ZONES.items():
        if importlib.util.find_spec(f"ardoise.{zone}.cli") is not None:
            module = importlib.import_module(f"ardoise.{zone}.cli")
            app.add_typer(module.app, name=zone, help=summary)
    # A floor has no commands of its own; a machine that delivers has neither.
    for floor, summary in _FLOORS.items():
        if importlib.util.find_spec(f"ardoise.{floor}") is not None:
            module = importlib.import_module(f"ardoise.{floor}_cli")
            app.add_typer(module.app, name=floor, help=summary)
    return app


def main() -> None:
    """Entry point."""
    build()()
