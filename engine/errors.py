"""What can go wrong, as one small tree of exceptions.

Every message says what was given, what is allowed and what to do; `MgradError` catches them all.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable


class MgradError(Exception):
    """The root of all errors that mgrad raises on purpose."""


class LabelError(MgradError, ValueError):
    """A label that may not be given: not a text, with a `~`, or twice in one graph."""


class UnknownLabel(MgradError, KeyError):
    """A label that no node of the graph has."""

    def __init__(self, label: object, known: Iterable[str]) -> None:
        self.label = label
        self.near = nearest(label, known)
        hint = f" Nearest: {', '.join(self.near)}." if self.near else ""
        super().__init__(f"No node is labelled {label!r}.{hint}")

    def __str__(self) -> str:
        return str(self.args[0])  # KeyError would show the sentence in quotes


class OperandError(MgradError, TypeError):
    """Something that is neither a node nor a number where one of them is needed."""


class ParseError(MgradError, ValueError):
    """A text that is not an expression; `position` counts its characters from 1."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class OptionError(MgradError, ValueError):
    """A setting outside of what is allowed."""


class ShapeError(MgradError, ValueError):
    """Columns, inputs or outputs whose number does not fit."""


_TOO_FAST = "The learning rate is probably too high; nothing was changed."


class NotFiniteError(MgradError, ArithmeticError):
    """A number that stopped being finite; the parameters are as before the step.

    `step` counts from 1 (None outside of a training), `label` names the first node in topological order
    whose `quantity` ("value" or "gradient") is `number`. Where all of these are finite but a step is not, `quantity` is
    "update" and `label` the first parameter that would become `number`. `advice` is the sentence after that; None
    blames the learning rate, which is right where something learns.
    """

    def __init__(
        self,
        label: str,
        quantity: str,
        number: float,
        step: int | None = None,
        advice: str | None = None,
    ) -> None:
        self.label, self.quantity, self.number, self.step = label, quantity, number, step
        where, the = ("", "The") if step is None else (f"Step {step}: ", "the")
        what = label if quantity == "value" else f"{the} {quantity} of {label}"
        super().__init__(f"{where}{what} is {number:+}. {advice or _TOO_FAST}")  # the label as it can be looked up


class GradientError(MgradError, AssertionError):
    """A gradient that does not agree with its numeric estimate."""


class DataError(MgradError, ValueError):
    """Data that cannot be learned from; says the file, line, column and cell where there are such."""

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        column: str | None = None,
        cell: str | None = None,
    ) -> None:
        self.file, self.line, self.column, self.cell = file, line, column, cell
        parts = [file, None if line is None else f"line {line}", None if column is None else f"column {column}"]
        where = ", ".join(part for part in parts if part)
        super().__init__(f"{where}: {message}" if where else message)


def first_not_finite(numbers: Iterable[tuple[str, float, float]], step: int | None = None) -> NotFiniteError | None:
    """The error for the first of (label, value, gradient) that is inf or nan, if any; a value comes before a gradient.

    >>> first_not_finite([("w", 1.0, math.nan), ("out", math.inf, 1.0)]).label
    'out'
    """
    gradient: NotFiniteError | None = None
    for label, value, slope in numbers:
        if not math.isfinite(value):
            return NotFiniteError(label, "value", value, step)
        if gradient is None and not math.isfinite(slope):
            gradient = NotFiniteError(label, "gradient", slope, step)
    return gradient


def nearest(given: object, candidates: Iterable[str], count: int = 3) -> list[str]:
    """The candidates that look most like what was given, the likest first.

    >>> nearest("thanh", ["relu", "tanh", "sigmoid"])
    ['tanh']
    """
    return difflib.get_close_matches(str(given), list(candidates), n=count, cutoff=0.5)


def choose(what: str, given: object, allowed: Iterable[str]) -> str:
    """`given`, if it is one of the allowed names; else an `OptionError` that lists them.

    >>> choose("activation", "tanh", ["relu", "tanh"])
    'tanh'
    >>> choose("activation", "thanh", ["relu", "tanh"])
    Traceback (most recent call last):
    mgrad.engine.errors.OptionError: activation is 'thanh', but must be one of relu, tanh. Did you mean 'tanh'?
    """
    names = list(allowed)
    if isinstance(given, str) and given in names:
        return given
    near = nearest(given, names, 1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise OptionError(f"{what} is {given!r}, but must be one of {', '.join(names)}.{hint}")
