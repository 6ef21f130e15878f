"""The text in a file that a spreadsheet or an old program wrote: its encoding, and whether that is sure."""

from __future__ import annotations

import codecs
import re

import msgspec

from hustings.errors import BadDocument, TooLarge

LIMIT = 16 << 20
"""Bytes of one file."""
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
          (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
"""Byte order marks; UTF-32's begins as UTF-16's does and is looked for first."""
_NAMES = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "utf-32": "UTF-32", "utf-16-le": "UTF-16",
          "utf-16-be": "UTF-16", "cp1252": "Windows-1252", "mac_roman": "Mac Roman", "cp850": "DOS 850"}
_LEGACY = ("cp1252", "mac_roman", "cp850")
"""What programs of North America wrote before UTF-8, the commonest first."""
_USUAL = "éèêëàâäçîïôöùûüÿœæñáíóúÉÈÊËÀÂÄÇÎÏÔÖÙÛÜŸŒÆÑÁÍÓÚ’‘“”–—«»°•…€¢£§®©™½¼¾²³\u00a0"
"""What people of North America write beyond ASCII."""
_FOREIGN = ((b"%PDF", "a PDF document"), (b"\x1f\x8b", "a compressed file (gzip)"), (b"7z\xbc\xaf", "a 7-Zip archive"),
            (b"Rar!", "a RAR archive"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"))
_MARKUP = re.compile(rb"\s*<(!doctype\s+html|html|table|\?xml|meta)", re.I)


class Decoded(msgspec.Struct, frozen=True):
    text: str
    encoding: str
    """As people call it."""
    sure: bool
    """False where other encodings fit the bytes too: look at ``examples``."""
    examples: tuple[str, ...] = ()
    """The first words whose letters depend on the choice."""


def check_size(data: bytes, name: str) -> None:
    """Raises ``TooLarge`` over ``LIMIT``."""
    if len(data) > LIMIT:
        raise TooLarge(f"{len(data)} bytes; the limit is {LIMIT}", where=name, remedy="split the file, or leave out "
                       "the columns that say nothing of the equipment")


def decode(data: bytes, name: str) -> Decoded:
    """The text of ``data``. Raises ``BadDocument`` for what is no text."""
    check_size(data, name)
    for start, kind in _FOREIGN:
        if data.startswith(start):
            raise BadDocument(f"this is {kind}, not a table", where=name, remedy="export the table as CSV or XLSX")
    if _MARKUP.match(data[:512]):
        raise BadDocument("this is a web page or XML, not a table", where=name,
                          remedy="open it in a spreadsheet and save it as CSV or XLSX")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _marked(data, encoding, name)
    if b"\0" in data:
        return _wide(data, name)
    try:
        return Decoded(data.decode("utf-8"), "UTF-8", True)
    except UnicodeDecodeError:
        return _legacy(data, name)


def _marked(data: bytes, encoding: str, name: str) -> Decoded:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise BadDocument(f"it says it is {_NAMES[encoding]}, but is not (byte {error.start})",
                          where=_line(data, error.start, name), remedy='save it as "CSV UTF-8"') from error
    return _without_nul(Decoded(text, _NAMES[encoding], True), name)


def _wide(data: bytes, name: str) -> Decoded:
    """UTF-16 without a mark has a NUL in every second byte; any other NUL is damage."""
    even, odd = data[0::2].count(0), data[1::2].count(0)
    half = len(data) / 2
    if len(data) % 2 == 0 and max(even, odd) > 0.4 * half and min(even, odd) < 0.05 * half:
        try:
            text = data.decode("utf-16-le" if odd > even else "utf-16-be")
        except UnicodeDecodeError:
            pass  # it only looked like it: damage, as said below
        else:
            return _without_nul(Decoded(text, "UTF-16", False), name)
    raise _nul(_line(data, data.index(b"\0"), name))


def _without_nul(decoded: Decoded, name: str) -> Decoded:
    at = decoded.text.find("\0")
    if at >= 0:
        raise _nul(f"{name}:{len(decoded.text[:at].splitlines()) or 1}")
    return decoded


def _nul(where: str) -> BadDocument:
    return BadDocument("NUL bytes: the file is damaged or no text", where=where,
                       remedy='open it in the program it came from and save it as "CSV UTF-8" again')


def _legacy(data: bytes, name: str) -> Decoded:
    """One-byte encodings: nearly any bytes fit each of them, so the likeliest is shown, not sworn to."""
    best: Decoded | None = None
    most = 0
    for encoding in _LEGACY:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        likeness = _likeness(text)
        if best is None or likeness > most:
            words = re.findall(r"[^\s,;|\"]*[^\x00-\x7f][^\s,;|\"]*", text)
            best, most = Decoded(text, _NAMES[encoding], False, tuple(dict.fromkeys(words))[:5]), likeness
    if best is None:
        raise BadDocument("its encoding cannot be told", where=name, remedy='save it as "CSV UTF-8"')
    return best


def _likeness(text: str) -> int:
    """How well the letters beyond ASCII suit English, French or Spanish: a capital inside a word speaks against."""
    usual = len(re.findall(f"[{_USUAL}]", text))
    odd = len(re.findall(f"[^\x00-\x7f{_USUAL}]", text))
    inside = len(re.findall("[a-z][À-ÖØ-ÞŸ]", text))
    return usual - 2 * odd - 3 * inside


def _line(data: bytes, at: int, name: str) -> str:
    before = data[:at]
    return f"{name}:{1 + max(before.count(10), before.count(13))}"
