"""Kernel IR: a structured scalar program over an iteration space, before it becomes shader text.

Expressions are pure and hash-consed, so common subexpressions are one object. ``lanes`` is 1 for a
scalar or 4 for a vector whose components are the values of the vectorised loop ``LANE``. The
printer (codegen_wgsl, codegen_glsl) decides names and where each shared expression is computed.

A value of a narrow dtype is computed in the 32-bit dtype of its kind: integers are brought back
into range by ``wrap`` after what may leave it; a float16 keeps the digits of float32 until it is
stored or converted.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .dtypes import DType, bool_, float16, float32, int32, uint8, uint16
from .index import Index, IndexAtom, IndexLike, Loop
from .primitive import REGISTRY

F16 = "shader-f16"
"""The feature of adapters whose buffers hold half-precision floats."""

LANES = 4
LANE = Loop("lane", LANES)
"""The loop that a vector's components run over."""


_interned: weakref.WeakValueDictionary[tuple[Any, ...], Expr] = weakref.WeakValueDictionary()


class Expr:
    """``op(*args)`` with an attribute; see the constructors below."""

    __slots__ = ("op", "args", "dtype", "lanes", "attr", "atoms", "__weakref__")

    op: str
    args: tuple[Expr, ...]
    dtype: DType
    lanes: int
    attr: Any
    atoms: frozenset[IndexAtom]  # every loop variable and run-time index it depends on

    def __new__(
        cls, op: str, args: tuple[Expr, ...], dtype: DType, lanes: int = 1, attr: Any = None
    ) -> Expr:
        key = (op, tuple(map(id, args)), dtype.name, lanes, attr)
        found = _interned.get(key)
        if found is None:
            found = object.__new__(cls)
            found.op, found.args, found.dtype = op, args, dtype
            found.lanes, found.attr = lanes, attr
            own = attr.depends_on if isinstance(attr, Index) else frozenset()
            found.atoms = own.union(*(a.atoms for a in args)) if args else own
            _interned[key] = found
        return found

    def __repr__(self) -> str:
        inner = ", ".join([*map(repr, self.args), *([] if self.attr is None else [str(self.attr)])])
        return f"{self.op}({inner})"

    def depends(self, atom: IndexAtom) -> bool:
        return atom in self.atoms or (self.lanes > 1 and atom == LANE)

    def substitute(self, values: Mapping[IndexAtom, IndexLike]) -> Expr:
        """With index atoms replaced (used to take a vector apart, lane by lane)."""
        if not any(map(self.depends, values)):
            return self
        if self.lanes > 1 and LANE in values:
            component = values[LANE]
            assert isinstance(component, int), "a vector is taken apart by constants"
            return lane(self, component)
        if self.op == "index":
            return index_value(self.attr.substitute(values))
        args = tuple(a.substitute(values) for a in self.args)
        return Expr(self.op, args, self.dtype, self.lanes, self.attr)


def const(value: Any, dtype: DType) -> Expr:
    """A constant. NaN and infinities are allowed: the printer knows how to write them."""
    with np.errstate(all="ignore"):
        bits = np.asarray(value).astype(dtype.numpy)
    return Expr("const", (), dtype, 1, bits.tobytes())


def const_value(x: Expr) -> Any:
    """The NumPy scalar of a ``const``; None for anything else."""
    return np.frombuffer(x.attr, x.dtype.numpy)[0] if x.op == "const" else None


TRUE = const(True, bool_)


def call(op: str, *args: Expr, dtype: DType | None = None, attr: Any = None) -> Expr:
    """An operation of the target's vocabulary (``add``, ``exp``, ``select`` …), lane by lane.

    Scalars meeting vectors are splat. The result has the first operand's dtype unless given.
    """
    lanes = max((a.lanes for a in args), default=1)
    dtype = dtype or args[0].dtype
    if op in REGISTRY and all(a.op in _CONSTANT for a in args):
        parts = [[lane(a, i) for a in args] for i in range(lanes)]
        if all(a.op == "const" for part in parts for a in part):
            folded = [_fold(op, part, dtype) for part in parts]
            return folded[0] if lanes == 1 else vector(folded)
    if op == "div" and dtype.kind == "f" and is_zero(args[1]):  # lavapipe makes x of x / 0
        infinite = _fold("div", (one(dtype), lane(args[1], 0)), dtype)
        return call("mul", args[0], infinite)
    args = tuple(splat(a) if lanes > 1 and a.lanes == 1 else a for a in args)
    if dtype.is_narrow and dtype.kind != "f":
        return _narrow_integer(op, args, dtype, lanes, attr)
    return Expr(op, args, dtype, lanes, attr)


