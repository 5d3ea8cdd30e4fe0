"""Disks that fill up and disks that stand still: small file systems of their own. Root alone."""

import contextlib
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path


def run(*words: str | Path) -> None:
    """A command that has to succeed."""
    subprocess.run([str(word) for word in words], check=True, capture_output=True, timeout=60)


class Disk:
    """`with Disk(folder, 64) as disk:` mounts a file system of that many MiB at `disk.path`."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self._image = folder / "disk.img"
        self.path = folder / "disk"
        self._mebibytes = mebibytes

    def __enter__(self) -> "Disk":
        self.path.mkdir(parents=True)
        with self._image.open("wb") as file:
            file.truncate(self._mebibytes << 20)
        run("mkfs.ext4", "-q", "-m", "0", self._image)
        run("mount", "-o", "loop", self._image, self.path)
        shutil.rmtree(self.path / "lost+found", ignore_errors=True)
        self.path.chmod(0o755)
        return self

    def __exit__(self, *_: object) -> None:
        self._thaw()
        for _attempt in range(50):
            try:
                run("umount", self.path)
                break
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        self._image.unlink()

    @property
    def free(self) -> int:
        """Bytes that are free."""
        return shutil.disk_usage(self.path).free

    @contextlib.contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more can be written."""
        ballast = self.path / "ballast"
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))
        try:
            yield
        finally:
            ballast.unlink()

    @contextlib.contextmanager
    def frozen(self, most: float = 20.0) -> Iterator[None]:
        """Whoever writes waits. Thaws by itself after `most` seconds, whatever a test does."""
        run("fsfreeze", "--freeze", self.path)
        timer = threading.Timer(most, self._thaw)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._thaw()

    def _thaw(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            run("fsfreeze", "--unfreeze", self.path)
