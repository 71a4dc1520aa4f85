"""Derivatives of one's own: ``custom_jvp``, ``custom_vjp``, ``checkpoint``.

The functions and their rules are traced, so Python's ``if`` cannot look at values inside.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .compiler.errors import ArgumentError, GradientError, ShapeError
from .compiler.ir.aval import Aval
from .compiler.ir.core import Operand, Value, bind_all
from .compiler.ir.graph import Atom, Graph, Var
from .compiler.ir.prims import calls as prims
from .compiler.ir.prims.structural import zeros
from .compiler.ir.text import interned
from .compiler.trace import pytree
from .compiler.trace.stage import Staged, stage
from .operands import operand, value
from .traceback import public
from .tracer import Traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class _Call:
    """A call taken apart: differentiable arguments as leaves, the others as they are."""

    fixed: dict[int, Any]
    leaves: list[Value]
    tree: pytree.Tree

    @staticmethod
    def of(args: Sequence[Any], nondiff: Sequence[int]) -> _Call:
        for i in nondiff:
            if not isinstance(i, int) or not 0 <= i < len(args):
                raise ArgumentError(f"nondiff_argnums {i!r}: there are {len(args)} arguments")
        inner = tuple(a for i, a in enumerate(args) if i not in nondiff)
        leaves, tree = pytree.flatten(inner)
        values = [value(x, p) for x, p in zip(leaves, pytree.paths(tree, "args"))]
        return _Call({i: args[i] for i in sorted(nondiff)}, values, tree)

    @property
    def avals(self) -> list[Aval]:
        return [v.aval.strong() for v in self.leaves]

    def nest(self, leaves: Sequence[Any]) -> tuple[Any, ...]:
        """The differentiable arguments with other leaves."""
        made: tuple[Any, ...] = pytree.unflatten(self.tree, leaves)
        return made

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """All arguments."""
        left = iter(self.nest(leaves))
        total = len(self.fixed) + len(self.tree[2])
        return [self.fixed[i] if i in self.fixed else next(left) for i in range(total)]


def _staged(function: Function, avals: Sequence[Aval], kind: str, name: str) -> Staged:
    return stage(function, avals, name=name, tracer=Traced, coerce=operand, kind=kind)


def _floats(avals: Sequence[Aval]) -> list[Aval]:
    return [a for a in avals if a.dtype.kind in "fc"]


def _holed(items: Sequence[Any], avals: Sequence[Aval]) -> list[Any]:
    """One for each aval: the items for the float ones, None for the others."""
    left = iter(items)
    return [next(left) if a.dtype.kind in "fc" else None for a in avals]


def _float_leaves(tree: Any, like: pytree.Tree, avals: Sequence[Aval], what: str) -> list[Operand]:
    """The float leaves of a nest shaped as ``like``; None stands for zeros."""
    if tree is None:
        tree = pytree.unflatten(like, [None] * len(avals))
    leaves, found = pytree.flatten(tree, is_leaf=lambda x: x is None)
    if found != like:
        was, now = pytree.describe(like), pytree.describe(found)
        raise ArgumentError(f"{what} has structure {now}, not {was}")
    out = []
    for x, aval in zip(leaves, avals):
        if aval.dtype.kind in "fc":
            got = zeros(aval.strong()) if x is None else operand(x, what)
            if got.aval.shape != aval.shape or got.aval.dtype is not aval.dtype:
                raise ShapeError(f"{what} is {got.aval} where {aval} belongs")
            out.append(got)
    return out


class _Depth(threading.local):
    """How many traces of a function's own rule are under way in this thread."""

    now = 0


NESTED = 3
"""A rule may call its function, whose rule is traced with it: to this depth."""


