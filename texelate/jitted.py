"""``jit``: a Python function is traced once per signature, compiled, and replayed after that."""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from . import backends, debug, eager
from .array import Array
from .calls import Call, Static, Statics, input_names, join, leaves_at, route
from .compiler import source
from .compiler.errors import ArgumentError
from .compiler.ir import core
from .compiler.ir.aval import Aval
from .compiler.ir.core import Value
from .compiler.ir.dtypes import as_dtype
from .compiler.knobs import knobs
from .compiler.trace import pytree
from .compiler.trace.signature import Signature, argument_paths, aval_key
from .compiler.trace.stage import Staged, open_stages, stage
from .eager import Node
from .entries import Entry, Stats
from .guards import guards_of, renew
from .lowered import Lowered
from .operands import operand, value
from .traceback import public
from .tracer import Traced

VARIANTS_KEPT = 8
"""Programs of one signature that differ in what the function read from outside."""


class JitFunction:
    """What ``jit`` returns: call it like the function. See ``jit``.

    ``example_args`` may be set to a callable: ``texelate inspect`` compiles for what it returns.
    """

    example_args: Callable[[], Sequence[Any]] | None = None

    def __init__(
        self,
        function: Callable[..., Any],
        static_argnums: tuple[int, ...],
        static_argnames: tuple[str, ...],
        donate_argnums: tuple[int, ...],
        backend: str | None,
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._name = getattr(function, "__name__", type(function).__name__)
        self._static = Statics(function, static_argnums, static_argnames)
        self._donate = donate_argnums
        self._backend = backend
        self._cache: dict[Any, list[Entry]] = {}
        self._stats = Stats()

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        return self if obj is None else functools.partial(self, obj)

    def __repr__(self) -> str:
        return f"<jit of {self._name}>"

    @public
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._stats.calls += 1
        call = self._take_apart(args, kwargs)
        if core._stack() or any(isinstance(x, Traced) for x in call.leaves):
            return self._inline(call)
        arrays = [
            x if type(x) is Array else self._array(x, k, call) for k, x in enumerate(call.leaves)
        ]
        backend = backends.current() if self._backend is None else backends.get(self._backend)
        entry = self._entry(call, arrays, backend.name)
        return self._run(entry, call, arrays, backend)

    # --- from a call to its entry ---

    def _take_apart(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
        statics: tuple[Static, ...] = ()
        if self._static:
            args, kwargs, statics = self._static.split(args, kwargs)
        leaves, tree = pytree.flatten((args, kwargs))
        return Call(leaves, tree, statics)

    def _array(self, x: Any, k: int, call: Call) -> Any:
        if isinstance(x, (Array, Aval)):
            return x
        where = argument_paths(call.tree)[k]
        try:
            return value(x, where)
        except ArgumentError as e:
            if e.what.startswith(where):
                raise ArgumentError(
                    f"{self._name}: {e.what}",
                    fix="pass arrays and numbers; mark other arguments static (static_argnums)",
                ) from None
            raise

    def _entry(self, call: Call, leaves: Sequence[Any], backend_name: str) -> Entry:
        avals = tuple([aval_key(x if isinstance(x, Aval) else x.aval) for x in leaves])
        key = (
            call.tree,
            avals,
            tuple([s.key for s in call.statics]),
            backend_name,
            knobs.fingerprint(),
        )
        entries = self._cache.get(key)
        entry = self._valid(entries) if entries else None
        if entry is not None:
            self._stats.hits += 1
            return entry
        with eager.lock:
            return self._miss(key, call, leaves, backend_name)

    def _valid(self, entries: list[Entry]) -> Entry | None:
        for entry in reversed(entries):
            if all(g.holds() for g in entry.guards):
                if not entry.staged.numpy_captures:
                    return entry
                staged = renew(entry.staged, Array.copy_of)
                if staged is not None:
                    entry.staged = staged
                    return entry
        return None

    def _miss(self, key: Any, call: Call, leaves: Sequence[Any], backend_name: str) -> Entry:
        statics = tuple((s.name, s.key[1]) for s in call.statics)
        signature = Signature(call.tree, key[1], statics, (backend_name, *knobs.fingerprint()))
        known = self._cache.get(key, [])
        changes = [g.change() for e in known[-1:] for g in e.guards if not g.holds()]
        if known and not changes:
            changes = ["a captured NumPy array has another shape or dtype"]
        others = [e.signature for entries in self._cache.values() for e in entries]
        reason = "; ".join(changes) or signature.explain(others)
        self._stats.misses.append(f"call {self._stats.calls}: {reason}")
        debug.say(1, f"jit {self._name}: tracing, because {reason}")
        avals = [x if isinstance(x, Aval) else x.aval for x in leaves]
        staged = self._stage(call, avals)
        entry = self._make_entry(signature, staged, call)
        if not any(isinstance(c, Traced) for c in staged.captures):
            self._cache[key] = [*known, entry][-VARIANTS_KEPT:]
        return entry

    def _stage(self, call: Call, avals: Sequence[Aval]) -> Staged:
        def run(*leaves: Any) -> Any:
            args, kwargs = pytree.unflatten(call.tree, leaves)
            args, kwargs = join(args, kwargs, call.statics)
            return self._function(*args, **kwargs)

        staged = stage(run, avals, name=self._name, tracer=Traced, coerce=operand)
        own = input_names(inspect.unwrap(self._function), call)
        staged.graph.input_names = own + ("captured",) * len(staged.captures)
        return staged

    def _make_entry(self, signature: Signature, staged: Staged, call: Call) -> Entry:
        graph, results = route(staged.graph)
        passed = {k for kind, k in results if kind == "input"}
        given = tuple(leaves_at(call, self._donate) if self._donate else ())
        donated = tuple(i for i in given if i not in passed)
        guards = guards_of(inspect.unwrap(self._function), Array) + staged.inherited
        return Entry(signature, staged, guards, graph, results, donated, given)

    # --- running ---

    def _inline(self, call: Call) -> Any:
        """Inside another trace: its graph is recorded there."""
        values = [value(x) for x in call.leaves]
        entry = self._entry(call, values, "inline")
        for outer in open_stages():
            outer.numpy_captures.update((id(o), (o, m)) for o, m in entry.staged.numpy_captures)
            outer.inherited += entry.guards
        outs = core.evaluate(entry.staged.graph, [*values, *entry.staged.captures])
        return pytree.unflatten(entry.staged.out_tree, [value(o) for o in outs])

    def _run(self, entry: Entry, call: Call, arrays: list[Array], backend: backends.Backend) -> Any:
        nodes = [a.node for a in arrays]
        nodes += [c.node for c in entry.staged.captures]  # type: ignore[attr-defined]
        if entry.program is None and entry.graph.outputs:
            self._compile(entry, backend)
        outs: list[Any] = []
        if entry.program is not None:
            pending = [n for n in nodes if n.prim is not None]
            if pending:
                eager.flush(pending)
            stored = [n.on(backend) for n in nodes]
            allowed = self._permissions(entry, nodes) if entry.donated else (False,) * len(nodes)
            outs = entry.program(stored, allowed)
        results = self._wrap(entry, nodes, outs, backend)
        if entry.given:
            self._give(entry.given, call, arrays)
        return pytree.unflatten(entry.staged.out_tree, results)

    def _give(self, given: tuple[int, ...], call: Call, arrays: list[Array]) -> None:
        to, where = f"{self._name}()", source.current()
        for i in given:
            if arrays[i] is call.leaves[i] and arrays[i]._node is not None:
                arrays[i].donate(to, where)

    def _compile(self, entry: Entry, backend: backends.Backend) -> None:
        with eager.lock:
            if entry.program is None:
                self._stats.compiles += 1
                entry.program = backend.compile(entry.graph, entry.donated)

    def _permissions(self, entry: Entry, nodes: list[Node]) -> list[bool]:
        """Donated memory may be overwritten when nothing else holds it: no alias or pending use."""
        counts: dict[int, int] = {}
        for n in nodes:
            counts[n.uid] = counts.get(n.uid, 0) + 1
        sole = eager.holders(nodes)
        return [
            i in entry.donated and counts[n.uid] == 1 and sole[i] == 1 for i, n in enumerate(nodes)
        ]

    def _wrap(
        self, entry: Entry, nodes: list[Node], outs: list[Any], backend: backends.Backend
    ) -> list[Array]:
        made = [
            Node.of_stored(stored, atom.aval, backend)
            for stored, atom in zip(outs, entry.graph.outputs)
        ]
        out = []
        for kind, k in entry.results:
            if kind == "constant":
                out.append(Array(Node.of_host(np.array(k.value), k.aval)))
            else:
                out.append(Array(nodes[k] if kind == "input" else made[k]))
        return out

    # --- looking inside ---

    @public
    def lower(self, *args: Any, **kwargs: Any) -> Lowered:
        """Compiles for these arguments (as for ``warmup``) without running; see ``Lowered``."""
        call = self._take_apart(args, kwargs)
        leaves = [self._array(_described(x), k, call) for k, x in enumerate(call.leaves)]
        entry = self._entry(call, leaves, "lower")
        return Lowered(self._name, entry.staged.graph, entry.donated)

    @public
    def warmup(self, *args: Any, **kwargs: Any) -> None:
        """All that a first call waits for (tracing, compiling, the driver's part), but no result.

        Arguments are as in a call, or described by ``texelate.Aval(shape, dtype)`` or anything
        else with a shape and a dtype.

        >>> import texelate as tx, texelate.numpy as tnp
        >>> f = tx.jit(tnp.sum)
        >>> f.warmup(tx.Aval((1000, 1000), tx.float32))
        >>> f.stats()["compiles"]
        1
        """
        call = self._take_apart(args, kwargs)
        leaves = [self._array(_described(x), k, call) for k, x in enumerate(call.leaves)]
        backend = backends.current() if self._backend is None else backends.get(self._backend)
        entry = self._entry(call, leaves, backend.name)
        if entry.program is None and entry.graph.outputs:
            self._compile(entry, backend)
        if entry.program is not None:
            entry.program.warm()

    def stats(self) -> dict[str, int]:
        """``calls``, ``compiles`` and ``hits`` (calls that found their program) so far."""
        s = self._stats
        return {"calls": s.calls, "compiles": s.compiles, "hits": s.hits}

    def explain_misses(self) -> list[str]:
        """Why each trace happened: what differed from the nearest signature known then."""
        return list(self._stats.misses)

    def cache_clear(self) -> None:
        """Forgets all programs and statistics."""
        self._cache.clear()
        self._stats = Stats()


def _described(x: Any) -> Any:
    """An ``Aval`` for what only has a shape and a dtype, such as ``jax.ShapeDtypeStruct``."""
    if isinstance(x, (Value, Aval)) or hasattr(x, "__array__") or not hasattr(x, "shape"):
        return x
    return Aval(tuple(x.shape), as_dtype(x.dtype)) if hasattr(x, "dtype") else x


def _ints(x: Any, name: str) -> tuple[int, ...]:
    listed = (x,) if isinstance(x, int) else tuple(x)
    if not all(isinstance(i, int) and not isinstance(i, bool) for i in listed):
        raise ArgumentError(f"{name} must be an int or several, got {x!r}")
    return listed


@overload
def jit(
    function: Callable[..., Any],
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    backend: str | None = None,
) -> JitFunction: ...
@overload
def jit(
    function: None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    backend: str | None = None,
) -> Callable[[Callable[..., Any]], JitFunction]: ...
@public
def jit(
    function: Callable[..., Any] | None = None,
    *,
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
    donate_argnums: int | Sequence[int] = (),
    backend: str | None = None,
) -> Any:
    """Compiles ``function`` to one program for each signature (shapes, dtypes, structure, statics).

    Arguments and results are arrays, numbers, and nested dicts, lists, tuples and dataclasses of
    them. Static arguments are plain Python values inside, compared by type and value. The memory of
    donated ones is reused for results; they cannot be used afterwards (DonatedError). ``backend``
    is "webgpu", "numpy", or None for the current one.

    Inside, arrays are placeholders: asking for a value (``if x > 0``) raises ConcretizationError.

    >>> import texelate as tx, texelate.numpy as tnp
    >>> @tx.jit
    ... def f(x):
    ...     return tnp.sum(x * 2)
    >>> f(tnp.ones(3))
    Array(6., dtype=float32)
    >>> f.stats()["compiles"]
    1
    """
    if function is None:
        return functools.partial(
            jit,
            static_argnums=static_argnums,
            static_argnames=static_argnames,
            donate_argnums=donate_argnums,
            backend=backend,
        )
    if not callable(function):
        raise ArgumentError(f"jit needs a function, got {function!r}")
    names = (static_argnames,) if isinstance(static_argnames, str) else tuple(static_argnames)
    nums, donate = _ints(static_argnums, "static_argnums"), _ints(donate_argnums, "donate_argnums")
    if set(nums) & set(donate):
        raise ArgumentError("an argument cannot be both static and donated")
    if backend is not None and backend not in backends.NAMES:
        raise ArgumentError(f"there is no backend {backend!r}", fix="webgpu or numpy")
    made = JitFunction(function, nums, names, donate, backend)
    _all.add(made)
    return made


_all: weakref.WeakSet[JitFunction] = weakref.WeakSet()


def clear_caches() -> None:
    """Forgets the programs of all jitted functions and of eager operations."""
    for made in list(_all):
        made.cache_clear()
    eager.clear_programs()
