"""``vmap``: a function of one example becomes a function of a batch, without a loop."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .compiler.errors import ArgumentError, AxisError, ShapeError
from .compiler.ir import core
from .compiler.ir.aval import Aval
from .compiler.ir.core import Value
from .compiler.ir.graph import Graph
from .compiler.trace import pytree
from .compiler.trace.stage import Staged, stage
from .operands import axis_of, operand, value
from .traceback import public
from .tracer import Traced


@public
def vmap(function: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """``function`` over a batch: arguments are read along ``in_axes``, results go to ``out_axes``.

    ``in_axes`` is an int for all positional arguments, None for not batched, or a tuple (of
    containers) with one for each; keyword arguments are batched along axis 0. ``out_axes``
    likewise; None is for results that are the same for all examples. Raises ShapeError when batch
    sizes differ, ArgumentError when nothing is batched or a None result depends on the batch.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.vmap(lambda x, y: tnp.sum(x) + y, in_axes=(0, None))(tnp.ones((2, 3)), 1.0)
    Array([4., 4.], dtype=float32)
    """
    if not callable(function):
        raise ArgumentError(f"vmap needs a function, got {function!r}")

    @public
    @functools.wraps(function)
    def batched(*args: Any, **kwargs: Any) -> Any:
        from .numpy import moveaxis

        leaves, tree = pytree.flatten((args, kwargs))
        where = pytree.paths(tree)
        values = [value(x, p) for x, p in zip(leaves, where)]
        axes = _in_axes(in_axes, args, kwargs, values)
        size = _size(values, axes, where)
        avals = [_example(v.aval, a) for v, a in zip(values, axes)]

        def run(*examples: Any) -> Any:
            inner, named = pytree.unflatten(tree, examples)
            return function(*inner, **named)

        name = getattr(function, "__name__", "function")
        staged = stage(run, avals, name=name, tracer=Traced, coerce=operand, kind="vmap")
        inputs = [v if a is None else moveaxis(v, a, 0) for v, a in zip(values, axes)]
        return _outputs(staged, inputs, [a is not None for a in axes], size, out_axes)

    return batched


def _in_axes(
    in_axes: Any, args: tuple[Any, ...], kwargs: dict[str, Any], values: Sequence[Value]
) -> list[int | None]:
    spec = tuple(in_axes) if isinstance(in_axes, list) else in_axes
    if isinstance(spec, tuple) and len(spec) != len(args):
        raise ArgumentError(f"vmap: in_axes {in_axes!r} for {len(args)} positional arguments")
    _, tree = pytree.flatten(args)
    axes = pytree.broadcast_prefix(spec, tree, "in_axes")
    axes += [0] * (len(values) - len(axes))
    out: list[int | None] = []
    for axis, v in zip(axes, values):
        if axis is not None and not v.aval.ndim:
            raise AxisError("vmap: an array of rank 0 has no axis to batch", fix="use None for it")
        out.append(None if axis is None else axis_of(axis, v.aval.ndim, "vmap"))
    if all(a is None for a in out):
        raise ArgumentError("vmap: no argument is batched", fix="give an axis in in_axes")
    return out


def _size(values: Sequence[Value], axes: Sequence[int | None], where: Sequence[str]) -> int:
    sizes = {p: v.aval.shape[a] for p, v, a in zip(where, values, axes) if a is not None}
    if len(set(sizes.values())) > 1:
        listed = ", ".join(f"{p}: {n}" for p, n in sizes.items())
        raise ShapeError(f"vmap: batch sizes differ ({listed})")
    return next(iter(sizes.values()))


def _example(aval: Aval, axis: int | None) -> Aval:
    if axis is None:
        return aval
    return aval.with_shape(aval.shape[:axis] + aval.shape[axis + 1 :])


def _outputs(
    staged: Staged, inputs: Sequence[Value], batched: list[bool], size: int, out_axes: Any
) -> Any:
    from .compiler.transforms.vmap import vmap_graph
    from .numpy import getitem

    marks = batched + [False] * len(staged.captures)
    graph = vmap_graph(staged.graph, marks, size)
    results = core.evaluate(graph, [*inputs, *staged.captures])
    spec = tuple(out_axes) if isinstance(out_axes, list) else out_axes
    axes = pytree.broadcast_prefix(spec, staged.out_tree, "out_axes")
    varying = _varying(staged.graph, marks)
    outs = []
    for k, (result, axis) in enumerate(zip(results, axes)):
        if axis is None and varying[k]:
            raise ArgumentError(
                "vmap: a result with out_axes None depends on the batch", fix="give it an axis"
            )
        outs.append(getitem(result, 0) if axis is None else _moved(value(result), axis))
    return pytree.unflatten(staged.out_tree, outs)


def _moved(x: Value, axis: int) -> Value:
    from .numpy import moveaxis

    moved: Value = moveaxis(x, 0, axis_of(axis, x.aval.ndim, "vmap: out_axes"))
    return moved


def _varying(graph: Graph, marks: Sequence[bool]) -> list[bool]:
    """Which outputs depend on a batched input."""
    reached = {v for v, m in zip(graph.inputs, marks) if m}
    for eqn in graph.eqns:
        if any(a in reached for a in eqn.inputs):
            reached.update(eqn.outs)
    return [a in reached for a in graph.outputs]
