"""A group of commands of which one need not be named: `collect sixieme-2026`."""

from typing import Any

from typer.core import TyperGroup


class DefaultCommandGroup(TyperGroup):
    """Takes a first word that is no command's name as the first argument of `run`."""

    default = "run"

    # Typer carries its own copy of click: its Context has no public name.
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        first = next((word for word in args if not word.startswith("-")), None)
        if first is not None and first not in self.commands:
            args = [self.default, *args]
        return super().parse_args(ctx, args)
