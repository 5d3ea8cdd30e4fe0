"""The runner's files, read once at start and served from memory."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

FILES = 500
FILE_BYTES = 8 << 20
ALL_BYTES = 64 << 20
_GZIP_FROM = 1_024
_NEVER_PACKED = ("image/png", "image/jpeg", "image/webp", "font/woff2", "audio/")
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".wasm": "application/wasm",
}


class RunnerFault(Exception):
    """A runner that cannot be served; the message says what to do."""


@dataclass(frozen=True, slots=True)
class File:
    """One file of the runner."""

    media_type: str
    body: bytes
    packed: bytes | None
    sha256: str
    cache: str

    @property
    def etag(self) -> str:
        """A strong tag."""
        return f'"{self.sha256[:32]}"'


def read_runner(directory: Path) -> dict[str, File]:
    """URL path → file; `/` is index.html. Raises RunnerFault."""
    if not (directory / "index.html").is_file():
        raise RunnerFault(f"{directory} holds no index.html: build the runner first")
    files: dict[str, File] = {}
    total = 0
    for path in sorted(directory.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        size = path.stat().st_size
        total += size
        if size > FILE_BYTES or total > ALL_BYTES or len(files) >= FILES:
            raise RunnerFault(f"{directory} is too large to be a runner (at {path.name})")
        name = path.relative_to(directory).as_posix()
        files[f"/{name}"] = _file(name, path.read_bytes())
    files["/"] = files["/index.html"]
    return files


def _file(name: str, body: bytes) -> File:
    suffix = Path(name).suffix
    media_type = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    packed = None
    if len(body) >= _GZIP_FROM and not media_type.startswith(_NEVER_PACKED):
        candidate = gzip.compress(body, 9, mtime=0)
        packed = candidate if len(candidate) < len(body) else None
    # Vite puts a hash into every name under assets/; nothing else may be kept unasked.
    hashed = name.startswith("assets/")
    cache = "public, max-age=31536000, immutable" if hashed else "no-cache"
    return File(media_type, body, packed, hashlib.sha256(body).hexdigest(), cache)


def differences(files: dict[str, File], listed: dict[str, str]) -> int:
    """How many files are not as the kit lists them: changed, missing or not listed."""
    served = {path[1:]: file.sha256 for path, file in files.items() if path != "/"}
    names = served.keys() | listed.keys()
    return sum(served.get(name) != listed.get(name) for name in names)
