"""Complex numbers become pairs of floats: no kernel knows them.

Inside the graph a complex value is two values, the real and the imaginary part, so that everything
fuses. An input or output of shape S is interleaved in memory, as NumPy's: a float of shape (*S, 2).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import DtypeError
from ..ir.aval import Aval, Shape
from ..ir.core import GraphTrace, at_source, bind_all
from ..ir.dtypes import complex64, float32
from ..ir.graph import Atom, Eqn, Graph, Literal, Var
from ..ir.primitive import Expand, Several
from ..ir.prims import elementwise as ew
from ..ir.prims.building import fill_shape
from ..ir.prims.reduction import halves
from ..ir.prims.shaping import reshape
from ..ir.prims.slicing import concatenate, part
from .expand import replaced
from .segments import is_control, map_bodies


class Pair(NamedTuple):
    """The parts of a complex value."""

    re: Any
    im: Any


def pairs(graph: Graph) -> Graph:
    """``graph`` without complex values. DtypeError for primitives that have no rule here.

    >>> from texelate.compiler.ir.text import parse_graph
    >>> g = "graph f(a: c64[3]) { b: c64[3] = add(a, a) c: f32[3] = real(b) return c }"
    >>> print(pairs(parse_graph(g)).in_avals[0])
    f32[3,2]
    """
    graph = map_bodies(replaced(graph, _complex_call), pairs)
    atoms = [*graph.inputs, *graph.outputs, *(a for e in graph.eqns for a in (*e.inputs, *e.outs))]
    if not any(a.aval.dtype is complex64 for a in atoms):
        return graph
    with GraphTrace(graph.name) as trace:
        body = _Body(trace)
        for var in graph.inputs:
            body.declare(var)
        for eqn in graph.eqns:
            with at_source(eqn.source):
                body.add(eqn)
        made = trace.finish([body.whole(a) for a in graph.outputs])
    return Graph(made.inputs, made.eqns, made.outputs, graph.name, graph.input_names)


def _complex_call(eqn: Eqn) -> Callable[..., Any] | None:
    """What a call with complex operands is made of, which has rules here."""
    rule = eqn.prim.lower
    if not isinstance(rule, Expand) or not isinstance(eqn.prim, Several):
        return None
    return rule.body if any(a.aval.dtype is complex64 for a in (*eqn.inputs, *eqn.outs)) else None


class _Body:
    """The graph under construction: what each variable has become."""

    def __init__(self, trace: GraphTrace) -> None:
        self._trace = trace
        self._known: dict[Var, Any] = {}
        self._interleaved: dict[Var, Any] = {}

    def declare(self, var: Var) -> None:
        if var.aval.dtype is not complex64:
            self._known[var] = self._trace.input(var.aval)
            return
        shape = var.aval.shape
        whole = self._trace.input(Aval((*shape, 2), float32))
        self._interleaved[var] = whole
        self._known[var] = _split(whole, shape)

    def whole(self, atom: Atom) -> Any:
        """An output: a complex one with its parts interleaved."""
        value = self._get(atom)
        if not isinstance(value, Pair):
            return value
        if isinstance(atom, Var) and atom in self._interleaved:
            return self._interleaved[atom]
        shape = atom.aval.shape
        parts = (reshape(p, shape=(*shape, 1)) for p in value)
        return concatenate(*parts, axis=len(shape))

    def add(self, eqn: Eqn) -> None:
        if is_control(eqn):
            self._control(eqn)
            return
        args = [self._get(a) for a in eqn.inputs]
        if any(isinstance(a, Pair) for a in args) or eqn.outs[0].aval.dtype is complex64:
            self._known[eqn.out] = _rule(eqn)(eqn, args)
            return
        outs = bind_all(eqn.prim, *args, **eqn.params)
        self._known.update(zip(eqn.outs, outs))

    def _control(self, eqn: Eqn) -> None:
        """Its sub-graphs take and give complex values interleaved."""
        outs = bind_all(eqn.prim, *map(self.whole, eqn.inputs), **eqn.params)
        for var, out in zip(eqn.outs, outs):
            if var.aval.dtype is complex64:
                self._interleaved[var] = out
            self._known[var] = _split(out, var.aval.shape) if var in self._interleaved else out

    def _get(self, atom: Atom) -> Any:
        if isinstance(atom, Var):
            return self._known[atom]
        if atom.aval.dtype is not complex64:
            return atom
        return Pair(Literal(atom.value.real, float32), Literal(atom.value.imag, float32))


def _split(whole: Any, shape: Shape) -> Pair:
    re, im = (reshape(part(whole, len(shape), k, k + 1), shape=shape) for k in (0, 1))
    return Pair(re, im)


Rule = Callable[[Eqn, Sequence[Any]], Any]


def _rule(eqn: Eqn) -> Rule:
    name, monoid = eqn.prim.name, eqn.params.get("monoid")
    if name in PARTWISE or (name in LINEAR_IF and monoid in LINEAR_IF[name]):
        return _partwise
    if name not in RULES:
        raise DtypeError(
            f"{name} does not take complex64 on this backend",
            fix="use the real and the imaginary part, or the numpy backend",
            where=eqn.source,
        )
    return RULES[name]


def _partwise(eqn: Eqn, args: Sequence[Any]) -> Pair:
    re, im = (
        eqn.prim(*(a[k] if isinstance(a, Pair) else a for a in args), **eqn.params) for k in (0, 1)
    )
    return Pair(re, im)


def _complex(eqn: Eqn, args: Sequence[Any]) -> Pair:
    re, im = (fill_shape(a, eqn.out.aval.shape) for a in args)
    return Pair(re, im)


def _convert(eqn: Eqn, args: Sequence[Any]) -> Any:
    (x,) = args
    dtype = eqn.params["dtype"]
    if dtype is not complex64:
        return ew.convert(x.re, **eqn.params)
    if isinstance(x, Pair):
        return x
    return Pair(ew.convert(x, dtype=float32), fill_shape(Literal(0.0, float32), x.aval.shape))  # type: ignore[arg-type]


def multiply(a: Pair, b: Pair) -> Pair:
    """(a + ib)(c + id)"""
    return Pair(
        ew.sub(ew.mul(a.re, b.re), ew.mul(a.im, b.im)),
        ew.add(ew.mul(a.re, b.im), ew.mul(a.im, b.re)),
    )


def divide(a: Pair, b: Pair) -> Pair:
    """Smith's algorithm (1962), as NumPy: no overflow where the quotient has none."""
    upright = ew.ge(ew.abs_(b.re), ew.abs_(b.im))
    large, small = ew.select(upright, b.re, b.im), ew.select(upright, b.im, b.re)
    u, v = ew.select(upright, a.re, a.im), ew.select(upright, a.im, a.re)
    ratio = ew.div(small, large)
    scale = ew.add(large, ew.mul(small, ratio))
    cross = ew.div(ew.sub(v, ew.mul(u, ratio)), scale)
    return Pair(
        ew.div(ew.add(u, ew.mul(v, ratio)), scale), ew.select(upright, cross, ew.neg(cross))
    )


