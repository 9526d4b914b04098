"""Which labels a typed text means: those that hold it, the closest first, or else those that hold its letters in order.

A text with `*` or `?` is a pattern for whole labels. All labels stand in one long text, a line each, so that 150,000 of
them are searched between two keys.
"""

import heapq
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

MOST = 50
MOST_RANKED = 5000
"""Of labels that hold the letters only in order, so many are compared; more say that more has to be typed."""


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
    """

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = tuple(labels)
        self._lowered = [label.lower().replace("\n", " ") for label in self._labels]
        self._text = "\n".join(self._lowered)
        self._as_given = dict(zip(self._lowered, self._labels, strict=True))
        self._also: dict[str, list[str]] = {}  # labels that differ in capitals only
        if len(self._as_given) < len(self._labels):
            for lowered, label in zip(self._lowered, self._labels, strict=True):
                if self._as_given[lowered] != label:
                    self._also.setdefault(lowered, []).append(label)

    def __len__(self) -> int:
        return len(self._labels)

    def find(self, text: str, most: int = MOST) -> Found:
        """Labels that match, best first; the first ones for an empty text."""
        wanted = text.strip().lower()
        if not wanted:
            return Found(self._labels[:most], len(self._labels))
        if "*" in wanted or "?" in wanted:
            lines = _pattern(wanted).findall(self._text)
            return self._found(lines[:most], len(lines), most)
        hits = [label for label in self._lowered if wanted in label]
        return self._holding(wanted, hits, most) if hits else self._in_order(wanted, most)

    def _holding(self, wanted: str, hits: list[str], most: int) -> Found:
        best = [wanted] if wanted in self._as_given else []
        for start, end in ((".", "."), (".", ""), ("", "")):  # a whole part, the start of a part, anywhere
            part = start + wanted + end
            tier = [label for label in hits if part in f".{label}."]
            known = set(best)
            best += [label for label in heapq.nsmallest(most + len(best), tier, key=len) if label not in known]
            if len(best) >= most:
                break
        return self._found(best, len(hits), most)

    def _in_order(self, wanted: str, most: int) -> Found:
        first, *others = (re.escape(letter) for letter in wanted)
        steps = "".join(rf"[^\n{letter}]*+{letter}" for letter in others)
        pattern = re.compile(rf"^([^\n{first}]*+)({first}{steps})([^\n]*)", re.MULTILINE)
        ranked: list[tuple[int, int, str]] = []
        end = 0
        for match in islice(pattern.finditer(self._text), MOST_RANKED):
            ranked.append((len(match[2]), len(ranked), match[0]))
            end = match.end()
        end = end if len(ranked) == MOST_RANKED else len(self._text)
        count = len(ranked) + len(re.compile(f"^[^\\n{first}]*+{first}{steps}", re.MULTILINE).findall(self._text, end))
        return self._found([label for *_, label in heapq.nsmallest(most, ranked)], count, most)

    def _found(self, lowered: Iterable[str], count: int, most: int) -> Found:
        best = (label for each in dict.fromkeys(lowered) for label in (self._as_given[each], *self._also.get(each, ())))
        return Found(tuple(islice(best, most)), count)


def _pattern(wanted: str) -> re.Pattern[str]:
    parts = {"*": r"[^\n]*", "?": r"[^\n]"}
    return re.compile("^" + "".join(parts.get(letter, re.escape(letter)) for letter in wanted) + "$", re.MULTILINE)