class _Custom:
    """A function with a rule of its own; called like the function."""

    def __init__(self, function: Function, nondiff_argnums: Sequence[int] = ()) -> None:
        if not callable(function):
            raise ArgumentError(f"{type(self).__name__} needs a function, got {function!r}")
        functools.update_wrapper(self, function)
        self._function, self._nondiff = function, tuple(nondiff_argnums)
        self._name = getattr(function, "__name__", "function")
        self._inside = _Depth()

    def __call__(self, *args: Any) -> Any:
        raise NotImplementedError

    def _no_rule(self, method: str) -> GradientError:
        kind = type(self).__name__
        return GradientError(f"{self._name} is a {kind} without a rule", fix=f"call .{method}(…)")

    def _rule_of(self, function: Function, avals: Sequence[Aval]) -> Staged:
        """Traces a rule, which may call the function itself."""
        self._inside.now += 1
        try:
            return _staged(function, avals, type(self).__name__, self._name)
        finally:
            self._inside.now -= 1

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        return self if obj is None else functools.partial(self, obj)


class custom_jvp(_Custom):
    """A function whose derivative is what ``defjvp`` says, in forward and in reverse mode.

    ``rule(primals, tangents) -> (result, tangent)`` takes tuples; tangents of integers are None.
    Arguments in ``nondiff_argnums`` are plain Python values, and come first in the rule. By arrays
    that the function reads from outside the derivative is zero. A rule that calls the function
    holds for derivatives to third order. Raises GradientError without rule.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> @tx.custom_jvp
    ... def f(x):
    ...     return tnp.sin(x)
    >>> @f.defjvp
    ... def rule(primals, tangents):
    ...     return f(*primals), 2.0 * tangents[0]
    >>> tx.grad(f)(1.0)
    Array(2., dtype=float32)
    """

    _rule: Function | None = None

    def defjvp(self, rule: Function) -> Function:
        """Sets the rule; returns it, so that this can be a decorator."""
        self._rule = rule
        return rule

    @public
    def __call__(self, *args: Any) -> Any:
        if self._rule is None:
            raise self._no_rule("defjvp")
        if self._inside.now >= NESTED:
            return self._function(*args)
        call = _Call.of(args, self._nondiff)
        n, avals = len(call.leaves), call.avals

        def function(*leaves: Any) -> Any:
            return self._function(*call.arguments(leaves))

        main = _staged(function, avals, "custom_jvp", self._name)
        outs = main.graph.out_avals

        def differentiate(*leaves: Any) -> Any:
            assert self._rule is not None
            tangents = call.nest(_holed(leaves[n:], avals))
            result, rate = self._rule(*call.fixed.values(), call.nest(leaves[:n]), tangents)
            flat, tree = pytree.flatten(result)
            if tree != main.out_tree:
                raise ArgumentError(f"the rule of {self._name} returns another structure than it")
            return flat, _float_leaves(rate, tree, outs, f"a tangent of {self._name}")

        rule = self._rule_of(differentiate, [*avals, *_floats(avals)])
        captures = _union(main, rule)
        results = bind_all(
            prims.custom_jvp, *call.leaves, *captures, call=_closed(main, n, captures),
            rule=_closed(rule, n, captures), n_args=n,
        )  # fmt: skip
        return pytree.unflatten(main.out_tree, results)