def _integer_pow(eqn: Eqn, args: Sequence[Any]) -> Pair:
    """By repeated squaring."""
    y, x = abs(eqn.params["y"]), args[0]
    one = Pair(Literal(1.0, float32), Literal(0.0, float32))
    result: Pair | None = None
    while y:
        if y & 1:
            result = x if result is None else multiply(result, x)
        y >>= 1
        x = multiply(x, x) if y else x
    result = one if result is None else result
    re, im = divide(one, result) if eqn.params["y"] < 0 else result
    return Pair(fill_shape(re, eqn.out.aval.shape), fill_shape(im, eqn.out.aval.shape))


def _dot(eqn: Eqn, args: Sequence[Any]) -> Pair:
    a, b = args

    def dot(x: Any, y: Any) -> Any:
        return eqn.prim(x, y, **eqn.params)

    return Pair(ew.sub(dot(a.re, b.re), dot(a.im, b.im)), ew.add(dot(a.re, b.im), dot(a.im, b.re)))


def _product(eqn: Eqn, args: Sequence[Any]) -> Pair:
    """Halves multiply until one is left."""
    (x,) = args
    for axis in eqn.params["axes"]:
        x = _product_along(x, axis)
    shape = eqn.out.aval.shape
    return Pair(reshape(x.re, shape=shape), reshape(x.im, shape=shape))


def _product_along(x: Pair, axis: int) -> Pair:
    n = x.re.aval.shape[axis]
    if n == 0:
        shape = (*x.re.aval.shape[:axis], 1, *x.re.aval.shape[axis + 1 :])
        re, im = (fill_shape(Literal(v, float32), shape) for v in (1.0, 0.0))  # type: ignore[arg-type]
        return Pair(re, im)
    while n > 1:
        (r0, r1, r2), (i0, i1, i2) = halves(x.re, axis), halves(x.im, axis)
        x = multiply(Pair(r0, i0), Pair(r1, i1))
        if n % 2:
            x = Pair(concatenate(x.re, r2, axis=axis), concatenate(x.im, i2, axis=axis))
        n -= n // 2
    return x


def _same(eqn: Eqn, args: Sequence[Any]) -> Any:
    """eq and ne."""
    a, b = args
    join = ew.and_ if eqn.prim.name == "eq" else ew.or_
    return join(eqn.prim(a.re, b.re), eqn.prim(a.im, b.im))


PARTWISE = frozenset(
    "neg add sub select broadcast_in_dim reshape transpose rev slice pad concatenate gather "
    "take_along put_along dynamic_slice dynamic_update_slice scatter_add stop_gradient".split()
)
"""Primitives that treat both parts alike."""

LINEAR_IF: Mapping[str, tuple[str, ...]] = {
    "reduce": ("sum",),
    "cumulative": ("sum",),
    "scatter_reduce": ("sum",),
}
"""Primitives that do so for these monoids."""

RULES: Mapping[str, Rule] = {
    "complex": _complex,
    "real": lambda eqn, args: args[0].re,
    "imag": lambda eqn, args: args[0].im,
    "conj": lambda eqn, args: Pair(args[0].re, ew.neg(args[0].im)),
    "convert": _convert,
    "mul": lambda eqn, args: multiply(*args),
    "div": lambda eqn, args: divide(*args),
    "integer_pow": _integer_pow,
    "dot_general": _dot,
    "reduce": _product,
    "eq": _same,
    "ne": _same,
}
