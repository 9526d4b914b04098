"""What the strip says: sentences, and how many of them fit."""

import re
from dataclasses import dataclass

from mgrad.datasets import Dataset
from mgrad.engine.errors import NotFiniteError
from mgrad.tui import formats
from mgrad.tui.setup_table import PROBLEMS


@dataclass(frozen=True, eq=False)
class Message:
    """Sentences for a person. The first says what happened, the last what to do; those between may fall away.

    A message that `stays` is there until the state it speaks of ends; others go by themselves.
    """

    sentences: tuple[str, ...]
    error: bool = False
    stays: bool = False

    def fitted(self, width: int) -> str:
        """As many of the sentences as fit into that many cells.

        >>> Message(("It broke.", "Why is not known.", "Try again.")).fitted(24)
        'It broke.  Try again.'
        """
        sentences = list(self.sentences)
        while len(sentences) > 1 and len("  ".join(sentences)) > width:
            sentences.pop(-2 if len(sentences) > 2 else -1)
        text = "  ".join(sentences)
        return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def said(*sentences: str) -> Message:
    return Message(sentences)


def learned_from(dataset: Dataset, followed: str, own: bool) -> tuple[str, ...]:
    """Of new data what followed from it, if anything did; else of a table what its target was taken for, and how its
    numbers differ from those of the file. Then how to have it otherwise, where it is one's own: for others the row
    problem means other data."""
    meaning = next((note for note in dataset.notes if note.startswith("The target ")), "")
    scaled = re.split("[:;]", dataset.notes[-1])[0] + "." if meaning and dataset.scaling is not None else ""
    advice = {
        None: "",
        "classification": "Under problem, classify learns its values as classes.",
        "regression": "Under problem, predict learns its values as numbers.",
    }
    facts = (followed,) if followed else (meaning, scaled)
    return tuple(filter(None, (*facts, advice[dataset.alternative if own else None])))


def stopped(sentence: str) -> Message:
    """Where a run ended by itself."""
    return Message((sentence, "space goes on."), stays=True)


def refused(error: Exception) -> Message:
    """Bad input: the sentence of its error."""
    return Message((as_on_screen(str(error)),), error=True)


def as_on_screen(sentence: str) -> str:
    """A sentence about data with problems called as the screen calls them.

    >>> as_on_screen("problem is 'regression', but it holds texts. Choose classification.")
    'problem is predict, but it holds texts. Choose classify.'
    """
    for word, (kind, _) in PROBLEMS.items():
        sentence = sentence.replace(repr(kind), word).replace(f"Choose {kind}", f"Choose {word}")
    return sentence


def not_finite(error: NotFiniteError, lower_rate: float | None) -> Message:
    """The step, the node and its number; then what helps."""
    node = error.label if error.quantity == "value" else f"{error.quantity} of {error.label}"
    sign = {float("inf"): "+inf", float("-inf"): f"{formats.MINUS}inf"}.get(error.number, "+nan")
    what = f"Step {error.step}: {node} is {sign}."
    hint = (
        f"Try [ for {formats.setting(lower_rate)}, then r to rewind." if lower_rate is not None else "Try r to rewind."
    )
    return Message((what, "The rate is probably too high.", hint), error=True, stays=True)
