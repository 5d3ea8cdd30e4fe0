"""Archives are bounded and never trusted."""

import io
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from ardoise.content import archive
from ardoise.content.faults import ContentFault
from tests.content.samples import files_of, item, zipped


def refused(payload: bytes) -> str:
    with pytest.raises(ContentFault) as caught:
        archive.read_files(payload, name="sample.zip")
    return str(caught.value)


@pytest.mark.parametrize(
    "path", ["../evil.xml", "a/../../evil.xml", "/etc/passwd", "C:/evil.xml", "a\\b.xml", "a\nb",
     "a\x9b31m.xml", "a\u202elmx.exe", "a\u2028b.xml", "a\u200bb.xml"],
)  # fmt: skip
def test_a_path_that_leaves_the_package_is_refused(path: str) -> None:
    assert "leaves the package or is odd" in refused(zipped({path: b"x"}))


def test_a_symbolic_link_in_a_zip_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        link = zipfile.ZipInfo("link.xml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
    assert "symbolic link" in refused(out.getvalue())


def test_a_symbolic_link_in_a_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"x")
    folder = tmp_path / "package"
    folder.mkdir()
    (folder / "link.xml").symlink_to(tmp_path / "target")
    with pytest.raises(ContentFault, match="symbolic link"):
        archive.read_files(folder, name="package")


def test_the_same_path_twice_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        made.writestr("a.xml", "1")
        made.writestr("./a.xml", "2")
    assert "twice" in refused(out.getvalue())


@pytest.mark.parametrize("other", ["A.xml", "a.XML"])
def test_names_that_differ_in_capitals_alone_are_refused(other: str) -> None:
    assert "differ in capitals alone" in refused(zipped({"a.xml": b"1", other: b"2"}))


def test_one_name_in_two_unicode_forms_is_refused() -> None:
    payload = zipped({"\u00e9.xml": b"1", "e\u0301.xml": b"2"})
    assert "rename one" in refused(payload)


def test_entries_that_share_their_bytes_are_refused() -> None:
    payload = bytearray(zipped({"a.xml": b"a" * 50, "b.xml": b"a" * 50}))
    second = payload.index(b"PK\1\2", payload.index(b"PK\1\2") + 4)
    payload[second + 42 : second + 46] = bytes(4)
    assert "overlap" in refused(bytes(payload))


def test_an_encrypted_entry_is_refused() -> None:
    payload = bytearray(zipped({"a.xml": b"a"}))
    payload[payload.index(b"PK\1\2") + 8] |= 1
    assert "encrypted" in refused(bytes(payload))


def test_a_rare_compression_is_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as made:
        made.writestr("a.xml", "x")
    assert "rare compression" in refused(out.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    assert "suspiciously tightly" in refused(zipped({"bomb.xml": bytes(4 << 20)}))


def test_a_file_larger_than_its_directory_entry_says_is_refused() -> None:
    payload = zipped({"a.xml": b"a" * 5000})
    sizes = struct.pack("<L", 5000)
    assert payload.count(sizes) >= 1
    assert "no sound zip" in refused(payload.replace(sizes, struct.pack("<L", 10)))


def test_too_many_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "FILES_LIMIT", 3)
    assert "more than 3 files" in refused(zipped({f"{n}.xml": b"x" for n in range(4)}))


def test_the_total_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "TOTAL_LIMIT", 100)
    assert "holds more than" in refused(zipped({f"{n}.xml": b"x" * 40 for n in range(4)}))


@pytest.mark.parametrize("payload", [b"", b"PK", b"not a zip at all", bytes(1000)])
def test_bytes_that_are_no_zip_are_refused(payload: bytes) -> None:
    assert "no sound zip" in refused(payload)


def test_what_operating_systems_leave_behind_is_passed_over() -> None:
    files = {"a.xml": b"x", "__MACOSX/a.xml": b"y", ".DS_Store": b"z", "d/.hidden": b"h"}
    assert archive.read_files(zipped(files), name="sample") == {"a.xml": b"x"}


def test_directory_zip_path_and_zip_bytes_give_the_same_files(tmp_path: Path) -> None:
    files = files_of(item())
    folder = tmp_path / "package"
    folder.mkdir()
    for path, payload in files.items():
        (folder / path).write_bytes(payload)
    packed = tmp_path / "package.zip"
    packed.write_bytes(zipped(files))
    assert archive.read_files(folder, name="p") == files
    assert archive.read_files(packed, name="p") == files
    assert archive.read_files(packed.read_bytes(), name="p") == files


def test_a_missing_source_is_a_content_fault(tmp_path: Path) -> None:
    with pytest.raises(ContentFault, match="cannot be read"):
        archive.read_files(tmp_path / "absent.zip", name="absent")


def test_a_directory_of_a_million_entries_is_refused_before_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = b"PK\x01\x02" + bytes(42)
    listed = entry * 1_000_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 9, 9, len(listed), 0, 0)
    monkeypatch.delattr(zipfile, "ZipFile")
    assert "more than 5000 files" in refused(listed + end)
