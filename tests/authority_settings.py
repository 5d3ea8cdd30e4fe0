"""The authority's settings in a temporary folder, for tests and the type checker."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_home = Path(tempfile.mkdtemp(prefix="ardoise-tests-"))
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.environ["ARDOISE_AUTHORITY_HOME"] = str(_home)

from ardoise.authority.keyring import FILE_NAME, KeyRing  # noqa: E402

KeyRing.create(_home / FILE_NAME)

from ardoise.authority.settings import *  # noqa: E402, F403

# The real hasher is slow by design; nothing here tests its slowness.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
