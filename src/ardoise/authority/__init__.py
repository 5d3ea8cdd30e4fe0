"""The authority's zone: names, numbers, opened answers, scores. A Django project, one app a stage.

The command line imports it; delivery and the demo never do.
It must never send delivery a name, a school, a question or a key in the clear.
"""

import os
from pathlib import Path

HOME_VARIABLE = "ARDOISE_AUTHORITY_HOME"


def setup(home: Path) -> None:
    """Point Django at the authority's folder and load it. Call once, before importing models."""
    os.environ[HOME_VARIABLE] = str(home.resolve())
    os.environ["DJANGO_SETTINGS_MODULE"] = "ardoise.authority.settings"
    import django

    django.setup()
