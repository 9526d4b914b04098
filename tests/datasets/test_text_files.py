"""Encodings, and a sentence for everything that is not a text file."""

import codecs
import gzip
import os
from pathlib import Path

import pytest

from mgrad.datasets import load
from mgrad.engine.errors import DataError

TABLE = "größe,art\n1.5,süß\n2.5,herb\n3.5,süß\n4.5,herb\n"


def written(folder, content, name="own.csv"):
    path = folder / name
    path.write_bytes(content)
    return path


def complaint(path):
    with pytest.raises(DataError) as error:
        load(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("encode", "note"),
    [
        (lambda text: text.encode("utf-8"), None),
        (lambda text: text.encode("utf-8-sig"), None),
        (lambda text: text.encode("utf-16"), "The text was read as UTF-16."),
        (lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"), "The text was read as UTF-16."),
        (lambda text: text.encode("utf-16-le"), "The text was read as UTF-16."),
        (lambda text: text.encode("utf-16-be"), "The text was read as UTF-16."),
        (lambda text: text.encode("utf-32"), "The text was read as UTF-32."),
        (
            lambda text: text.encode("cp1252"),
            "The text is not UTF-8 and was read as Windows-1252: look at letters with accents.",
        ),
        (lambda text: gzip.compress(text.encode("utf-8")), None),
    ],
    ids=["utf-8", "utf-8 mark", "utf-16", "utf-16-be mark", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "gzip"],
)
def test_the_encoding_is_found(tmp_path, encode, note):
    data = load(written(tmp_path, encode(TABLE)), standardise=False, train_share=100)

    assert data.captions == ("größe",)
    assert data.classes == ("herb", "süß")
    assert sorted(data.train.inputs[:, 0]) == [1.5, 2.5, 3.5, 4.5]
    assert [text for text in data.notes if "read as" in text] == ([note] if note else [])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(tmp_path, end):
    path = written(tmp_path, TABLE.replace("\n", end).encode() + b"x,herb" + end.encode())

    assert complaint(path) == 'own.csv, line 6, column größe: "x" is not a number.'


def test_a_missing_file(tmp_path):
    assert complaint(tmp_path / "none.csv") == f"none.csv: there is no such file ({tmp_path / 'none.csv'})."


def test_a_folder(tmp_path):
    assert complaint(tmp_path) == f"{tmp_path.name}: this is a folder, not a file. Name a CSV file in it."


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")

    assert complaint(tmp_path / "pipe.csv") == (
        "pipe.csv: this is a device or a pipe, not a file. Save its data as a CSV file."
    )


def test_an_unreadable_file(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    assert complaint(written(tmp_path, b"a,b\n")) == "own.csv: the file cannot be read: Permission denied."


@pytest.mark.parametrize("content", [b"", b"\n\n  \n", codecs.BOM_UTF8, gzip.compress(b"", mtime=0)])
def test_an_empty_file(tmp_path, content):
    assert complaint(written(tmp_path, content)) == "own.csv: the file is empty."


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10", bytes(range(32)) * 8, bytes(range(1, 32)) * 8],
    ids=["picture", "zeros", "controls"],
)
def test_a_binary_file(tmp_path, content):
    assert complaint(written(tmp_path, content)) == "own.csv: this is a binary file, not text. Save the table as CSV."


def test_a_workbook(tmp_path):
    assert complaint(written(tmp_path, b"PK\x03\x04\x14\0\0\0")) == (
        "own.csv: this is an Excel workbook or another ZIP file. Save the table as CSV."
    )


def test_a_broken_compressed_file(tmp_path):
    content = gzip.compress(TABLE.encode() * 100)[:-20]

    assert (
        complaint(written(tmp_path, content))
        == "own.csv: the file is compressed with gzip, but is damaged or breaks off."
    )


def test_a_broken_utf_16_file(tmp_path):
    assert complaint(written(tmp_path, "a,b\n1,2".encode("utf-16")[:-1])) == (
        "own.csv: the file breaks off or is damaged: it is not valid utf-16."
    )


def test_a_text_in_no_known_encoding(tmp_path):
    assert complaint(written(tmp_path, b"a,b\n\x81\x8d,2\n")) == (
        "own.csv: its text is neither UTF-8, UTF-16 nor Windows-1252. Save it as UTF-8."
    )
