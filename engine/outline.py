"""The graph as people read it: rows, each operand under its consumer.

The one idea: a graph is read as a tree of *uses*. A use is a consumer and the place of the operand in it; each row
shows one. The first use of a node, in the order of reading, is its home, and all later ones are references. What nobody
wants to read is folded: a chain of + is one row of all its terms, a written exponent stands in its power's sign. Rows
are made when they are asked for, so a large graph opens as fast as a small one; `mgrad.engine.homes` says where each
node stands, of which it looks at no more than the way up from it.

The account of a gradient is here too, since its lines speak of the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mgrad.engine.accounts import IN_GRAPH, Account, AccountLine, Local, Numbers
from mgrad.engine.collector import collector_resting
from mgrad.engine.errors import UnknownLabel
from mgrad.engine.graph import Constant, Value
from mgrad.engine.homes import Consumers, Homes, Use, operand_of, uses_in
from mgrad.engine.operations import OPERATIONS

_ADD, _MUL, _POW = OPERATIONS["add"], OPERATIONS["mul"], OPERATIONS["pow"]
_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_INPUT, _TARGET = re.compile(r"x\d*"), re.compile(r"target\d*")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the outline.

    `label` is the node's full label; `captions` are what the row may show for it, the longest first. `operation` is the
    sign of what it computes (`tanh`, `Σ 9`, `²`), empty for a leaf and where the caption says it (`w5 × neuron5`).
    `kind` is parameter, input, target, constant, leaf or node. `reference` says that the node has its row elsewhere
    (`Outline.home`), `opens` that there are rows below, `folded` that `Outline.unfolded` shows more than `children`.
    """

    node: Value
    label: str
    captions: tuple[str, ...]
    operation: str
    kind: str
    reference: bool
    opens: bool
    folded: bool