class custom_vjp(_Custom):
    """A function whose reverse-mode derivative is what ``defvjp`` says.

    ``forward(*args) -> (result, residuals)`` and ``backward(residuals, cotangent) -> cotangents``,
    a tuple with one for each argument (None: zero). Arguments in ``nondiff_argnums`` are plain
    Python values, and come first in ``backward``. Forward mode works where ``backward`` is linear
    in the cotangent. By arrays that the function reads from outside the derivative is zero. A rule
    that calls the function holds for derivatives to third order. Raises GradientError without rule.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> @tx.custom_vjp
    ... def clip_gradient(x):
    ...     return x
    >>> clip_gradient.defvjp(lambda x: (x, None), lambda _, ct: (tnp.clip(ct, -1.0, 1.0),))
    >>> tx.grad(lambda x: 5.0 * clip_gradient(x))(1.0)
    Array(1., dtype=float32)
    """

    _rules: tuple[Function, Function] | None = None

    def defvjp(self, forward: Function, backward: Function) -> None:
        """Sets the two halves of the rule."""
        self._rules = forward, backward

    @public
    def __call__(self, *args: Any) -> Any:
        if self._rules is None:
            raise self._no_rule("defvjp")
        if self._inside.now >= NESTED:
            return self._function(*args)
        forward, backward = self._rules
        call = _Call.of(args, self._nondiff)
        n, avals = len(call.leaves), call.avals

        def function(*leaves: Any) -> Any:
            return self._function(*call.arguments(leaves))

        def keep(*leaves: Any) -> Any:
            result = forward(*call.arguments(leaves))
            if not isinstance(result, tuple) or len(result) != 2:
                raise ArgumentError(f"{self._name}: the forward rule returns (result, residuals)")
            return result

        main = _staged(function, avals, "custom_vjp", self._name)
        kept = self._rule_of(keep, avals)
        out_tree, res_tree = kept.out_tree[2]
        if out_tree != main.out_tree:
            raise ArgumentError(f"the forward rule of {self._name} returns another structure")
        n_out = len(main.graph.outputs)
        outs, res = kept.graph.out_avals[:n_out], kept.graph.out_avals[n_out:]

        def pull(*leaves: Any) -> Any:
            residuals = pytree.unflatten(res_tree, leaves[: len(res)])
            ct = pytree.unflatten(out_tree, _holed(leaves[len(res) :], outs))
            cts = backward(*call.fixed.values(), residuals, ct)
            return _float_leaves(
                _whole(cts, call), call.tree, avals, f"a cotangent of {self._name}"
            )

        back = self._rule_of(pull, [*res, *_floats(outs)])
        captures = _union(main, kept, back)
        results = bind_all(
            prims.custom_vjp, *call.leaves, *captures, call=_closed(main, n, captures),
            forward=_closed(kept, n, captures, captures), n_args=n,
            backward=_closed(back, len(res), captures),
        )  # fmt: skip
        return pytree.unflatten(main.out_tree, results)


def _whole(cts: Any, call: _Call) -> Any:
    """Cotangents with None spread over the argument that it stands for."""
    if not isinstance(cts, (tuple, list)) or len(cts) != len(call.tree[2]):
        raise ArgumentError("a backward rule returns a tuple with a cotangent for each argument")
    parts = zip(cts, call.tree[2], strict=True)
    return tuple(
        pytree.unflatten(tree, [None] * pytree.count(tree)) if ct is None else ct
        for ct, tree in parts
    )


def _union(*staged: Staged) -> list[Value]:
    """What any of the functions reads from outside."""
    return list({id(c): c for s in staged for c in s.captures}.values())


def _closed(staged: Staged, n: int, captures: Sequence[Value], also: Sequence[Value] = ()) -> Graph:
    """The function with all captures behind its first ``n`` inputs, and ``also`` returned."""
    graph, count = staged.graph, len(staged.graph.inputs) - len(staged.captures)
    inner = {id(c): v for c, v in zip(staged.captures, graph.inputs[count:])}
    extra = {id(c): inner.get(id(c)) or Var(c.aval) for c in captures}
    inputs = (*graph.inputs[:n], *extra.values(), *graph.inputs[n:count])
    outputs: tuple[Atom, ...] = (*graph.outputs, *(extra[id(c)] for c in also))
    return interned(Graph(inputs, graph.eqns, outputs, graph.name))


@public
def checkpoint(function: Function) -> Function:
    """The same function, of whose run a derivative keeps only the arguments.

    What reverse mode needs is computed again, backwards: more time, less memory. Use it around a
    layer, or around the body of a ``scan``. (``jax.checkpoint`` with the policy "nothing saved".)

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.grad(tx.checkpoint(lambda x: x * x * x))(2.0)
    Array(12., dtype=float32)
    """
    if not callable(function):
        raise ArgumentError(f"checkpoint needs a function, got {function!r}")
    name = getattr(function, "__name__", "function")

    @public
    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        leaves, tree = pytree.flatten((args, kwargs))
        values = [value(x, p) for x, p in zip(leaves, pytree.paths(tree, "args"))]

        def run(*inner: Any) -> Any:
            given, named = pytree.unflatten(tree, inner)
            return function(*given, **named)

        staged = _staged(run, [v.aval.strong() for v in values], "checkpoint", name)
        graph = interned(staged.graph)
        outs = bind_all(prims.checkpoint, *values, *staged.captures, call=graph)
        return pytree.unflatten(staged.out_tree, outs)

    return wrapped
