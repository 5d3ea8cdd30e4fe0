"""Django's own commands (makemigrations and the like), for developers."""

import os
import sys
from pathlib import Path

if __name__ == "__main__":
    # A script's own folder comes first in the path: our apps would hide Python's modules there.
    sys.path[0] = str(Path(__file__).parents[3])
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.authority_settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
