"""Control flow on arrays: ``cond``, ``switch``, ``while_loop``, ``fori_loop``, ``scan``, ``map``.

The functions are traced once and become part of the program, so they work inside ``jit``, where
Python's own ``if`` and ``while`` cannot look at values. All but a ``while_loop`` can be
differentiated in reverse; all can be batched. Outside ``jit`` they run when they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from .compiler.errors import ArgumentError, DtypeError, ShapeError
from .compiler.ir.aval import Aval
from .compiler.ir.core import Value, bind_all
from .compiler.ir.dtypes import bool_, int32
from .compiler.ir.graph import Graph, Var
from .compiler.ir.prims import control as prims
from .compiler.ir.prims import elementwise as ew
from .compiler.ir.text import interned
from .compiler.trace import pytree
from .compiler.trace.stage import Staged, stage
from .operands import operand, value
from .traceback import public
from .tracer import Traced

Function = Callable[..., Any]


@dataclass(frozen=True)
class _Tree:
    """A nest of arrays, flat: strong values, structure, and a name for each leaf."""

    leaves: list[Value]
    tree: pytree.Tree
    paths: list[str]

    @staticmethod
    def of(x: Any, name: str) -> _Tree:
        leaves, tree = pytree.flatten(x)
        paths = pytree.paths(tree, name)
        return _Tree([value(v, p) for v, p in zip(leaves, paths)], tree, paths)

    @property
    def avals(self) -> list[Aval]:
        return [v.aval.strong() for v in self.leaves]

    def like(self, avals: Sequence[Aval]) -> _Tree:
        """Python scalars in the dtypes of ``avals``, where those are others."""
        leaves = [
            ew.convert(v, dtype=a.dtype) if v.aval.weak and v.aval.dtype is not a.dtype else v
            for v, a in zip(self.leaves, avals)
        ]
        return _Tree(leaves, self.tree, self.paths)


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)


def _check_callable(what: str, *functions: Any) -> None:
    for f in functions:
        if not callable(f):
            raise ArgumentError(f"{what} needs a function, got {f!r}")


def _stage(function: Function, trees: Sequence[_Tree], kind: str) -> Staged:
    """Traces ``function`` of nests; what it reads from outside is captured behind them."""
    counts = [len(t.leaves) for t in trees]

    def run(*leaves: Any) -> Any:
        left = iter(leaves)
        args = [
            pytree.unflatten(t.tree, [next(left) for _ in range(n)]) for t, n in zip(trees, counts)
        ]
        return function(*args)

    avals = [a for t in trees for a in t.avals]
    return stage(run, avals, name=_name(function), tracer=Traced, coerce=operand, kind=kind)


def _alike(what: str, paths: Sequence[str], want: Sequence[Aval], got: Sequence[Aval]) -> None:
    """ShapeError or DtypeError naming the first leaf that differs."""
    for path, a, b in zip(paths, want, got, strict=True):
        if a.shape != b.shape:
            raise ShapeError(f"{what}: {path} is {a} and {b}", fix="give both one shape")
        if a.dtype is not b.dtype:
            raise DtypeError(f"{what}: {path} is {a} and {b}", fix="convert one with .astype(...)")


def _same_structure(what: str, want: pytree.Tree, got: pytree.Tree) -> None:
    if want != got:
        was, now = pytree.describe(want), pytree.describe(got)
        raise ArgumentError(f"{what} have different structures: {was} and {now}")


# --- branches ------------------------------------------------------------------------------------


@public
def cond(pred: Any, true_fn: Function, false_fn: Function, *operands: Any) -> Any:
    """``true_fn(*operands)`` where the scalar ``pred`` is true, else ``false_fn(*operands)``.

    Both must return the same structure, shapes and dtypes: ArgumentError, ShapeError or DtypeError
    names the leaf that differs. Only the chosen one runs, except under ``vmap`` over ``pred``.

    >>> import texelate as tx
    >>> tx.cond(True, lambda x: x + 1.0, lambda x: x * 10.0, 3.0)
    Array(4., dtype=float32)
    """
    _check_callable("cond", true_fn, false_fn)
    which = value(pred, "pred")
    if which.aval.shape:
        raise ShapeError(
            f"cond: pred is {which.aval}, not a scalar", fix="use texelate.numpy.where"
        )
    if which.aval.dtype is not bool_:
        which = ew.ne(which, 0)
    return _branch("cond", ew.convert(which, dtype=int32), (false_fn, true_fn), operands)


@public
def switch(index: Any, branches: Sequence[Function], *operands: Any) -> Any:
    """``branches[index](*operands)``; the index, an integer scalar, is clipped into range.

    All must return the same structure, shapes and dtypes, as in ``cond``.

    >>> import texelate as tx
    >>> tx.switch(1, [lambda x: x, lambda x: -x], 3.0)
    Array(-3., dtype=float32)
    """
    _check_callable("switch", *branches)
    which = value(index, "index")
    if which.aval.shape or which.aval.dtype.kind not in "iu" or not branches:
        raise ArgumentError(f"switch: {which.aval} does not choose among {len(branches)} branches")
    return _branch("switch", ew.convert(which, dtype=int32), tuple(branches), operands)


def _branch(kind: str, index: Value, functions: Sequence[Function], operands: Any) -> Any:
    given = _Tree.of(operands, "operands")
    parts = [_Tree.of(x, f"operands[{i}]") for i, x in enumerate(operands)]
    staged = [_stage(f, parts, kind) for f in functions]
    first = staged[0]
    paths = pytree.paths(first.out_tree, "result")
    for other in staged[1:]:
        _same_structure(f"{kind}: the branches' results", first.out_tree, other.out_tree)
        _alike(f"{kind}: branches differ", paths, first.graph.out_avals, other.graph.out_avals)
    captures = list({id(c): c for s in staged for c in s.captures}.values())
    graphs = tuple(_over(s, len(given.leaves), captures) for s in staged)
    outs = bind_all(prims.cond, index, *given.leaves, *captures, branches=graphs)
    return pytree.unflatten(first.out_tree, outs)


def _over(staged: Staged, n: int, captures: Sequence[Value]) -> Graph:
    """The branch as a function of the operands and of what any branch captures."""
    inner = {id(c): v for c, v in zip(staged.captures, staged.graph.inputs[n:])}
    extra = tuple(inner[id(c)] if id(c) in inner else Var(c.aval) for c in captures)
    graph = staged.graph
    return interned(Graph((*graph.inputs[:n], *extra), graph.eqns, graph.outputs, graph.name))


# --- loops ---------------------------------------------------------------------------------------


@public
def scan(
    f: Function, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False
) -> tuple[Any, Any]:
    """``(carry, ys)``: ``carry, y = f(carry, x)`` for each ``x`` along the leading axis of ``xs``.

    ``xs`` is a nest of arrays with one leading extent, or None with ``length`` steps. The ``y`` are
    stacked along a new leading axis. ``reverse`` walks from the end. The carry keeps structure,
    shapes and dtypes: ArgumentError, ShapeError or DtypeError names the leaf that does not.
    Differentiable in both modes; reverse mode keeps each step's residuals (see ``checkpoint``).

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.scan(lambda c, x: (c + x, c * x), 0.0, tnp.arange(4.0))
    (Array(6., dtype=float32), Array([0., 0., 2., 9.], dtype=float32))
    """
    _check_callable("scan", f)
    rows = _Tree.of(xs, "xs")
    steps = _length(rows, length)
    row = _Tree([], rows.tree, rows.paths)
    row_avals = [v.aval.strong().with_shape(v.aval.shape[1:]) for v in rows.leaves]

    def pair(carry: Any, x: Any) -> tuple[Any, Any]:
        result = f(carry, x)
        if not isinstance(result, tuple) or len(result) != 2:
            raise ArgumentError(f"scan: {_name(f)} must return (carry, y), got {result!r}")
        return result

    start, staged = _carried("scan", pair, _Tree.of(init, "carry"), row.tree, row_avals)
    _, _, (carry_tree, y_tree) = staged.out_tree
    outs = bind_all(
        prims.scan, *start.leaves, *rows.leaves, *staged.captures, body=interned(staged.graph),
        length=steps, n_carry=len(start.leaves), n_xs=len(rows.leaves), reverse=bool(reverse),
    )  # fmt: skip
    n = len(start.leaves)
    return pytree.unflatten(carry_tree, outs[:n]), pytree.unflatten(y_tree, outs[n:])


def _length(rows: _Tree, length: int | None) -> int:
    for v, path in zip(rows.leaves, rows.paths):
        if not v.aval.ndim:
            raise ShapeError(f"scan: {path} is {v.aval}: it has no leading axis")
        if length is None:
            length = v.aval.shape[0]
        if v.aval.shape[0] != length:
            raise ShapeError(f"scan: {path} is {v.aval}: its leading axis is not {length}")
    if not isinstance(length, int) or isinstance(length, bool) or length < 0:
        raise ArgumentError(f"scan: length {length!r}", fix="give xs, or how many steps to do")
    return length


def _carried(
    kind: str, f: Function, start: _Tree, x_tree: pytree.Tree | None = None, xs: Sequence[Aval] = ()
) -> tuple[_Tree, Staged]:
    """Traces a step; Python scalars to begin with take the dtype that comes back."""
    for _ in range(2):
        staged = _step(kind, f, start, x_tree, xs)
        after = staged.out_tree if x_tree is None else staged.out_tree[2][0]
        _same_structure(f"{kind}: the carry and what a step makes of it", start.tree, after)
        avals = staged.graph.out_avals[: len(start.leaves)]
        settled = start.like(avals)
        if settled.avals == start.avals:
            break
        start = settled
    _alike(f"{kind}: before and after a step", start.paths, start.avals, avals)
    return start, staged


def _step(
    kind: str, f: Function, start: _Tree, x_tree: pytree.Tree | None, xs: Sequence[Aval]
) -> Staged:
    n = len(start.leaves)

    def run(*leaves: Any) -> Any:
        carry = pytree.unflatten(start.tree, leaves[:n])
        return f(carry) if x_tree is None else f(carry, pytree.unflatten(x_tree, leaves[n:]))

    avals = [*start.avals, *xs]
    return stage(run, avals, name=_name(f), tracer=Traced, coerce=operand, kind=kind)


@public
def while_loop(cond_fn: Function, body_fn: Function, init: Any) -> Any:
    """``carry = body_fn(carry)`` while ``cond_fn(carry)`` is true; the last carry.

    The carry keeps structure, shapes and dtypes, as in ``scan``. Differentiable in forward mode
    only (GradientError in reverse: how much to keep is not known). On a device the host reads one
    word before each step; a loop of known length is quicker as ``fori_loop``.

    >>> import texelate as tx
    >>> tx.while_loop(lambda x: x < 100.0, lambda x: x * 2.0, 3.0)
    Array(192., dtype=float32)
    """
    _check_callable("while_loop", cond_fn, body_fn)
    start, body = _carried("while_loop", body_fn, _Tree.of(init, "carry"))
    test = _step("while_loop", cond_fn, start, None, ())
    outs = test.graph.out_avals
    if test.out_tree is not pytree.LEAF or outs[0].shape or outs[0].dtype is not bool_:
        found = ", ".join(str(a) for a in outs)
        raise DtypeError(f"while_loop: the condition gave {found}, not one bool of rank 0")
    made = bind_all(
        prims.while_loop, *start.leaves, *test.captures, *body.captures,
        test=interned(test.graph), body=interned(body.graph), n_carry=len(start.leaves),
        n_test=len(test.captures),
    )  # fmt: skip
    return pytree.unflatten(start.tree, made)


@public
def fori_loop(lower: Any, upper: Any, body_fn: Function, init: Any) -> Any:
    """``carry = body_fn(i, carry)`` for each integer i from ``lower`` to ``upper - 1``.

    With Python ints it is a ``scan``, differentiable in both modes; with arrays a ``while_loop``.

    >>> import texelate as tx
    >>> tx.fori_loop(0, 5, lambda i, x: x + i, 0)
    Array(10, dtype=int32)
    """
    _check_callable("fori_loop", body_fn)

    def step(carry: Any) -> Any:
        i, x = carry
        return i + 1, body_fn(i, x)

    if isinstance(lower, int) and isinstance(upper, int):
        steps = max(upper - lower, 0)
        return scan(lambda carry, _: (step(carry), None), (lower, init), length=steps)[0][1]
    low, high = value(lower, "lower"), value(upper, "upper")
    return while_loop(lambda carry: carry[0] < high, step, (low, init))[1]


@public
def map(f: Function, xs: Any) -> Any:
    """``f`` of each row of ``xs`` along its leading axis, one after the other; results stacked.

    Uses less memory than ``vmap``, which is faster.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> tx.map(lambda x: x * x, tnp.arange(3.0))
    Array([0., 1., 4.], dtype=float32)
    """
    _check_callable("map", f)
    return scan(lambda _, x: (None, f(x)), None, xs)[1]
