"""Derivatives: ``grad``, ``value_and_grad``, ``vjp``, ``jvp``. Each records, transforms, evaluates.

The function runs once on a tape, outside ``jit`` with real values on demand, so Python's own ``if``
and ``for`` may look at them. The recorded graph is transformed, and evaluated at the level outside.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .compiler.errors import ArgumentError, GradientError, ShapeError
from .compiler.ir import core
from .compiler.ir.core import Operand, Value
from .compiler.ir.graph import Graph, Literal
from .compiler.ir.prims.calls import stop_gradient as stop_primitive
from .compiler.trace import pytree
from .compiler.trace.stage import Tape
from .operands import ArrayLike, broadcast_to, cast, operand, value
from .traceback import public
from .tracer import Traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class Recorded:
    """A function's run: its graph over ``primals`` and captures, and what it returned."""

    graph: Graph
    tape: Tape
    primals: list[Value]
    out_tree: pytree.Tree
    aux: Any = None

    @property
    def inputs(self) -> list[Operand]:
        return [*self.primals, *self.tape.captures]

    @property
    def differentiated(self) -> tuple[bool, ...]:
        return (True,) * len(self.primals) + (False,) * len(self.tape.captures)


def record(function: Function, trees: Sequence[Any], name: str, has_aux: bool = False) -> Recorded:
    """Runs ``function(*trees)`` on a tape; the leaves of ``trees`` are its inputs."""
    leaves, tree = pytree.flatten(tuple(trees))
    primals = [_float_input(x, p) for x, p in zip(leaves, pytree.paths(tree, "args"))]
    tape = Tape(name, Traced, primals)
    with tape:
        result = function(*pytree.unflatten(tree, tape.arguments()))
        aux = None
        if has_aux:
            if not isinstance(result, (tuple, list)) or len(result) != 2:
                raise ArgumentError(f"{name}: with has_aux the function returns (value, aux)")
            result, aux = result
        outs, out_tree = pytree.flatten(result)
        where = pytree.paths(out_tree, "result")
        graph = tape.finish([operand(x, p) for x, p in zip(outs, where)])
        aux = _at_outer_level(tape, aux)
    return Recorded(graph, tape, primals, out_tree, aux)


def _float_input(x: ArrayLike, path: str) -> Value:
    got = value(x, path)
    if got.aval.dtype.kind not in "fc":
        raise GradientError(
            f"{path} is {got.aval}: derivatives exist only by float and complex inputs",
            fix="convert it with .astype(float), or choose other argnums",
        )
    return got


def _at_outer_level(tape: Tape, aux: Any) -> Any:
    leaves, tree = pytree.flatten(aux)
    out = [
        value(tape.outer(x.atom)) if isinstance(x, Traced) and x.trace is tape else x
        for x in leaves
    ]
    return pytree.unflatten(tree, out)


def _name(function: Function) -> str:
    return getattr(function, "__name__", type(function).__name__)


