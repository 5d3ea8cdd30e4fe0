"""The wall between the zones: in packages, in files, and from outside."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "ardoise"
DELIVERY_FLOOR = ("__init__.py", "clock.py", "delivery", "contract", "seal")
NEVER_AT_DELIVERY = (
    "seal/codes.py",
    "seal/derive.py",
    "seal/envelope.py",
    "contract/sheet.py",
    "contract/booklet.py",
    "contract/plan.py",
)


def _lint_imports(tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            Path(sys.executable).with_name("lint-imports"),
            "--no-cache",
            "--config",
            ROOT / "pyproject.toml",
        ],
        cwd=tree,
        env={"PYTHONPATH": str(tree / "src"), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources that a test may spoil."""
    shutil.copytree(SOURCE, tmp_path / "src" / "ardoise", ignore=shutil.ignore_patterns("*.pyc"))
    return tmp_path


def test_the_arrows_hold(tree: Path) -> None:
    result = _lint_imports(tree)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("delivery/routes.py", "import ardoise.authority"),
        ("delivery/store.py", "from ardoise.contract import sheet"),
        ("delivery/store.py", "from ardoise.seal import derive"),
        ("delivery/routes.py", "import ardoise.scoring"),
        ("delivery/routes.py", "import django"),
        ("authority/web.py", "import ardoise.delivery.routes"),
        ("authority/marking/rules.py", "import ardoise.authority.linkage.rules"),
        ("authority/statistics/rules.py", "import ardoise.authority.linkage.rules"),
        ("authority/registry/rules.py", "from ardoise.authority.linkage import models"),
        ("demo/processes.py", "import ardoise.delivery.routes"),
        ("seal/codes.py", "import ardoise.contract.kit"),
        ("content/__init__.py", "import ardoise.scoring"),
    ],
)
def test_a_forbidden_import_is_found(tree: Path, module: str, line: str) -> None:
    spoiled = tree / "src" / "ardoise" / module
    spoiled.write_text(spoiled.read_text() + f"\n{line}\n")
    result = _lint_imports(tree)
    assert result.returncode != 0, f"nobody noticed `{line}` in {module}"
    assert "broken" in result.stdout


def test_delivery_runs_alone_on_its_own_floor(tmp_path: Path) -> None:
    """The subtraction test: nothing but delivery and what lies under it, and it still works."""
    alone = tmp_path / "ardoise"
    alone.mkdir()
    for name in DELIVERY_FLOOR:
        source = SOURCE / name
        if source.is_dir():
            shutil.copytree(source, alone / name, ignore=shutil.ignore_patterns("*.pyc"))
        else:
            shutil.copy(source, alone / name)
    for name in NEVER_AT_DELIVERY:
        (alone / name).unlink()

    def delivery(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-P", "-c", _ALONE, str(tmp_path), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    made = delivery("init", "--dir", str(tmp_path / "d"), "--authority-key", "A" * 43 + "=")
    assert made.returncode == 0, made.stderr
    every_module = delivery("every-module")
    assert every_module.returncode == 0, every_module.stderr
    assert "authority" not in every_module.stdout
    assert "django" not in every_module.stdout


_ALONE = """
import sys
sys.path = [p for p in sys.path if not p.endswith("/src")]
sys.path.insert(0, sys.argv.pop(1))
sys.meta_path = [f for f in sys.meta_path if "editable" not in repr(f).lower()]
if sys.argv[1] == "every-module":
    import importlib, pkgutil, ardoise.delivery
    assert ardoise.delivery.__file__.startswith(sys.path[0]), ardoise.delivery.__file__
    for module in pkgutil.iter_modules(ardoise.delivery.__path__, "ardoise.delivery."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    print(sorted(m for m in sys.modules if m.split(".")[0] in ("ardoise", "django", "lxml")))
else:
    import runpy
    runpy.run_module("ardoise.delivery", run_name="__main__")
"""


def test_time_and_chance_have_one_door_each() -> None:
    """Ruff bans the calls; this finds what an alias would hide."""
    doors = {
        "clock.py": r"time\.time|datetime\.now|time_ns",
        "seal/randomness.py": r"import secrets",
    }
    pattern = re.compile(r"^\s*(?:import|from) (?:secrets|random)\b|os\.urandom|datetime\.now\(")
    for path in SOURCE.rglob("*.py"):
        name = path.relative_to(SOURCE).as_posix()
        if name in doors or name.startswith("demo/"):
            continue
        for number, text in enumerate(path.read_text().splitlines(), 1):
            assert not pattern.search(text), f"{name}:{number}: {text.strip()}"


def test_the_two_sheets_of_tokens_are_one() -> None:
    runner = ROOT / "runner" / "src" / "style" / "tokens.css"
    authority = SOURCE / "authority" / "static" / "ardoise" / "tokens.css"
    assert runner.read_bytes() == authority.read_bytes()