class Outline:
    """The rows of a graph below `root`; the graph's numbers are read by nobody here but `account`.

    >>> from mgrad.engine.parsing import parse
    >>> outline = Outline(parse("tanh(b + w1*x1 + w2*x2)", b=0.1, w1=1.0, w2=2.0, x1=0.5, x2=-0.5))
    >>> (row,) = outline.children(outline.top)
    >>> row.label, row.operation, [term.captions[0] for term in outline.children(row)]
    ('add2', 'Σ 3', ['w1 × x1', 'w2 × x2', 'b'])
    >>> [each.label for each in outline.path_to("w2")]
    ['tanh1', 'add2', 'mul2', 'w2']
    """

    def __init__(self, root: Value) -> None:
        self.root = root
        with collector_resting():
            root.find(root.label)  # settles the labels: generated repeats are renamed, given ones refused
            self._consumers = Consumers(root)
        self._homes = Homes(root, self._consumers, self._shown, self._goes_into, _belongs)

    @property
    def top(self) -> Row:
        """The row of the root."""
        return self._row(self.root, None)

    def row(self, node: Value | str) -> Row:
        """The row of a node or label by itself, also of one that is folded away. Raises `UnknownLabel`."""
        return self._row(self._known(node), None)

    def children(self, row: Row) -> tuple[Row, ...]:
        """The rows below: of a sum all its terms, with a bias that leads it last; none below a reference."""
        return () if row.reference else self._rows(self._shown(row.node)[0])

    def unfolded(self, row: Row) -> tuple[Row, ...]:
        """The plain operands, one or two: of a folded sum the sum of all but the last term, and that term."""
        return () if row.reference else self._rows(uses_in(row.node))

    def home(self, row: Row) -> tuple[Row, ...]:
        """The way from the top to where the row's node stands: what a reference jumps to."""
        return self.path_to(row.node)

    def path_to(self, node: Value | str) -> tuple[Row, ...]:
        """The rows from the top to that of a node or label; for one folded away, to the row that stands for it.

        Raises `UnknownLabel` with the nearest labels where the graph has no such node.
        """
        path: list[Row] = []
        node = self._homes.standing(self._known(node))
        while node is not self.root:
            use = self._homes.first(node)
            path.append(self._row(node, use))
            node = self._homes.standing(use[0])
        return (self.top, *reversed(path))

    def account(self, node: Value | str, numbers: Numbers | None = None) -> Account:
        """Where the gradient of a node comes from: a line for each use, in the order of computing.

        `numbers` says what value and gradient each node has; None means those in the graph. The root, whose gradient is
        1 by definition, and constants, which have none, have no lines.

        >>> from mgrad.engine.parsing import parse
        >>> square = parse("x1 * x1", x1=3.0)
        >>> square.backward()
        >>> [(line.label, line.upstream, line.local, line.part) for line in Outline(square).account("x1").lines]
        [('mul1', 1.0, 3.0, 3.0), ('mul1', 1.0, 3.0, 3.0)]
        """
        node = self._known(node)
        numbers = numbers or IN_GRAPH
        if isinstance(node, Constant):
            return Account(node, (), 0.0)
        lines = tuple(self._line(use, numbers) for use in self._consumers.of(node))
        return Account(node, lines, numbers.gradient(node))

    def formula(self, node: Value | str, write: Callable[[Value], str] | None = None) -> str:
        """How a node is made, of what its row shows below: of a folded sum, all its terms; a leaf's is empty.

        `write` says what stands for an operand; None means its label. A signed number under a sign or a power gets
        brackets.

        >>> from mgrad.engine.parsing import parse
        >>> outline = Outline(parse("tanh(b + w1*x1 + w2*x2) ** 2", b=0.1, w1=1.0, w2=2.0, x1=0.5, x2=-0.5))
        >>> outline.formula("tanh1"), outline.formula("add2")
        ('tanh(add2)', 'w1 × x1 + w2 × x2 + b')
        >>> outline.formula(outline.root, lambda node: f"{node.data:+.2f}")
        '(-0.38)²'
        """
        node, write = self._known(node), write or _written
        if node.operation is not _ADD:
            return _made(node, write)
        terms = ((operand_of(use), use[0]) for use in self._shown(node)[0])
        return " + ".join(_made(term, write) if self._is_formula(term, total) else write(term) for term, total in terms)

    def locals(self, node: Value | str, numbers: Numbers | None = None) -> tuple[Local, ...]:
        """What a node changes by when one of its operands does: a line for each use that its row shows below.

        A product or power in a sum counts as one with the sum, as in `account`: the lines are of its own operands.

        >>> from mgrad.engine.parsing import parse
        >>> product = parse("w * x", w=2.0, x=3.0)
        >>> [(line.operand.label, line.value, line.derivative) for line in Outline(product).locals(product)]
        [('w', 2.0, 3.0), ('x', 3.0, 2.0)]
        """
        node = self._known(node)
        numbers = numbers or IN_GRAPH
        lines: list[Local] = []
        for use in self._shown(node)[0]:
            operand = operand_of(use)
            within = self._shown(operand)[0] if self._is_formula(operand, use[0]) else [use]
            lines += [
                Local(operand_of(each), numbers.value(operand_of(each)), _partial(each, numbers)) for each in within
            ]
        return tuple(lines)

    def _known(self, node: Value | str) -> Value:
        if isinstance(node, str):
            return self.root[node]
        if node is not self.root and not self._consumers.of(node):
            raise UnknownLabel(node.label, (each.label for each in self.root.nodes()))
        return node

    # ------------------------------------------------------------------ what is shown, and where
    def _shown(self, node: Value) -> tuple[list[Use], list[Value]]:
        """The uses that have rows below the node's, and the nodes that are folded away into its own."""
        if node.operation is _ADD:
            return self._terms(node)
        if _has_exponent(node):
            return [(node, 0)], [node.operands[1]]
        return uses_in(node), []

    def _terms(self, total: Value) -> tuple[list[Use], list[Value]]:
        terms: list[Use] = []
        partial_sums: list[Value] = []
        places = _places(total)
        waiting: list[Use] = [(total, 1), (total, 0)]
        while waiting:
            use = waiting.pop()
            node = operand_of(use)
            if self._may_fold(node) and _place(node.label) in places:
                partial_sums.append(node)
                waiting += (node, 1), (node, 0)
            else:
                terms.append(use)
        if operand_of(terms[0]).learnable and all(operand_of(use).operands for use in terms[1:]):
            terms.append(terms.pop(0))  # a sum begins with its bias, but is read with the bias last
        return terms, partial_sums

    def _may_fold(self, node: Value) -> bool:
        return node.operation is _ADD and not self._consumers.share(node) and not node._given

    def _goes_into(self, node: Value) -> Value | None:
        """The sum that a sum is a term of, and may be folded into."""
        if not self._may_fold(node):
            return None
        above = self._consumers.of(node)
        return above[0][0] if above and above[0][0].operation is _ADD else None

    # ------------------------------------------------------------------ rows and lines
    def _rows(self, uses: Iterable[Use]) -> tuple[Row, ...]:
        return tuple(self._row(operand_of(use), use) for use in uses)

    def _row(self, node: Value, use: Use | None) -> Row:
        is_formula = use is not None and self._is_formula(node, use[0])
        reference = use is not None and self._consumers.share(node) and self._homes.first(node) != use
        uses, hidden = ([], []) if not node.operands else self._shown(node)
        return Row(
            node=node,
            label=node.label,
            captions=_formula(node) if is_formula else _captions(node),
            operation="" if is_formula else _sign(node, len(uses)),
            kind=_kind(node),
            reference=reference,
            opens=bool(uses) and not reference,
            folded=bool(hidden) and not reference,
        )

    def _is_formula(self, node: Value, consumer: Value) -> bool:
        """Whether it is a term that reads as its formula, so that it counts as one with the sum it goes into."""
        is_term = consumer.operation is _ADD and not self._consumers.share(node) and not node._given
        return is_term and (node.operation is _MUL or _has_exponent(node))

    def _line(self, use: Use, numbers: Numbers) -> AccountLine:
        through = use[0]
        above = self._consumers.of(through)
        is_formula = bool(above) and self._is_formula(through, above[0][0])
        consumer = self._homes.standing(above[0][0] if is_formula else through)
        return AccountLine(
            consumer=consumer,
            through=through,
            captions=_formula_from(use) if is_formula else _captions(consumer),
            upstream=numbers.gradient(consumer),
            local=_partial(use, numbers),
        )


