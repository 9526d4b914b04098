"""Dual numbers: a value and how fast it changes along one direction.

Arithmetic on them follows the chain rule, so the rules of the table of operations, run on duals, give a derivative
more: run forward a directional derivative, run backward the change of a gradient. What a function does to the second
part comes from the table too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mgrad.engine import scalar
from mgrad.engine.operations import OPERATIONS, Rules, bind


@dataclass(frozen=True)
class Dual:
    """value + change·ε, where ε² = 0."""

    value: float
    change: float

    def __add__(self, other: Dual | float) -> Dual:
        return _apply("add", self, other)

    def __radd__(self, other: float) -> Dual:
        return _apply("add", other, self)

    def __sub__(self, other: Dual | float) -> Dual:
        return _apply("sub", self, other)

    def __rsub__(self, other: float) -> Dual:
        return _apply("sub", other, self)

    def __mul__(self, other: Dual | float) -> Dual:
        return _apply("mul", self, other)

    def __rmul__(self, other: float) -> Dual:
        return _apply("mul", other, self)

    def __truediv__(self, other: Dual | float) -> Dual:
        return _apply("div", self, other)

    def __rtruediv__(self, other: float) -> Dual:
        return _apply("div", other, self)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.change)

    def __lt__(self, other: Dual | float) -> bool:
        return self.value < as_dual(other).value

    def __le__(self, other: Dual | float) -> bool:
        return self.value <= as_dual(other).value

    def __gt__(self, other: Dual | float) -> bool:
        return self.value > as_dual(other).value

    def __ge__(self, other: Dual | float) -> bool:
        return self.value >= as_dual(other).value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (Dual, float, int)) and self.value == as_dual(other).value

    def __hash__(self) -> int:
        return hash(self.value)


def as_dual(number: Dual | float) -> Dual:
    """A plain number does not change."""
    return number if isinstance(number, Dual) else Dual(number, 0.0)


def _apply(operation: str, *operands: Dual | float) -> Dual:
    """An operation of the table on duals: its value, and the sum of its derivatives times the operands' changes."""
    row = OPERATIONS[operation]
    duals = [as_dual(operand) for operand in operands]
    values = [dual.value for dual in duals]
    answer = row.forward(*values)
    change = 0.0
    for dual, partial in zip(duals, row.partials, strict=True):
        if dual.change != 0.0:  # what does not change adds nothing, whatever its derivative
            change += partial(answer, *values) * dual.change
    return Dual(answer, change)


def _primitive(operation: str) -> Callable[..., Dual]:
    return lambda *operands: _apply(operation, *operands)


def _log1p(a: Dual) -> Dual:
    a = as_dual(a)
    return Dual(scalar.log1p(a.value), scalar.divide(a.change, 1.0 + a.value))


_IN_THE_TABLE = {"absolute": "abs", "divide": "div", "power": "pow"}
_PRIMITIVES: dict[str, Callable[..., object]] = {
    name: _primitive(_IN_THE_TABLE.get(name, name)) for name in scalar.PRIMITIVES if name not in ("log1p", "where")
}
DUAL_RULES: dict[str, Rules] = bind(_PRIMITIVES | {"log1p": _log1p, "where": scalar.where})
