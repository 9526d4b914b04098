"""Compiling: plain Python functions, over whole numbers, floats, registers and memory, become machine code.

An expression is simply evaluated, on `Number`s, whose operators write an instruction each; what Python knows already,
as `WIDEST * LANES`, is computed at once. Only what Python would decide itself has to be taken from the text of a
function: assignments, `if`, `while`, `for ... in range`, `and`, `or` and `return`. A function says by its annotation
what it returns (`int`, `float`, `bool`), or returns nothing; it is compiled anew for each combination of kinds of
arguments that it meets. Everything else raises `TypeError`: this is a small language, for kernels.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import operator
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, reduce
from itertools import count
from types import FunctionType
from typing import Any

from llvmlite import ir

from mgrad.engine.executors.lanes import (
    FLOAT,
    TRUTH,
    WHOLE,
    Number,
    as_value,
    builder_of,
    common_kind,
    kind_of,
    larger,
    room,
    smaller,
)

_KINDS = {"int": WHOLE, "float": FLOAT, "bool": TRUTH}
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.BitAnd: operator.and_, ast.RShift: operator.rshift,
    ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt, ast.GtE: operator.ge, ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}  # fmt: skip
_STAGED: dict[Callable[..., Any], Callable[..., Any]] = {min: smaller, max: larger}
_serials = count()


class Compiled:
    """A function of compiled code: called with `Number`s, it writes a call, and itself where it is not yet there."""

    def __init__(self, text: str, names: Mapping[str, Any], inlined: bool) -> None:
        (definition,) = ast.parse(text).body
        if not isinstance(definition, ast.FunctionDef):
            raise TypeError("Only functions that begin with def can be compiled.")
        self._definition, self._names, self._inlined = definition, names, inlined
        self._parameters = [each.arg for each in definition.args.args]
        returned = definition.returns
        self._kind = _KINDS[returned.id] if isinstance(returned, ast.Name) else ir.VoidType()
        self._name = f"{definition.name}.{next(_serials)}"

    def __call__(self, *arguments: object) -> Any:
        builder = builder_of(*arguments)
        values = [as_value(builder, each, kind_of(each)) for each in arguments]
        if self._inlined:
            return self._written(builder, values)
        function = self.function(builder.module, [value.type for value in values])
        called = builder.call(function, values)
        return None if self._kind == ir.VoidType() else Number(builder, called)

    def function(self, module: ir.Module, kinds: Sequence[ir.Type], name: str | None = None) -> ir.Function:
        """The function for these kinds of arguments; one with a name of its own is seen from outside."""
        own = name or f"{self._name}.{'.'.join(map(str, kinds))}"
        if own in module.globals:
            return module.globals[own]
        function = ir.Function(module, ir.FunctionType(self._kind, kinds), own)
        if name is None:
            function.linkage = "internal"
            function.attributes.add("noinline")
        function.attributes.add("nounwind")
        builder = ir.IRBuilder(function.append_basic_block("begin"))
        answer = self._written(builder, function.args)
        if answer is None:
            builder.ret_void()
        else:
            builder.ret(answer.value)
        return function

    def _written(self, builder: ir.IRBuilder, values: Sequence[Any]) -> Number | None:
        """Writes the body where the builder stands."""
        if len(values) != len(self._parameters):
            raise TypeError(f"{self._name} takes {len(self._parameters)} numbers, but was given {len(values)}.")
        body = _Body(builder, self._names, self._kind)
        for name, value in zip(self._parameters, values, strict=True):
            body.assign(name, Number(builder, value))
        return body.write(self._definition.body)


def _from(function: Callable[..., Any], inlined: bool) -> Compiled:
    text = textwrap.dedent(inspect.getsource(function))
    if not isinstance(function, FunctionType):
        raise TypeError(f"{function!r} is no function.")
    closed = {
        name: cell.cell_contents
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    }
    return Compiled(text, _Names(closed, function.__globals__), inlined)


def compiled(function: Callable[..., Any]) -> Compiled:
    """A function that stands by itself."""
    return _from(function, inlined=False)


def inlined(function: Callable[..., Any]) -> Compiled:
    """A function that is written out wherever it is called."""
    return _from(function, inlined=True)


def compiled_text(text: str, names: Mapping[str, Any]) -> Compiled:
    """A function that is there as text only."""
    return Compiled(text, _Names({}, names), inlined=False)


def instruction(write: Callable[..., Any]) -> Callable[..., Any]:
    """A function that writes its IR itself: it is given the builder, and the IR of its arguments."""

    def called(*arguments: object) -> Number | None:
        builder = builder_of(*arguments)
        value = write(builder, *(as_value(builder, each, kind_of(each)) for each in arguments))
        return None if value is None else Number(builder, value)

    return called


class _Names(dict[str, Any]):
    """What names mean that a function does not set: closed over, global (which may be made later), or Python's own."""

    def __init__(self, closed: Mapping[str, Any], globals_: Mapping[str, Any]) -> None:
        super().__init__(closed)
        self._globals = globals_

    def __missing__(self, name: str) -> Any:
        return self._globals[name] if name in self._globals else getattr(builtins, name)


