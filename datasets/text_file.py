"""From a path to text: is there a file, is it text at all, and in which encoding.

An encoding is found in this order: a byte order mark (UTF-8, UTF-16, UTF-32); UTF-16 without a mark, which shows in
every second byte being zero; UTF-8, which hardly any other text happens to be valid as; and at last Windows-1252, the
usual encoding of western spreadsheets. A file compressed with gzip is opened first.
"""

import codecs
import gzip
import zlib
from dataclasses import dataclass
from pathlib import Path

from mgrad.engine.errors import DataError

# UTF-32's little-endian mark begins with UTF-16's, so it is looked for first.
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
SPELLINGS = {"utf-32": "UTF-32", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"
# Control characters that text has no use for; tab, line feed, form feed and carriage return are left out.
CONTROLS = dict.fromkeys([*range(9), 11, *range(14, 32)])


@dataclass(frozen=True)
class TextFile:
    """The text of a file and notes on how it was read."""

    path: Path
    text: str
    notes: tuple[str, ...]


def read_text(path: Path) -> TextFile:
    """Reads a text file in whatever encoding; raises DataError for what is missing, unreadable, empty or binary."""
    content = _read_bytes(path)
    if not content:
        raise DataError("the file is empty.", file=path.name)
    if content.startswith(ZIP):
        raise DataError("this is an Excel workbook or another ZIP file. Save the table as CSV.", file=path.name)
    encoding = _find_encoding(path, content)
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise DataError(f"the file breaks off or is damaged: it is not valid {encoding}.", file=path.name) from None
    if not text.strip():
        raise DataError("the file is empty.", file=path.name)
    if _is_binary(text):
        raise _binary(path)
    return TextFile(path, text, _notes(encoding))


def _read_bytes(path: Path) -> bytes:
    try:
        if path.is_dir():
            raise DataError("this is a folder, not a file. Name a CSV file in it.", file=path.name or str(path))
        if not path.exists():
            raise DataError(f"there is no such file ({path.absolute()}).", file=path.name)
        if not path.is_file():
            raise DataError("this is a device or a pipe, not a file. Save its data as a CSV file.", file=path.name)
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"the file cannot be read: {error.strerror or error}.", file=path.name) from error
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError("the file is compressed with gzip, but is damaged or breaks off.", file=path.name) from error


def _find_encoding(path: Path, content: bytes) -> str:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return encoding
    if b"\0" in content:
        even, odd = content[::2].count(0), content[1::2].count(0)
        half = len(content) // 4
        if odd > half and not even:
            return "utf-16-le"
        if even > half and not odd:
            return "utf-16-be"
        raise _binary(path)
    for encoding in ("utf-8", "cp1252"):
        try:
            content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    raise DataError("its text is neither UTF-8, UTF-16 nor Windows-1252. Save it as UTF-8.", file=path.name)


def _is_binary(text: str) -> bool:
    start = text[:65536]
    return "\0" in start or len(start.translate(CONTROLS)) < 0.95 * len(start)


def _binary(path: Path) -> DataError:
    return DataError("this is a binary file, not text. Save the table as CSV.", file=path.name)


def _notes(encoding: str) -> tuple[str, ...]:
    if encoding == "cp1252":
        return ("The text is not UTF-8 and was read as Windows-1252: look at letters with accents.",)
    if encoding in SPELLINGS:
        return (f"The text was read as {SPELLINGS[encoding]}.",)
    return ()