_LOW_BITS = frozenset("neg add sub mul fma not".split())
_OVERFLOWS = _LOW_BITS | {"abs", "div", "shift_left", "convert"}
_BITWISE = ("popcount", "shift_right_logical")  # see the bits that extend the sign


def _narrow_integer(op: str, args: Any, dtype: DType, lanes: int, attr: Any) -> Expr:
    if op in _BITWISE and dtype.kind == "i":
        unsigned = {1: uint8, 2: uint16}[dtype.itemsize]
        return convert(call(op, *(convert(a, unsigned) for a in args), attr=attr), dtype)
    if op in _LOW_BITS:  # of the operands decide those of the result
        args = tuple(a.args[0] if a.op == "wrap" and a.dtype is dtype else a for a in args)
    out = Expr(op, args, dtype, lanes, attr)
    return Expr("wrap", (out,), dtype, lanes) if op in _OVERFLOWS else out


_CONSTANT = ("const", "splat", "vector")


def is_zero(x: Expr) -> bool:
    """Whether it is the constant 0 or -0, in all lanes: drivers fold what is computed with it."""
    return x.op in ("const", "splat") and const_value(lane(x, 0)) == 0


def _fold(op: str, args: Sequence[Expr], dtype: DType) -> Expr:
    """The constant that an operation on constants is: shaders may not overflow in constants."""
    params = {"dtype": dtype} if op in ("convert", "bitcast") else {}
    values = [np.asarray(const_value(a)) for a in args]
    with np.errstate(all="ignore"):
        return const(REGISTRY[op].reference(*values, **params), dtype)


def splat(x: Expr) -> Expr:
    """A scalar in all lanes."""
    return x if x.lanes > 1 else Expr("splat", (x,), x.dtype, LANES)


def vector(parts: Sequence[Expr]) -> Expr:
    """A vector from its scalar lanes."""
    if all(p is parts[0] for p in parts):
        return splat(parts[0])
    return Expr("vector", tuple(parts), parts[0].dtype, LANES)


def lane(x: Expr, i: int) -> Expr:
    """Component ``i`` of a vector (a scalar is its own every lane)."""
    if x.lanes == 1:
        return x
    if x.op == "splat":
        return x.args[0]
    if x.op == "vector":
        return x.args[i]
    return Expr("lane", (x,), x.dtype, 1, i)


def broadcast(x: Expr, source: int, peers: Loop) -> Expr:
    """What invocation ``source`` of the subgroup has for ``x``; ``peers`` counts them."""
    return Expr("broadcast", (x,), x.dtype, x.lanes, source) if x.depends(peers) else x


def select(condition: Expr | None, yes: Expr, no: Expr) -> Expr:
    """``yes`` where the condition holds (None: everywhere), else ``no``."""
    if condition is None or yes is no:
        return yes
    known = const_value(condition)
    if known is not None:
        return yes if known else no
    return call("select", condition, yes, no, dtype=yes.dtype)


def conjunction(*conditions: Expr | None) -> Expr | None:
    """All of the conditions that are not None; None when there is none."""
    real = list(dict.fromkeys(c for c in conditions if c is not None))
    if not real:
        return None
    out = real[0]
    for c in real[1:]:
        out = call("and", out, c)
    return out


def convert(x: Expr, dtype: DType) -> Expr:
    """Value conversion: saturating float to int, nonzero to bool, bool to 0 or 1."""
    if x.dtype is dtype:
        return x
    if x.dtype.kind == "f" and dtype.kind in "iu" and dtype.is_narrow:
        info = np.iinfo(dtype.numpy)
        x = convert(x, dtype.wide)
        x = call("min", x, const(info.max, dtype.wide))
        x = x if dtype.kind == "u" else call("max", x, const(info.min, dtype.wide))
    return call("convert", x, dtype=dtype)


def bitcast(x: Expr, dtype: DType) -> Expr:
    """The same bits; between integers of a narrow width that is their conversion."""
    if x.dtype is dtype:
        return x
    integers = "f" not in (x.dtype.kind, dtype.kind)
    return call("convert" if integers and dtype.is_narrow else "bitcast", x, dtype=dtype)


def index_value(index: IndexLike) -> Expr:
    """An Index as an i32 expression; a vector when it depends on LANE."""
    index = Index.of(index)
    if index.constant is not None:
        return const(index.constant, int32)
    if not index.depends(LANE):
        return Expr("index", (), int32, 1, index)
    return vector([index_value(index.substitute({LANE: i})) for i in range(LANES)])