class _Body:
    """The statements of one call."""

    def __init__(self, builder: Any, names: Mapping[str, Any], kind: ir.Type) -> None:
        self.builder, self.names, self.kind = builder, names, kind
        self.places: dict[str, Any] = {}
        self.answer = None if kind == ir.VoidType() else room(builder, kind)
        self.end = builder.append_basic_block("end")

    def write(self, statements: Sequence[ast.stmt]) -> Number | None:
        self._all(statements)
        self._go_on(self.end)
        self.builder.position_at_end(self.end)
        return None if self.answer is None else Number(self.builder, self.builder.load(self.answer))

    def _go_on(self, block: ir.Block) -> None:
        if not self.builder.block.is_terminated:
            self.builder.branch(block)

    def assign(self, name: str, number: object) -> None:
        place = self.places.get(name)
        if place is None:
            place = self.places[name] = room(self.builder, kind_of(number))
        self.builder.store(as_value(self.builder, number, place.type.pointee), place)

    # ------------------------------------------------------------------ statements
    def _all(self, statements: Iterable[ast.stmt]) -> None:
        for statement in statements:
            if self.builder.block.is_terminated:  # behind a return
                return
            write = getattr(self, f"_{type(statement).__name__}", None)
            if write is None:
                raise TypeError(f"Line {statement.lineno} of a compiled function: {ast.unparse(statement)}")
            write(statement)

    def _Expr(self, statement: ast.Expr) -> None:
        if not isinstance(statement.value, ast.Constant):  # a docstring
            self.of(statement.value)

    def _Assign(self, statement: ast.Assign) -> None:
        value = self.of(statement.value)
        for target in statement.targets:
            self._assign_to(target, value)

    def _assign_to(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.assign(target.id, value)
        elif isinstance(target, ast.Tuple):
            for each, part in zip(target.elts, value, strict=True):
                self._assign_to(each, part)
        else:
            raise TypeError(f"Compiled code cannot assign to {ast.unparse(target)}.")

    def _AugAssign(self, statement: ast.AugAssign) -> None:
        target = statement.target
        if not isinstance(target, ast.Name):
            raise TypeError(f"Compiled code cannot assign to {ast.unparse(target)}.")
        before = self.of(ast.Name(target.id, ast.Load()))
        self.assign(target.id, _OPERATORS[type(statement.op)](before, self.of(statement.value)))

    def _Return(self, statement: ast.Return) -> None:
        if self.answer is not None and statement.value is not None:
            self.builder.store(as_value(self.builder, self.of(statement.value), self.kind), self.answer)
        self.builder.branch(self.end)

    def _If(self, statement: ast.If) -> None:
        condition = self.of(statement.test)
        if not isinstance(condition, Number):
            self._all(statement.body if condition else statement.orelse)
            return
        then, otherwise, end = (self.builder.append_basic_block(name) for name in ("then", "else", "endif"))
        self.builder.cbranch(condition.value, then, otherwise)
        for block, statements in ((then, statement.body), (otherwise, statement.orelse)):
            self.builder.position_at_end(block)
            self._all(statements)
            self._go_on(end)
        self.builder.position_at_end(end)

    def _While(self, statement: ast.While) -> None:
        head, body, end = (self.builder.append_basic_block(name) for name in ("while", "do", "done"))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        self.builder.cbranch(as_value(self.builder, self.of(statement.test), TRUTH), body, end)
        self.builder.position_at_end(body)
        self._all(statement.body)
        self._go_on(head)
        self.builder.position_at_end(end)

    def _For(self, statement: ast.For) -> None:
        """Over a range whose step is known; its numbers are settled before the first turn."""
        call = statement.iter
        if not (isinstance(call, ast.Call) and ast.unparse(call.func) == "range"):
            raise TypeError(f"Compiled code counts in range(...) only, not in {ast.unparse(call)}.")
        bounds = list(map(self.of, call.args))
        start, stop, step = [0, *bounds, 1] if len(bounds) == 1 else [*bounds, 1][:3]
        builder, place = self.builder, room(self.builder, WHOLE)
        start, stop = (as_value(builder, number, WHOLE) for number in (start, stop))
        builder.store(start, place)
        head, body, end = (builder.append_basic_block(name) for name in ("for", "do", "done"))
        builder.branch(head)
        builder.position_at_end(head)
        now = builder.load(place)
        builder.cbranch(builder.icmp_signed("<" if step > 0 else ">", now, stop), body, end)
        builder.position_at_end(body)
        self._assign_to(statement.target, Number(builder, now))
        self._all(statement.body)
        if not builder.block.is_terminated:
            builder.store(builder.add(now, ir.Constant(WHOLE, step), flags=("nsw",)), place)
            builder.branch(head)
        builder.position_at_end(end)

    # ------------------------------------------------------------------ expressions
    def of(self, expression: ast.expr) -> Any:
        """An expression's number, or what else it is in Python: a function, a tuple, a number known already."""
        write = getattr(self, f"_{type(expression).__name__}", None)
        if write is None:
            raise TypeError(f"Line {expression.lineno} of a compiled function: {ast.unparse(expression)}")
        return write(expression)

    def _Constant(self, expression: ast.Constant) -> Any:
        return expression.value

    def _Name(self, expression: ast.Name) -> Any:
        place = self.places.get(expression.id)
        return self.names[expression.id] if place is None else Number(self.builder, self.builder.load(place))

    def _Attribute(self, expression: ast.Attribute) -> Any:
        """What stands in a module."""
        return getattr(self.of(expression.value), expression.attr)

    def _Tuple(self, expression: ast.Tuple) -> Any:
        return tuple(map(self.of, expression.elts))

    def _Call(self, expression: ast.Call) -> Any:
        function: Any = self.of(expression.func)
        arguments = list(map(self.of, expression.args))
        if any(isinstance(each, Number) for each in arguments):
            function = _STAGED.get(function, function)
        return function(*arguments)

    def _BinOp(self, expression: ast.BinOp) -> Any:
        return _OPERATORS[type(expression.op)](self.of(expression.left), self.of(expression.right))

    def _Compare(self, expression: ast.Compare) -> Any:
        (sign,), left, (right,) = expression.ops, self.of(expression.left), map(self.of, expression.comparators)
        if isinstance(sign, ast.In):
            return reduce(operator.or_, [left == each for each in right])
        if isinstance(sign, ast.NotIn):
            return reduce(operator.and_, [left != each for each in right])
        return _OPERATORS[type(sign)](left, right)

    def _UnaryOp(self, expression: ast.UnaryOp) -> Any:
        number = self.of(expression.operand)
        if isinstance(expression.op, ast.USub):
            return -number
        return Number(self.builder, self.builder.not_(number.value)) if isinstance(number, Number) else not number

    def _BoolOp(self, expression: ast.BoolOp) -> Any:
        """As in Python, what stands on the right is only looked at where the left leaves it open."""
        both, (first, *others) = isinstance(expression.op, ast.And), expression.values
        left = self.of(first)
        for other in others:
            right = partial(self.of, other)
            if isinstance(left, Number):
                left = self._either(left, right, lambda: False) if both else self._either(left, lambda: True, right)
            elif bool(left) is both:
                left = right()
        return left

    def _IfExp(self, expression: ast.IfExp) -> Any:
        condition = self.of(expression.test)
        if not isinstance(condition, Number):
            return self.of(expression.body if condition else expression.orelse)
        return self._either(condition, lambda: self.of(expression.body), lambda: self.of(expression.orelse))

    def _either(self, condition: Number, yes: Callable[[], Any], no: Callable[[], Any]) -> Number:
        builder = self.builder
        begins = [builder.append_basic_block(name) for name in ("yes", "no")]
        end = builder.append_basic_block("either")
        builder.cbranch(condition.value, *begins)
        numbers, ends = [], []
        for block, write in zip(begins, (yes, no), strict=True):
            builder.position_at_end(block)
            numbers.append(write())
            ends.append(builder.block)
        kind = common_kind(*numbers)
        values = []
        for block, number in zip(ends, numbers, strict=True):
            builder.position_at_end(block)
            values.append(as_value(builder, number, kind))
            builder.branch(end)
        builder.position_at_end(end)
        phi = builder.phi(kind)
        for value, block in zip(values, ends, strict=True):
            phi.add_incoming(value, block)
        return Number(builder, phi)
