"""The graph: scalar nodes that know what they were made of.

A `Value` is a leaf; `Unary` and `Binary` are made by operations, `Constant` by plain numbers in an expression. Each
kind takes exactly what it needs, and operands never change: so there is no impossible node, and a root keeps the order
in which its nodes were made, operands before consumers. Forward and backward are plain loops over that order; what an
operation means stands in `mgrad.engine.operations`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import chain, count
from typing import TYPE_CHECKING, ClassVar, Self, SupportsIndex

from mgrad.engine.backpropagation import WayBack, hand_back
from mgrad.engine.copying import Reduced, reduced
from mgrad.engine.errors import LabelError, NotFiniteError, UnknownLabel, first_not_finite
from mgrad.engine.kept import Kept
from mgrad.engine.labels import Given, labels_of
from mgrad.engine.operations import OPERATIONS, Operation
from mgrad.engine.scalar import as_float

if TYPE_CHECKING:
    from mgrad.engine.program import Program

serials = count(1)
_ADD, _SUB, _MUL, _DIV, _POW, _NEG = (OPERATIONS[name] for name in ("add", "sub", "mul", "div", "pow", "neg"))
_MAXIMUM, _MINIMUM = OPERATIONS["maximum"], OPERATIONS["minimum"]


class Value:
    """A leaf: a number that a person or an optimizer sets.

    `data` is its number, `label` its name (made up if not given), `learnable` says whether `learn` moves it; `grad` is
    filled by `backward`. Every operation on it gives a node, and takes an optional label.

    >>> x, w = Value(2.0, "x", learnable=False), Value(-3.0, "w")
    >>> loss = ((x * w).tanh(label="out") - 0.2) ** 2
    >>> loss.backward()
    >>> loss["w"].grad == w.grad
    True
    """

    __slots__ = (
        "__weakref__", "_given", "_kept", "_label", "_serial", "data", "grad", "learnable",
    )  # fmt: skip
    __array_ufunc__ = None  # numpy's numbers leave `number * node` to the node

    _kind: ClassVar[str] = "leaf"
    constant: ClassVar[bool] = False
    operation: Operation | None = None
    operands: tuple[Value, ...] = ()
    data: float
    grad: float
    learnable: bool
    _label: str | None
    _given: bool
    _serial: int
    _kept: Kept | None

    def __init__(self, data: float, label: str | None = None, *, learnable: bool = True) -> None:
        self.data = data if type(data) is float else as_float(data)
        self.grad = 0.0
        self.learnable = learnable
        self._serial = next(serials)
        self._label = self._kept = None
        self._given = False
        if label is not None:
            self.labelled(label)

    @property
    def label(self) -> str:
        """The label that was given, or one made up from the operation and a serial (`add17`)."""
        if self._label is not None:
            return self._label
        return f"{self.operation.name if self.operation else self._kind}{self._serial}"

    def labelled(self, label: str) -> Self:
        """Gives the node a label of its own, unique in a graph; returns the node.

        >>> (Value(2.0) ** 2).labelled("square").label
        'square'
        """
        if not isinstance(label, str) or not label or "~" in label or label != label.strip():
            raise LabelError(
                f"A label is a text without ~ and without spaces at its ends, but {label!r} was given. "
                "(~ numbers repeats, as in layer1.neuron5~2.)"
            )
        self._label, self._given = label, True
        Given.count += 1
        return self

    def named(self, label: str) -> Self:
        """Suggests a label, which gives way where it is taken (`label~2`) and to a given one; returns the node."""
        if not self._given:
            self._label = label
        return self

    def find(self, label: str) -> Value | None:
        """The node of this graph with that label, or None.

        >>> (Value(2.0, "x") * 3.0).find("x").data
        2.0
        """
        kept = self._kept or self._keep()
        known = kept.labels
        if known is not None:
            node = self if self.label == label else known.get(label)
            if node is not None and node.label == label:
                return node
        labels = labels_of(self.nodes())  # first look-up, or a label was given since
        node = labels.pop(self.label)
        kept.labels = labels  # whole, and without the root: another thread may be looking
        return node if label == self.label else labels.get(label)

    def __getitem__(self, label: str) -> Value:
        node = self.find(label)
        if node is None:
            raise UnknownLabel(label, (node.label for node in self.nodes()))
        return node

    def _keep(self) -> Kept:
        self._kept = kept = Kept.of(self.operands)
        return kept

    def nodes(self) -> list[Value]:
        """All nodes of this graph, operands before their consumers; this node is the last."""
        return [*(self._kept or self._keep()).below, self]

    def parameters(self) -> list[Value]:
        """The learnable leaves of this graph, in the order of `nodes`."""
        own = [self] if self.learnable else []
        return [leaf for leaf in (self._kept or self._keep()).leaves if leaf.learnable] + own

    def count(self) -> int:
        """How many nodes this graph has."""
        return len((self._kept or self._keep()).below) + 1

    def backward(self) -> None:
        """Fills `grad` of every node of this graph with the derivative of this node by it.

        Starts from zero every time, and adds up over all uses of a node. Constants keep 0.
        """
        kept = self._kept or self._keep()
        self.grad = 1.0
        if kept.went_back:  # once more: now a prepared way pays
            if kept.way_back is None:
                kept.way_back = WayBack(kept.below, kept.shape_of(self.nodes()).without_root(), self.operands)
            for operand in self.operands:
                operand.grad = 0.0
            hand_back((self,))
            kept.way_back.go()
        else:
            kept.went_back = True
            for node in kept.below:
                node.grad = 0.0
            hand_back(chain((self,), reversed(kept.below)))

    def learn(self, rate: float) -> None:
        """One step of gradient descent: `backward`, then every parameter moves by `-rate * grad`.

        Values stay as they are until `recalculate`. Raises `NotFiniteError`, with nothing moved, when the value of this
        node, a gradient or where a parameter would move is inf or nan.
        """
        self.backward()
        parameters = self.parameters()
        moved = [node.data - rate * node.grad for node in parameters]
        if not (math.isfinite(self.data) and all(map(math.isfinite, moved))):
            updates = zip(parameters, moved, strict=True)
            raise first_not_finite((node.label, node.data, node.grad) for node in self.nodes()) or next(
                NotFiniteError(node.label, "update", number) for node, number in updates if not math.isfinite(number)
            )
        for node, number in zip(parameters, moved, strict=True):
            node.data = number

    def recalculate(self) -> float:
        """Computes the graph again from today's leaves; returns this node's number.

        >>> x = Value(2.0); y = x * x
        >>> x.data = 3.0
        >>> y.recalculate()
        9.0
        """
        for node in self.nodes():
            operation, operands = node.operation, node.operands
            if operation is None:
                continue
            if len(operands) == 1:
                node.data = operation.forward(operands[0].data)
            else:
                node.data = operation.forward(operands[0].data, operands[1].data)
        return self.data

    def compile(self, inputs: Iterable[str | Value] = (), *, executor: str | None = None) -> Program:
        """The graph as a `Program`: a flat tape with numbers of its own and the same methods, much faster.

        The leaves named by `inputs` become columns, one number a sample; they never learn.

        >>> w = Value(1.0, "w"); loss = ((w * 2.0 - 6.0) ** 2).labelled("loss")
        >>> program = loss.compile()
        >>> program.learn(0.1, steps=50)
        >>> round(program["w"].data, 6), w.data
        (3.0, 1.0)
        """
        from mgrad.engine.program import Program  # a tape needs numpy, a graph does not

        return Program(self, inputs, executor)

    def __add__(self, other: Value | float) -> Binary:
        return Binary(_ADD, self, other)

    def __radd__(self, other: float) -> Binary:
        return Binary(_ADD, other, self)

    def __sub__(self, other: Value | float) -> Binary:
        return Binary(_SUB, self, other)

    def __rsub__(self, other: float) -> Binary:
        return Binary(_SUB, other, self)

    def __mul__(self, other: Value | float) -> Binary:
        return Binary(_MUL, self, other)

    def __rmul__(self, other: float) -> Binary:
        return Binary(_MUL, other, self)

    def __truediv__(self, other: Value | float) -> Binary:
        return Binary(_DIV, self, other)

    def __rtruediv__(self, other: float) -> Binary:
        return Binary(_DIV, other, self)

    def __pow__(self, other: Value | float) -> Binary:
        return Binary(_POW, self, other)

    def __rpow__(self, other: float) -> Binary:
        return Binary(_POW, other, self)

    def __neg__(self) -> Unary:
        return Unary(_NEG, self)

    def __pos__(self) -> Self:
        return self

    def __abs__(self) -> Unary:
        return self.abs()

    def exp(self, label: str | None = None) -> Unary:
        """e to the power of this node."""
        return Unary(OPERATIONS["exp"], self, label)

    def log(self, label: str | None = None) -> Unary:
        """Natural logarithm."""
        return Unary(OPERATIONS["log"], self, label)

    def tanh(self, label: str | None = None) -> Unary:
        """Hyperbolic tangent."""
        return Unary(OPERATIONS["tanh"], self, label)

    def relu(self, label: str | None = None) -> Unary:
        """This node where it is above 0, else 0."""
        return Unary(OPERATIONS["relu"], self, label)

    def sigmoid(self, label: str | None = None) -> Unary:
        """1 / (1 + exp(-this node))."""
        return Unary(OPERATIONS["sigmoid"], self, label)

    def sqrt(self, label: str | None = None) -> Unary:
        """Square root."""
        return Unary(OPERATIONS["sqrt"], self, label)

    def sin(self, label: str | None = None) -> Unary:
        """Sine, in radians."""
        return Unary(OPERATIONS["sin"], self, label)

    def cos(self, label: str | None = None) -> Unary:
        """Cosine, in radians."""
        return Unary(OPERATIONS["cos"], self, label)

    def abs(self, label: str | None = None) -> Unary:
        """Absolute value."""
        return Unary(OPERATIONS["abs"], self, label)

    def softplus(self, label: str | None = None) -> Unary:
        """log(1 + exp(this node)), a smooth relu."""
        return Unary(OPERATIONS["softplus"], self, label)

    def maximum(self, other: Value | float, label: str | None = None) -> Binary:
        """The larger of both; a tie splits the gradient evenly."""
        return Binary(_MAXIMUM, self, other, label)

    def minimum(self, other: Value | float, label: str | None = None) -> Binary:
        """The smaller of both; a tie splits the gradient evenly."""
        return Binary(_MINIMUM, self, other, label)

    def pow(self, other: Value | float, label: str | None = None) -> Binary:
        """This node to the power of the other."""
        return Binary(_POW, self, other, label)

    def __reduce_ex__(self, protocol: SupportsIndex, /) -> Reduced:
        return reduced(self, super().__reduce_ex__(protocol))

    def __getstate__(self) -> dict[str, object]:
        own = ("operation", "operands") if self.operands else () if isinstance(self, Constant) else ("learnable",)
        return {name: getattr(self, name) for name in ("data", "grad", "_label", "_given", *own)}

    def __setstate__(self, state: dict[str, object]) -> None:
        state |= {"_serial": next(serials), "_kept": None}  # made after the copies of its operands
        for name, kept in state.items():
            setattr(self, name, kept)

    def __repr__(self) -> str:
        made = "" if self.operation is None else f" = {self.formula()}"
        return f"Value({self.data:.6g}, {self.label!r}, grad={self.grad:.6g}){made}"

    def formula(self) -> str:
        """How the node is made, in its operands' labels; a leaf's is its label.

        >>> (Value(2.0, "x") * Value(3.0, "w")).tanh(label="out").operands[0].formula()
        'x × w'
        """
        if self.operation is None:
            return self.label
        shown = [f"{node.data:g}" if isinstance(node, Constant) else node.label for node in self.operands]
        return self.operation.formula.format(**dict(zip("ab", shown, strict=False)))


class Constant(Value):
    """A number written in an expression: it never learns and has no gradient."""

    __slots__ = ()
    _kind: ClassVar[str] = "constant"
    constant: ClassVar[bool] = True
    learnable: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, data: float) -> None:
        self.data = data
        self.grad = 0.0
        self._serial = next(serials)
        self._label = self._kept = None
        self._given = False


class Unary(Value):
    """A node made of one operand."""

    __slots__ = ("operands", "operation")
    learnable: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, operation: Operation, operand: Value, label: str | None = None) -> None:
        self.operation = operation
        self.operands = (operand,)
        self.grad = 0.0
        self._serial = next(serials)
        self._label = self._kept = None
        self._given = False
        self.data = operation.forward(operand.data)
        if label is not None:
            self.labelled(label)


class Binary(Value):
    """A node made of two operands, of which a plain number becomes a constant."""

    __slots__ = ("operands", "operation")
    learnable: ClassVar[bool] = False  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, operation: Operation, left: Value | float, right: Value | float, label: str | None = None):
        left = left if isinstance(left, Value) else as_constant(left)
        right = right if isinstance(right, Value) else as_constant(right)
        self.operation = operation
        self.operands = (left, right)
        self.grad = 0.0
        self._serial = next(serials)
        self._label = self._kept = None
        self._given = False
        self.data = operation.forward(left.data, right.data)
        if label is not None:
            self.labelled(label)


def as_constant(number: object) -> Constant:
    """A plain number as a node; an `OperandError` for anything else."""
    if type(number) is float:
        return Constant(number)
    return Constant(as_float(number, "An operand is a node or a number"))
