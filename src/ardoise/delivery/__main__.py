"""`python -m ardoise.delivery`: the contractor's commands without the other zones."""

from ardoise.delivery.cli import app

app(prog_name="python -m ardoise.delivery")
