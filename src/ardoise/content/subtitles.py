"""WebVTT: subtitles and captions with their cues alone; no notes, no styles, no regions."""

import re

from ardoise.content.faults import ContentFault, Finding

CUES_LIMIT = 5_000
_TIME = r"(?:[0-9]{2,3}:)?[0-9]{2}:[0-9]{2}\.[0-9]{3}"
_TIMING = re.compile(rf"^({_TIME})[ \t]+-->[ \t]+({_TIME})([ \t].*)?$")
_SETTING = re.compile(r"^(?:vertical|line|position|size|align):[a-z0-9%,.-]{1,20}\Z")
_TAG = re.compile(r"</?(?:[biuv]|ruby|rt|lang)(?:[ \t][^<>]{0,60})?>")


def clean(path: str, payload: bytes) -> bytes:
    """The same cues with their settings, without names, notes and styles. Raises ContentFault."""
    try:
        text = payload.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        raise ContentFault(Finding(path, "is not in UTF-8: save it as UTF-8")) from fault
    blocks = re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n").strip("\n"))
    if not re.match(r"^WEBVTT(?:[ \t\n]|\Z)", blocks[0]):
        raise ContentFault(Finding(path, "is no WebVTT: its first line must be WEBVTT"))
    kept = ["WEBVTT"]
    for block in blocks[1:]:
        lines = block.split("\n")
        at = next((n for n, line in enumerate(lines[:2]) if "-->" in line), None)
        timing = None if at is None else _TIMING.match(lines[at])
        if at is None or timing is None:
            continue
        settings = [part for part in (timing[3] or "").split() if _SETTING.match(part)]
        head = " ".join([timing[1], "-->", timing[2], *settings])
        kept.append("\n".join([head, *map(_line, lines[at + 1 :])]))
        if len(kept) > CUES_LIMIT:
            raise ContentFault(Finding(path, f"holds more than {CUES_LIMIT} cues: divide it"))
    return ("\n\n".join(kept) + "\n").encode()


def _line(line: str) -> str:
    """Text with WebVTT's own tags and nothing else between angle brackets."""
    pieces: list[str] = []
    end = 0
    for tag in _TAG.finditer(line):
        pieces += [line[end : tag.start()].replace("<", "&lt;"), tag.group()]
        end = tag.end()
    pieces.append(line[end:].replace("<", "&lt;"))
    return "".join(pieces).replace("-->", "--&gt;")
