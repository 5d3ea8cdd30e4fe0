"""`ardoise authority content …`: what can be asked of packages and items, without any campaign."""

import typer

from ardoise.authority.content_commands.check import check
from ardoise.authority.content_commands.cohort import cohort
from ardoise.authority.content_commands.score import score

app = typer.Typer(no_args_is_help=True, help="Check and score QTI content; needs no folder.")
app.command("check")(check)
app.command("score")(score)
app.command("cohort")(cohort)