@public
def value_and_grad(
    function: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Function:
    """A function that returns ``(value, gradient)`` of a scalar function.

    The gradient has the structure of argument ``argnums`` (a tuple of them when ``argnums`` is
    one). With ``has_aux`` the function returns ``(value, aux)`` and the result is ``((value, aux),
    gradient)``. Raises GradientError when the value is not a float32 scalar or an argument is not
    float32.

    >>> import texelate as tx
    >>> tx.value_and_grad(lambda x: x * x)(3.0)
    (Array(9., dtype=float32, weak_type=True), Array(6., dtype=float32))
    """
    _check_callable(function, "value_and_grad")
    several = not isinstance(argnums, int)
    nums: tuple[int, ...] = (argnums,) if isinstance(argnums, int) else tuple(argnums)

    @public
    @functools.wraps(function)
    def differentiated(*args: Any, **kwargs: Any) -> Any:
        places = _places(nums, len(args), _name(function))

        def partly(*chosen: Any) -> Any:
            filled = list(args)
            for place, arg in zip(places, chosen, strict=True):
                filled[place] = arg
            return function(*filled, **kwargs)

        done = record(partly, [args[i] for i in places], _name(function), has_aux)
        out, gradients = _gradient(done)
        _, tree = pytree.flatten(tuple(args[i] for i in places))
        grads = pytree.unflatten(tree, gradients)
        return ((out, done.aux) if has_aux else out), (grads if several else grads[0])

    return differentiated


def _check_callable(function: Any, name: str) -> None:
    if not callable(function):
        raise ArgumentError(f"{name} needs a function, got {function!r}")


def _places(nums: Sequence[int], count: int, name: str) -> list[int]:
    for i in nums:
        if not isinstance(i, int) or not -count <= i < count:
            raise ArgumentError(
                f"argnums {i!r}: {name} was called with {count} positional arguments",
                fix="pass the arguments to differentiate by position",
            )
    return [i % count for i in nums]


def _gradient(done: Recorded) -> tuple[Value, list[Value]]:
    if done.out_tree is not pytree.LEAF or done.graph.outputs[0].aval.shape:
        found = ", ".join(str(a) for a in done.graph.out_avals)
        raise GradientError(
            f"grad needs a function with a scalar result; {done.graph.name} returned {found}",
            fix="reduce it, for example with .sum() or .mean(), or use tx.vjp",
        )
    aval = done.graph.outputs[0].aval
    if aval.dtype.kind != "f":
        raise GradientError(f"grad needs a float result; {done.graph.name} returned {aval}")
    from .compiler.transforms.transpose import vjp_graph

    graph = vjp_graph(done.graph, done.differentiated)
    out, *gradients = core.evaluate(graph, [*done.inputs, Literal(1.0, aval.dtype)])
    return value(out), [value(g) for g in gradients]


@public
def grad(function: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """A function that returns the gradient of a scalar function by argument ``argnums``.

    With ``has_aux`` the function returns ``(value, aux)`` and the result is ``(gradient, aux)``.
    See ``value_and_grad``.

    >>> import texelate as tx
    >>> tx.grad(lambda x: x ** 3)(2.0)
    Array(12., dtype=float32)
    """
    both = value_and_grad(function, argnums, has_aux)

    @public
    @functools.wraps(function)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        out, grads = both(*args, **kwargs)
        return (grads, out[1]) if has_aux else grads

    return gradient


@public
def vjp(function: Function, *primals: Any, has_aux: bool = False) -> Any:
    """``(result, pull)``: ``pull(cotangent)`` gives a tuple of cotangents, one for each primal.

    The cotangent has the structure and shapes of the result; parts for integer results are ignored.
    With ``has_aux``: ``(result, pull, aux)``. Raises GradientError for integer primals.

    >>> import texelate as tx
    >>> y, pull = tx.vjp(lambda x: x * x, 3.0)
    >>> pull(1.0)
    (Array(6., dtype=float32),)
    """
    _check_callable(function, "vjp")
    done = record(function, primals, _name(function), has_aux)
    from .compiler.transforms.transpose import vjp_graph

    graph = vjp_graph(done.graph, done.differentiated)
    outs = [value(done.tape.outer(a)) for a in done.graph.outputs]
    _, in_tree = pytree.flatten(tuple(primals))

    @public
    def pull(cotangent: Any) -> Any:
        cts = _cotangents(done, cotangent)
        results = core.evaluate(graph, [*done.inputs, *cts])
        return pytree.unflatten(in_tree, [value(r) for r in results[len(outs) :]])

    result = pytree.unflatten(done.out_tree, outs)
    return (result, pull, done.aux) if has_aux else (result, pull)


def _cotangents(done: Recorded, cotangent: Any) -> list[Operand]:
    leaves, tree = pytree.flatten(cotangent, is_leaf=lambda x: x is None)
    _, plain = pytree.flatten(cotangent)
    if done.out_tree not in (tree, plain):
        raise ArgumentError(
            f"the cotangent has structure {pytree.describe(tree)}, "
            f"the result {pytree.describe(done.out_tree)}"
        )
    pairs = zip(leaves, done.graph.out_avals, strict=True)
    return [_like(x, a, "cotangent") for x, a in pairs if a.dtype.kind in "fc"]


def _like(x: ArrayLike, aval: Any, what: str) -> Operand:
    got = operand(x, what)
    if got.aval.shape != aval.shape:
        raise ShapeError(f"a {what} has shape {got.aval.shape}, it belongs to {aval}")
    if isinstance(got, Literal):
        return Literal(got.value.item(), aval.dtype)
    if got.aval.dtype.kind not in "fc":
        raise GradientError(f"a {what} must be {aval.dtype}, got {got.aval}")
    return cast(got, aval.dtype)


@public
def jvp(function: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """``(result, tangent)``: the function at ``primals`` and its derivative along ``tangents``.

    Both are sequences of arguments of equal structure; the tangents have the primals' shapes.
    Tangents of integer results are zeros of their dtype. Raises GradientError for integer primals.

    >>> import texelate as tx
    >>> tx.jvp(lambda x: x * x, (3.0,), (1.0,))[1]
    Array(6., dtype=float32)
    """
    _check_callable(function, "jvp")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise ArgumentError("jvp takes a tuple of primals and a tuple of tangents")
    leaves, tree = pytree.flatten(tuple(tangents))
    if pytree.flatten(tuple(primals))[1] != tree:
        raise ArgumentError("jvp: primals and tangents have different structures")
    done = record(function, primals, _name(function))
    rates = [_like(t, p.aval, "tangent") for t, p in zip(leaves, done.primals, strict=True)]
    from .compiler.transforms.jvp import jvp_graph

    graph = jvp_graph(done.graph, done.differentiated)
    results = core.evaluate(graph, [*done.inputs, *rates])
    n = len(done.graph.outputs)
    outs, moved = [value(r) for r in results[:n]], iter(results[n:])
    out_rates = [value(next(moved)) if o.aval.dtype.kind in "fc" else _zeros(o) for o in outs]
    return pytree.unflatten(done.out_tree, outs), pytree.unflatten(done.out_tree, out_rates)


def _zeros(like: Value) -> Value:
    return broadcast_to(Literal(0, like.aval.dtype), like.aval.shape)


@public
def stop_gradient(tree: Any) -> Any:
    """The same arrays, but constants to every derivative.

    >>> import texelate as tx
    >>> tx.grad(lambda x: x * tx.stop_gradient(x))(3.0)
    Array(3., dtype=float32)
    """
    leaves, shape = pytree.flatten(tree)
    return pytree.unflatten(shape, [stop_primitive(value(x)) for x in leaves])