def _partial(use: Use, numbers: Numbers) -> float:
    consumer, place = use
    assert consumer.operation is not None  # a leaf consumes nothing
    values = [numbers.value(operand) for operand in consumer.operands]
    return consumer.operation.partials[place](numbers.value(consumer), *values)


def _written(node: Value) -> str:
    return _number(node.data) if isinstance(node, Constant) and not node._given else node.label


def _made(node: Value, write: Callable[[Value], str]) -> str:
    if node.operation is None:
        return ""
    texts = [write(operand).strip() for operand in node.operands]
    if node.operation is _POW or node.operation is OPERATIONS["neg"]:
        texts = [f"({text})" if text[:1] in "+-−" else text for text in texts]
    if _has_exponent(node):
        return texts[0] + _exponent(node)
    return node.operation.formula.format(**dict(zip("ab", texts, strict=False)))


def _has_exponent(node: Value) -> bool:
    return node.operation is _POW and isinstance(node.operands[1], Constant) and not node.operands[1]._given


def _place(label: str) -> str:
    return label.rpartition(".")[0]


def _places(total: Value) -> set[str]:
    """Where the partial sums of a sum may be: one with a place of its own (another neuron's) keeps its row.

    `a.b.sum2` belongs to `a.b` and to `a.b.pre`.
    """
    return {"", _place(total.label), total.label.partition("~")[0]}


def _belongs(total: Value, holder: Value) -> bool:
    return _place(total.label) in _places(holder)


def _kind(node: Value) -> str:
    if node.operands:
        return "node"
    if isinstance(node, Constant):
        return "constant"
    if node.learnable:
        return "parameter"
    return "input" if _INPUT.fullmatch(node.label) else "target" if _TARGET.fullmatch(node.label) else "leaf"


def _sign(node: Value, terms: int) -> str:
    if node.operation is None:
        return ""
    if _has_exponent(node):
        return _exponent(node)
    return f"Σ {terms}" if terms > 2 else node.operation.symbol


def _exponent(node: Value) -> str:
    number = node.operands[1].data
    return f"{number:g}".translate(_RAISED) if number.is_integer() and abs(number) < 1000 else f" ** {_number(number)}"


def _number(number: float) -> str:
    return f"{number:g}".replace("-", "−")


def _captions(node: Value) -> tuple[str, ...]:
    if isinstance(node, Constant) and not node._given:
        return (_number(node.data),)
    parts = node.label.split(".")
    return tuple(".".join(parts[first:]) for first in range(len(parts)))


def _formula_from(use: Use) -> tuple[str, ...]:
    """A product as its second factor sees it, `layer2.neuron3.w5 × neuron5`, `neuron3.w5`: what goes into many
    neurons is told apart by their weights. Else as everybody sees it."""
    node, place = use
    if node.operation is not _MUL or place == 0:
        return _formula(node)
    left, right = _captions(node.operands[0]), _captions(node.operands[1])
    distinct = left[:-1] or left
    return (*(f"{caption} × {right[-1]}" for caption in distinct), distinct[-1])


def _formula(node: Value) -> tuple[str, ...]:
    """`w5 × layer1.neuron5`, `w5 × neuron5`, `× neuron5`; `layer1.neuron3.w2²`, `neuron3.w2²`, `w2²`."""
    left = _captions(node.operands[0])
    if node.operation is _POW:
        return tuple(caption + _exponent(node) for caption in left)
    right = _captions(node.operands[1])
    return (*(f"{left[-1]} × {caption}" for caption in right), f"× {right[-1]}")
