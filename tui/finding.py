"""Which labels a typed text means: those that hold it, the closest first, then those that hold its letters in order."""

from collections.abc import Iterable


def matches(text: str, labels: Iterable[str], most: int = 50) -> list[str]:
    """Labels that match, best first; all of them for an empty text.

    >>> labels = ["loss", "layer1.neuron1", "layer1.neuron1.w2", "layer1.neuron2.w1", "x1"]
    >>> matches("neuron1", labels)[:2]
    ['layer1.neuron1', 'layer1.neuron1.w2']
    >>> matches("l1n2w1", labels)
    ['layer1.neuron2.w1']
    """
    wanted = text.strip().lower()
    ranked = [(rank, i, label) for i, label in enumerate(labels) if (rank := _rank(wanted, label.lower())) is not None]
    return [label for _, _, label in sorted(ranked)[:most]]


def _rank(wanted: str, label: str) -> tuple[int, int] | None:
    if wanted == label:
        return 0, 0
    at = label.find(wanted)
    if at >= 0:
        at_part = at == 0 or label[at - 1] == "."
        ends = at + len(wanted) == len(label) or label[at + len(wanted)] == "."
        return 1 if at_part and ends else 2 if at_part else 3, len(label)
    gaps = _gaps(wanted, label)
    return None if gaps is None else (4, gaps)


def _gaps(wanted: str, label: str) -> int | None:
    """How many letters lie between those that match, None if they are not there in this order."""
    first = at = -1
    for letter in wanted:
        at = label.find(letter, at + 1)
        if at < 0:
            return None
        first = at if first < 0 else first
    return at - first + 1 - len(wanted)
