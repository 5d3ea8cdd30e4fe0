"""Django's own commands (makemigrations and the like), for developers."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.authority_settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