def inside(index: IndexLike, lo: int, hi: int) -> Expr | None:
    """The condition ``lo <= index < hi``; None when it always holds."""
    index = Index.of(index)
    if index.hi < lo or index.lo >= hi:
        return const(False, bool_)
    value = index_value(index)
    low = None if index.lo >= lo else call("ge", value, const(lo, int32), dtype=bool_)
    high = None if index.hi < hi else call("lt", value, const(hi, int32), dtype=bool_)
    return conjunction(low, high)


def is_vector_access(offset: Index) -> bool:
    """Whether the lanes of ``offset`` are one aligned group of four consecutive elements."""
    if offset.coefficient(LANE) != 1 or not offset.linear_in(LANE):
        return False
    return (offset - Index.of(LANE)).divisible_by(LANES)


def register(name: str, dtype: DType, lanes: int = 1) -> Expr:
    """The current value of a mutable register."""
    return Expr("register", (), dtype, lanes, name)


def zero(dtype: DType) -> Expr:
    return const(0, dtype)


def one(dtype: DType = float32) -> Expr:
    return const(1, dtype)


@dataclass(frozen=True, slots=True)
class Declare:
    """``var name: dtype = init`` — a mutable register."""

    name: str
    init: Expr


@dataclass(frozen=True, slots=True)
class Assign:
    name: str
    value: Expr


@dataclass(frozen=True, slots=True)
class For:
    """``for loop.name in range(loop.extent)``, running the body ``repeat`` times an iteration."""

    loop: Loop
    body: tuple[Stmt, ...]
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class If:
    condition: Expr
    body: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Store:
    """Writes ``value`` to element ``offset`` of a buffer (``value.lanes`` consecutive elements)."""

    buffer: str
    offset: Index
    value: Expr


@dataclass(frozen=True, slots=True)
class SharedStore:
    """Writes one element (or vector) of a workgroup array."""

    array: str
    offset: Index
    value: Expr


@dataclass(frozen=True, slots=True)
class Barrier:
    """workgroupBarrier"""


Stmt = Declare | Assign | For | If | Store | SharedStore | Barrier


@dataclass(frozen=True, slots=True)
class Param:
    """A buffer: ``vec`` when some access is a whole aligned vector.

    ``packed``: 32-bit words of several elements each, which are written a whole vector at a time.
    ``window``: bytes a binding, where the buffer of ``nbytes`` bytes is too large for one.
    """

    name: str
    dtype: DType
    size: int
    writable: bool = False
    vec: bool = False
    note: str = ""
    packed: bool = False
    nbytes: int = 0
    window: int = 0


@dataclass(frozen=True, slots=True)
class Shared:
    """A workgroup array."""

    name: str
    dtype: DType
    size: int
    vec: bool = False


@dataclass(frozen=True)
class Kernel:
    """One dispatch: parameters, the launch, and the body each invocation runs.

    ``groups`` workgroups of ``workgroup`` invocations, both linear. The body sees the loop
    variables ITEM (the global invocation, when ``items`` says how many there are; those beyond
    return at once) or GROUP and THREAD (when invocations of a workgroup cooperate; with
    ``subgroup`` a workgroup is a subgroup, and PEER counts its invocations). ``notes``
    become the header comment. ``aliases`` (read name, written name): buffers updated in place,
    bound once.
    """

    name: str
    params: tuple[Param, ...]
    body: tuple[Stmt, ...]
    workgroup: int
    groups: int
    items: int | None = None
    shared: tuple[Shared, ...] = ()
    notes: tuple[str, ...] = ()
    aliases: tuple[tuple[str, str], ...] = ()
    flops: int = 0
    nbytes: int = 0
    schedule: str = ""
    subgroup: bool = False

    @property
    def features(self) -> tuple[str, ...]:
        """What an adapter must have to run it, by wgpu's names."""
        halves = any(p.dtype is float16 and not p.packed for p in self.params)
        wanted = {"subgroup": self.subgroup, F16: halves}
        return tuple(name for name, is_used in wanted.items() if is_used)


def item(extent: int) -> Loop:
    return Loop("item", extent)


def group(extent: int) -> Loop:
    return Loop("group", extent)


def thread(extent: int) -> Loop:
    return Loop("thread", extent)


def peer(extent: int) -> Loop:
    """Counts the invocations of a subgroup of ``extent``."""
    return Loop("peer", extent)
