"""Text to graph: `parse("tanh(x1*w1 + b)", x1=2.0, w1=-3.0, b=6.88)`.

The one idea: Python's own `ast` reads the text and nothing is ever run. A quick look over the characters comes first:
it knows where an operand and where an operator may stand, so that a mistake is named at its column, and it keeps from
Python's parser what would be too deep for it. The tree is then turned into nodes without recursion.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from keyword import iskeyword
from typing import NoReturn, SupportsFloat

from mgrad.engine.errors import OptionError, ParseError, nearest
from mgrad.engine.graph import Binary, Constant, Unary, Value
from mgrad.engine.operations import OPERATIONS, Operation

_OPERATORS: dict[type[ast.operator | ast.unaryop], Operation] = {
    ast.Add: OPERATIONS["add"],
    ast.Sub: OPERATIONS["sub"],
    ast.Mult: OPERATIONS["mul"],
    ast.Div: OPERATIONS["div"],
    ast.Pow: OPERATIONS["pow"],
    ast.USub: OPERATIONS["neg"],
}
_SIGNS_ONLY = {"add", "sub", "mul", "div", "neg"}
# By name, and by symbol where that is a word: so `maximum` is also `max`.
FUNCTIONS: dict[str, Operation] = {
    name: row
    for row in OPERATIONS.values()
    if row.name not in _SIGNS_ONLY
    for name in (row.name, row.symbol)
    if name.isidentifier()
}
_UNLEARNABLE = re.compile(r"(x|target)\d*")

# Python 3.11 to 3.13 read 200 brackets within each other and about 3000 operators over each other, fewer in a deep call
# stack, and raise MemoryError or RecursionError beyond. These limits keep well away from that.
DEEPEST_BRACKETS = 100
DEEPEST_OPERATORS = 1000
LONGEST_TEXT = 5_000_000
_PIECE = 200  # a sum outside of all brackets is read in pieces of so many operators: it may be of any length
_LONG_NUMBER = 300  # digits; Python refuses to read whole numbers of some thousands

_IN_PARTS = "write it in parts, as Values that you put together."
_BRACKET = re.compile(r" *\(")
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    | (?P<number> 0[xXoObB]\w* | (?: \d[\d_]*\.?[\d_]* | \.\d[\d_]* ) (?: [eE][+-]?\d[\d_]* )? )
    | (?P<name> [A-Za-z_]\w* )
    | (?P<operator> \*\* | [-+*/] )
    | (?P<bracket> [()] )
    | (?P<comma> , )
    | (?P<other> . )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)


def parse(text: str, /, *, learnable: Iterable[str] | bool | None = None, **values: SupportsFloat) -> Value:
    """The graph of an expression; its names become leaves with these values, one a name.

    `text` may hold numbers, names, `+ - * / **`, brackets, and calls of exp, log, tanh, relu, sigmoid, sqrt, sin, cos,
    abs, softplus, maximum (max), minimum (min) and pow; precedence is Python's, so `-x**2` is `-(x**2)`. A `−` (U+2212)
    is a minus too. Numbers are floats from the start: `2**10**10**10` is inf.

    `learnable` says which leaves are parameters: None means all but x, x1, x2, ... and target, target1, ...; True and
    False mean all and none; else the names of those that learn. Nodes are labelled in the order in which they are
    computed (`mul1`, `add1`, `add2`), leaving out what is a name in the text.

    >>> out = parse("tanh(x1*w1 + b)", x1=2.0, w1=-3.0, b=6.88)
    >>> round(out.data, 4)
    0.7064
    >>> [node.label for node in out.nodes()]
    ['x1', 'w1', 'b', 'mul1', 'add1', 'tanh1']
    >>> [node.label for node in out.parameters()]
    ['w1', 'b']

    A sum may be as long as you like, but only 100 brackets may stand inside each other and only 1000 operators work on
    each other's results.

    Raises `ParseError`, a ValueError with the `position` from 1, for a text that is not such an expression, for a name
    without a value and for a value without a name.

    >>> parse("2 * sine(x1)", x1=1.0)
    Traceback (most recent call last):
    mgrad.engine.errors.ParseError: Column 5: 'sine' is not a function here. Did you mean 'sin'?
        2 * sine(x1)
            ^
    """
    if not isinstance(text, str):
        raise ParseError(f"An expression is a text, but {text!r} was given.")
    source = _Source(text)
    pieces = list(_Scan(source).pieces())
    leaves = _leaves(source, values, learnable)
    grower = _Grower(source, leaves)
    for piece in pieces:
        grower.grow(piece)
    return grower.done.pop()


@dataclass
class _Source:
    """The text as it was given, what of it Python may read (the same length), and where its names stand."""

    text: str

    def __post_init__(self) -> None:
        # Each blank becomes one space, so that a new line is nothing special and columns stay.
        self.readable = re.sub(r"[\t\r\n]", " ", self.text).replace("\N{MINUS SIGN}", "-")
        self.names: dict[str, int] = {}

    def refuse(self, start: int, sentence: str) -> NoReturn:
        """Raises the error for what stands at `start`, with the text around it and a caret below."""
        first, last = max(0, start - 40), start + 30
        before = ("…" if first else "") + self.readable[first:start]
        window = before + self.readable[start:last] + ("…" if last < len(self.readable) else "")
        shown = "".join(char if char.isprintable() else "?" for char in window)
        raise ParseError(f"Column {start + 1}: {sentence}\n    {shown}\n    {' ' * len(before)}^", start + 1)


@dataclass
class _Piece:
    """A stretch of the text; all but the first go on with a sum, and begin with its operator."""

    start: int
    text: str


@dataclass
class _Level:
    """What the scan knows of one bracket, or of the outermost level: how tall its tree can be at most."""

    start: int
    is_call: bool = False
    operators: int = 0
    tallest: int = 0  # of the brackets within

    @property
    def height(self) -> int:
        return self.operators + self.tallest


class _Scan:
    """Looks over the text once and cuts it; refuses what cannot be an expression, and what is too long or too deep."""

    def __init__(self, source: _Source) -> None:
        self.source = source
        self.levels = [_Level(0)]
        self.after_operand = False  # True where an operator may stand, False where an operand must
        self.function = ""  # the function whose bracket must come next
        self.start = 0  # of the piece being read
        self.parts: list[str] = []

    def pieces(self) -> Iterator[_Piece]:
        source, at = self.source, 0
        if len(source.text) > LONGEST_TEXT:
            source.refuse(0, f"the text has {len(source.text)} characters, but at most {LONGEST_TEXT} are read.")
        for match in _TOKEN.finditer(source.readable):
            kind, word, at = match.lastgroup, match.group(), match.start()
            if kind == "number":
                word = self.number(word, at)
            elif kind == "name":
                self.name(word, at)
            elif kind == "operator":
                if self.is_full() and self.after_operand and word in "+-":
                    yield self.cut(at)
                self.operator(word, at)
            elif word == "(":
                self.open(at)
            elif kind == "bracket" or kind == "comma":
                self.close(word, at)
            elif kind == "other":
                sentence = "cannot stand here: only numbers, names, + - * / ** ( ) and commas can."
                source.refuse(at, f"{source.text[at]!r} {sentence}")
            self.parts.append(word)
        if not self.after_operand:
            is_empty = not source.readable.strip()
            what = "the text is empty;" if is_empty else "the expression ends where"
            source.refuse(len(source.text), f"{what} a number, a name or ( must stand.")
        if len(self.levels) > 1:
            source.refuse(self.levels[-1].start, "this ( is never closed.")
        yield self.cut(len(source.text))

    def is_full(self) -> bool:
        return len(self.levels) == 1 and self.levels[0].height >= _PIECE

    def cut(self, at: int) -> _Piece:
        piece = _Piece(self.start, "".join(self.parts))
        self.start, self.parts, self.levels[0] = at, [], _Level(at)
        return piece

    def operand(self, word: str, at: int) -> None:
        if self.after_operand:
            self.source.refuse(at, f"an operator is missing before {_cut(word)}.")
        self.after_operand = True

    def number(self, word: str, at: int) -> str:
        self.operand(word, at)
        if re.match(r"[\w.]", self.source.readable[at + len(word) :][:1]):
            self.source.refuse(at, "this is not a number: 2, 0.5, 1e-3 and the like are.")
        return _readable_number(word)

    def name(self, word: str, at: int) -> None:
        self.operand(word, at)
        if iskeyword(word) or word == "learnable":
            self.source.refuse(at, f"{word!r} has another meaning and cannot be a name here.")
        if not _BRACKET.match(self.source.readable, at + len(word)):
            if word in FUNCTIONS:
                self.source.refuse(at, f"{word!r} is a function: write {word}(...).")
            self.source.names.setdefault(word, at)
        elif word in FUNCTIONS:
            self.function = word
            self.after_operand = False
        else:
            near = nearest(word, FUNCTIONS, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(FUNCTIONS)}."
            self.source.refuse(at, f"{_cut(word)!r} is not a function here. {hint}")

    def operator(self, word: str, at: int) -> None:
        if not self.after_operand and word not in "+-":
            self.source.refuse(at, f"a number, a name or ( must stand here, not {word}.")
        self.after_operand = False
        self.levels[-1].operators += 1
        self.limit_height(at)

    def open(self, at: int) -> None:
        if self.after_operand:
            self.source.refuse(at, "an operator is missing before (.")
        if len(self.levels) > DEEPEST_BRACKETS:
            self.source.refuse(at, f"more than {DEEPEST_BRACKETS} brackets stand inside each other; {_IN_PARTS}")
        self.levels.append(_Level(at, is_call=bool(self.function)))
        self.function = ""

    def close(self, word: str, at: int) -> None:
        """Ends an operand of a function, or what stands in a bracket."""
        level = self.levels[-1]
        if len(self.levels) == 1:
            self.source.refuse(at, f"this {word} has no ( before it.")
        if not self.after_operand:
            self.source.refuse(at, f"a number, a name or ( must stand here, not {word}.")
        if word == ",":
            if not level.is_call:
                self.source.refuse(at, "a comma can only stand between the operands of a function.")
            self.after_operand = False
        else:
            self.levels.pop()
            self.levels[-1].tallest = max(self.levels[-1].tallest, level.height + 1)
            self.limit_height(at)

    def limit_height(self, at: int) -> None:
        if self.levels[-1].height > DEEPEST_OPERATORS:
            sentence = f"more than {DEEPEST_OPERATORS} operators work on each other's results here;"
            self.source.refuse(at, f"{sentence} {_IN_PARTS}")


def _cut(word: str) -> str:
    return word if len(word) <= 40 else f"{word[:40]}…"


def _readable_number(digits: str) -> str:
    """The same number in as many characters, short enough for Python to read."""
    if len(digits) <= _LONG_NUMBER or not digits.isdecimal():
        return digits
    number = float(digits)
    return ("1e999" if math.isinf(number) else repr(number)).ljust(len(digits))


class _Grower:
    """Turns syntax trees into nodes, over one stack of steps still to do and one of nodes done."""

    def __init__(self, source: _Source, leaves: dict[str, Value]) -> None:
        self.source = source
        self.leaves = leaves
        self.done: list[Value] = []
        self.numbers: Counter[str] = Counter()

    def grow(self, piece: _Piece) -> None:
        """Leaves one node on `done`; the piece of a sum takes the node of the pieces before it from there."""
        prefix = "(0" if self.done else "("  # the 0 stands for what is done already
        # Where a column of what Python reads lies in the source.
        self.shift = piece.start - len(prefix)
        waiting: list[ast.expr | Operation] = [self.read(prefix + piece.text + ")")]
        while waiting:
            step = waiting.pop()
            if isinstance(step, Operation):
                operands = self.done[-step.arity :]
                del self.done[-step.arity :]
                node = Unary(step, operands[0]) if step.arity == 1 else Binary(step, operands[0], operands[1])
                self.done.append(self.name(node, step.name))
            elif isinstance(step, ast.Name):
                self.done.append(self.leaves[step.id])
            elif (number := self.number(step)) is not None:
                if step.col_offset + self.shift >= piece.start:
                    self.done.append(self.name(Constant(number), "constant"))
            else:
                waiting.extend(self.steps(step))

    def read(self, text: str) -> ast.expr:
        try:
            return ast.parse(text, mode="eval").body
        except SyntaxError as error:  # what the scan lets pass: numbers like 007 and 1__0
            at = max(0, (error.offset or 1) - 1 + self.shift)
            self.source.refuse(at, f"Python reads no such thing: {error.msg}.")
        except (MemoryError, RecursionError):  # in a deep call stack even less than the limits can be too much
            self.source.refuse(max(0, self.shift), f"this is too deep to be read; {_IN_PARTS}")

    def number(self, tree: ast.expr) -> float | None:
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub) and isinstance(tree.operand, ast.Constant):
            number = self.number(tree.operand)
            return None if number is None else -number
        if not isinstance(tree, ast.Constant) or not isinstance(tree.value, int | float):
            return None
        return _as_float(tree.value)

    def steps(self, tree: ast.expr) -> list[ast.expr | Operation]:
        """What is to be done for a syntax node, last things first."""
        match tree:
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return [operand]
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in _OPERATORS:
                return [_OPERATORS[type(sign)], operand]
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _OPERATORS:
                return [_OPERATORS[type(sign)], right, left]
            case ast.Call(func=ast.Name(id=name), args=operands, keywords=[]) if name in FUNCTIONS:
                row = FUNCTIONS[name]
                if len(operands) != row.arity:
                    needs = f"{row.arity} operand{'s' if row.arity > 1 else ''}"
                    self.source.refuse(tree.col_offset + self.shift, f"{name} takes {needs}, not {len(operands)}.")
                return [row, *reversed(operands)]
            case _:
                kind = type(tree).__name__
                sentence = f"this is a {kind} of Python's, which has no place here."
                self.source.refuse(tree.col_offset + self.shift, sentence)

    def name(self, node: Value, kind: str) -> Value:
        self.numbers[kind] += 1
        while f"{kind}{self.numbers[kind]}" in self.leaves:
            self.numbers[kind] += 1
        return node.named(f"{kind}{self.numbers[kind]}")


def _leaves(
    source: _Source, values: dict[str, SupportsFloat], learnable: Iterable[str] | bool | None
) -> dict[str, Value]:
    given = f"; given: {', '.join(values)}" if values else ""
    missing = [name for name in source.names if name not in values]
    if missing:
        names = ", ".join(map(_cut, missing[:10])) + (" and more" if len(missing) > 10 else "")
        example = f"parse(text, {_cut(missing[0])}=1.0)"
        source.refuse(source.names[missing[0]], f"no value for {names}{given}. Give a number, as in {example}.")
    for name in values:
        _must_occur(name, "A value is given for", source.names)
    learns = _learning(source.names, learnable)
    return {name: Value(_number(source, name, values[name]), name, learnable=name in learns) for name in source.names}


def _learning(names: dict[str, int], learnable: Iterable[str] | bool | None) -> set[str]:
    if learnable is None:
        return {name for name in names if not _UNLEARNABLE.fullmatch(name)}
    if isinstance(learnable, bool):
        return set(names) if learnable else set()
    if not isinstance(learnable, Iterable):
        raise OptionError(f"learnable is {learnable!r}, but must be True, False, None or the names that learn.")
    learns = {learnable} if isinstance(learnable, str) else set(learnable)
    for name in learns:
        _must_occur(name, "learnable names", names)
    return learns


def _must_occur(name: str, what: str, names: dict[str, int]) -> None:
    if name not in names:
        near = nearest(name, names, 1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise ParseError(f"{what} {name!r}, which does not occur in the expression.{hint}")


def _number(source: _Source, name: str, value: object) -> float:
    if isinstance(value, SupportsFloat) and not isinstance(value, str):
        try:
            return _as_float(value)
        except TypeError:  # an array of several numbers
            pass
    source.refuse(source.names[name], f"the value of {name} is a number, but {_cut(repr(value))} was given.")


def _as_float(number: SupportsFloat) -> float:
    try:
        return float(number)
    except OverflowError:  # a whole number beyond the largest float
        return math.inf if number > 0 else -math.inf  # pyright: ignore[reportOperatorIssue]
