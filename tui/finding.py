"""Which labels a typed text means: those that hold it, the closest first, or else those that hold its letters in order.

A text with `*` or `?` is a pattern for whole labels. All labels stand in one long text, a line each, so that 150,000 of
them are searched between two keys.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

MOST = 50


@dataclass(frozen=True)
class Found:
    """The best of `count` labels that match."""

    labels: tuple[str, ...]
    count: int


class Finder:
    """Searches labels.

    >>> finder = Finder(["loss", "layer1.neuron1", "layer1.neuron1.w2", "layer1.neuron2.w1", "x1"])
    >>> finder.find("neuron1")
    Found(labels=('layer1.neuron1', 'layer1.neuron1.w2'), count=2)
    >>> finder.find("l1n2w1").labels, finder.find("layer?.*.w?").count
    (('layer1.neuron2.w1',), 2)
    >>> finder.find("l1n1").labels[:2]
    ('layer1.neuron1', 'layer1.neuron1.w2')
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = tuple(labels)
        self._lowered = [label.lower().replace("\n", " ") for label in self._labels]
        self._text = "\n".join(self._lowered)
        self._lines = _Lines(sorted(self._lowered, key=len))
        self._as_given = dict(zip(self._lowered, self._labels, strict=True))
        self._also: dict[str, list[str]] = {}  # labels that differ in capitals only
        if len(self._as_given) < len(self._labels):
            for lowered, label in zip(self._lowered, self._labels, strict=True):
                if self._as_given[lowered] != label:
                    self._also.setdefault(lowered, []).append(label)
        self._letters = _Letters(self._text)

    def __len__(self) -> int:
        return len(self._labels)

    def find(self, text: str, most: int = MOST) -> Found:
        """Labels that match, best first; the first ones for an empty text."""
        wanted = text.strip().lower()
        if not wanted.strip("*"):
            return Found(self._labels[:most], len(self._labels))
        if "*" in wanted or "?" in wanted:
            longest = max(re.split(r"[*?]", wanted), key=len)
            text = "\n".join([label for label in self._lowered if longest in label]) if longest else self._text
            lines = _pattern(wanted).findall(text) if text else []
            return self._found(lines[:most], len(lines), most)
        count = sum([wanted in label for label in self._lowered])
        return self._holding(wanted, count, most) if count else self._in_order(wanted, most)

    def _holding(self, wanted: str, count: int, most: int) -> Found:
        """The label itself, then those with it as a whole part, at the start of a part, anywhere; short ones first."""
        best = dict.fromkeys([wanted] if wanted in self._as_given else [])
        for part in (f".{wanted}.", f".{wanted}", wanted):
            tier = (label for label in self._lines.holding(part) if wanted in label)
            best |= dict.fromkeys(islice((label for label in tier if label not in best), most - len(best)))
        return self._found(best, count, most)

    def _in_order(self, wanted: str, most: int) -> Found:
        """The closer together the letters stand, from the first of them on, the better; then short labels first."""
        which, spans = self._letters.holding("".join(wanted.split()))
        closest = np.lexsort((self._letters.lengths[which], spans))[:most]
        return self._found((self._lowered[each] for each in which[closest]), len(which), most)

    def _found(self, lowered: Iterable[str], count: int, most: int) -> Found:
        best = (label for each in dict.fromkeys(lowered) for label in (self._as_given[each], *self._also.get(each, ())))
        return Found(tuple(islice(best, most)), count)


class _Lines:
    """Labels in one text, with a point before and after each."""

    def __init__(self, labels: list[str]) -> None:
        self._labels = labels
        self._text = "\n".join(f".{label}." for label in labels)
        self._starts = [0]
        for label in labels:
            self._starts.append(self._starts[-1] + len(label) + 3)

    def holding(self, part: str) -> Iterator[str]:
        """Those whose line has the part, in their order."""
        at = self._text.find(part)
        while at >= 0:
            line = bisect_right(self._starts, at)
            yield self._labels[line - 1]
            at = self._text.find(part, self._starts[line]) if line < len(self._labels) else -1


class _Letters:
    """Where each letter stands in the lines of a text."""

    def __init__(self, text: str) -> None:
        self._codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
        self._ends = np.append(np.flatnonzero(self._codes == ord("\n")), len(self._codes))
        self.lengths = np.diff(self._ends, prepend=-1) - 1
        self._places: dict[str, NDArray[np.int32]] = {}

    def holding(self, letters: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The lines that have the letters in their order, and over how many letters of the line they stretch.

        The first that there is of each letter counts.
        """
        which = np.arange(len(self._ends))
        at = np.append(0, self._ends[:-1] + 1).astype(np.int32)
        first = at
        for number, letter in enumerate(letters):
            places = self._of(letter)
            place = np.searchsorted(places, at)
            found = places[np.minimum(place, len(places) - 1)] if len(places) else at
            there = (place < len(places)) & (found < self._ends[which])
            which, at = which[there], found[there] + 1
            first = first[there] if number else at - 1
        return which, (at - first).astype(np.int64)

    def _of(self, letter: str) -> NDArray[np.int32]:
        if letter not in self._places:
            self._places[letter] = np.flatnonzero(self._codes == ord(letter)).astype(np.int32)
        return self._places[letter]


def _pattern(wanted: str) -> re.Pattern[str]:
    """For whole lines. What stands between two stars is taken where it comes first, and nothing else is tried then:
    so that many stars take no longer than one."""
    first, *others = wanted.split("*")
    if not others:
        return re.compile(f"^{_letters(first)}$", re.MULTILINE)
    between = "".join(_next(part) for part in others[:-1] if part)
    return re.compile(rf"^{_letters(first)}{between}[^\n]*{_letters(others[-1])}$", re.MULTILINE)


def _next(part: str) -> str:
    if len(part) == 1 and part != "?":  # the same, but faster
        return rf"[^\n{re.escape(part)}]*+{re.escape(part)}"
    return rf"(?>[^\n]*?{_letters(part)})"


def _letters(part: str) -> str:
    return "".join(r"[^\n]" if letter == "?" else re.escape(letter) for letter in part)
