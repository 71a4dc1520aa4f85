"""Choices among several arrays, and Python functions mapped over slices and elements."""

from __future__ import annotations

import functools
import string
from collections.abc import Callable, Sequence
from typing import Any

from ..compiler.errors import ArgumentError, ShapeError
from ..compiler.ir.dtypes import int32
from ..compiler.ir.prims import elementwise as ew
from ..operands import ArrayLike, axis_of, broadcast_shape, promote_all, promoted, value
from ..traceback import public
from .creation import asarray, zeros_like
from .elementwise import as_bool, clip, where
from .indexing import take_along_axis
from .shapes import broadcast_arrays, broadcast_to, listed, moveaxis, ravel, reshape, stack


@public
def select(
    conditions: Sequence[ArrayLike], choices: Sequence[ArrayLike], default: ArrayLike = 0
) -> Any:
    """For each element the choice of the first condition that holds, else ``default``.

    Raises ArgumentError unless there is a choice for each condition.

    >>> import texelate.numpy as tnp
    >>> x = tnp.arange(4)
    >>> tnp.select([x < 1, x > 2], [10, x * x], -1)
    Array([10, -1, -1,  9], dtype=int32)
    """
    if len(listed(conditions, "select")) != len(listed(choices, "select")):
        raise ArgumentError(f"select: {len(conditions)} conditions for {len(choices)} choices")
    *options, out = promoted("select", *listed(choices, "select"), default)
    for condition, option in reversed(list(zip(conditions, options, strict=True))):
        out = where(condition, option, out)
    return out


@public
def choose(index: ArrayLike, choices: Sequence[ArrayLike], mode: str = "clip") -> Any:
    """Elementwise ``choices[index]``; all broadcast. ``mode`` is "clip" or "wrap" out of range.

    >>> import texelate.numpy as tnp
    >>> tnp.choose([1, 0, 1], [[1, 2, 3], 7])
    Array([7, 2, 7], dtype=int32)
    """
    if mode not in ("clip", "wrap"):
        raise ArgumentError(
            f"choose: mode {mode!r}", fix='"clip" or "wrap": values are not looked at'
        )
    at: Any = value(index)
    if at.aval.dtype.kind not in "biu":
        raise ArgumentError(f"choose: the index must be integers, got {at.aval}")
    options = [value(c) for c in promote_all(listed(choices, "choose"), name="choose")]
    n = len(options)
    at = ew.convert(at, dtype=int32)
    at = clip(at, 0, n - 1) if mode == "clip" else at % n
    shape = broadcast_shape("choose", [at.shape, *(o.aval.shape for o in options)])
    rows = stack([broadcast_to(o, shape) for o in options])
    return take_along_axis(rows, broadcast_to(at, shape)[None], 0)[0]


@public
def piecewise(
    x: ArrayLike, conditions: Sequence[ArrayLike], functions: Sequence[Any], *args: Any, **kw: Any
) -> Any:
    """Different functions (or numbers) on parts of ``x``: of several conditions the last one wins.

    A function more than conditions is for the rest, which is 0 otherwise. Functions are called with
    all of ``x``. The dtype of ``x`` stays.

    >>> import texelate.numpy as tnp
    >>> x = tnp.asarray([-2.0, 0.0, 3.0])
    >>> tnp.piecewise(x, [x < 0, x > 0], [lambda v: -v, 10])
    Array([ 2.,  0., 10.], dtype=float32)
    """
    got = value(x)
    tests = list(conditions) if isinstance(conditions, (list, tuple)) else [conditions]
    if len(functions) not in (len(tests), len(tests) + 1):
        raise ArgumentError(f"piecewise: {len(functions)} functions for {len(tests)} conditions")
    values = [f(got, *args, **kw) if callable(f) else f for f in functions]
    out: Any = values.pop() if len(values) > len(tests) else zeros_like(got)
    for test, option in zip(tests, values, strict=True):
        out = where(as_bool(test), option, out)
    return broadcast_to(asarray(out, got.aval.dtype), got.aval.shape)


@public
def apply_along_axis(
    function: Callable[..., Any], axis: int, x: ArrayLike, *args: Any, **kwargs: Any
) -> Any:
    """``function`` of each vector along ``axis``; the axes of its result stand in place of it.

    The function is called once, inside ``vmap``.

    >>> import texelate.numpy as tnp
    >>> tnp.apply_along_axis(lambda v: v[-1] - v[0], 1, [[1, 4], [2, 9]])
    Array([3, 7], dtype=int32)
    """
    from ..vectorize import vmap

    got = value(x)
    place = axis_of(axis, got.aval.ndim, "apply_along_axis")
    moved: Any = moveaxis(got, place, -1)
    lead, n = moved.shape[:-1], moved.shape[-1]
    out = vmap(lambda v: asarray(function(v, *args, **kwargs)))(reshape(moved, (-1, n)))
    inner = out.shape[1:]
    whole = reshape(out, (*lead, *inner))
    own = range(len(lead), len(lead) + len(inner))
    return moveaxis(whole, tuple(own), tuple(range(place, place + len(inner))))


class vectorize:
    """A function of numbers (or, by its signature, of vectors …) as one of arrays that broadcast.

    ``signature`` is NumPy's: ``"(n),(n)->()"`` names the axes that the function itself takes.
    ``excluded`` are positions of arguments that are passed as they are. The function is called
    once, inside ``vmap``, so the result can be compiled and differentiated. Can be a decorator.

    >>> import texelate.numpy as tnp
    >>> inner = tnp.vectorize(lambda a, b: tnp.sum(a * b), signature="(n),(n)->()")
    >>> print(inner(tnp.ones((2, 3)), tnp.arange(3.0)))
    [3. 3.]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        excluded: Sequence[int] = (),
        signature: str | None = None,
    ) -> None:
        self._function, self._excluded, self._signature = function, frozenset(excluded), signature
        functools.update_wrapper(self, function)

    def __call__(self, *args: Any) -> Any:
        own = [i for i in range(len(args)) if i not in self._excluded]
        arrays = [value(args[i]) for i in own]
        cores = self._cores(len(arrays))
        leads = [a.aval.shape[: a.aval.ndim - len(c)] for a, c in zip(arrays, cores, strict=True)]
        lead = broadcast_shape("vectorize", leads)
        wide = [
            broadcast_to(a, (*lead, *a.aval.shape[a.aval.ndim - len(c) :]))
            for a, c in zip(arrays, cores, strict=True)
        ]
        return self._mapped(args, own, len(lead))(*wide)

    def _mapped(self, args: tuple[Any, ...], own: list[int], rank: int) -> Callable[..., Any]:
        from ..vectorize import vmap

        def function(*given: Any) -> Any:
            places = dict(zip(own, given, strict=True))
            return self._function(*(places.get(i, a) for i, a in enumerate(args)))

        for _ in range(rank):
            function = vmap(function)
        return function

    def _cores(self, count: int) -> list[list[str]]:
        """The names of the axes that the function takes of each array."""
        if self._signature is None:
            return [[] for _ in range(count)]
        inputs = self._signature.replace(" ", "").partition("->")[0]
        listed = [p.strip("()") for p in inputs.split("),(")]
        names = [[n for n in p.split(",") if n] for p in listed]
        letters = set(inputs) - set(string.ascii_letters + string.digits + "_(),")
        if len(names) != count or letters:
            raise ArgumentError(f"vectorize: signature {self._signature!r} for {count} arrays")
        return names


@public
def array_equiv(x: ArrayLike, y: ArrayLike) -> Any:
    """Whether two arrays are equal after broadcasting; False when they do not broadcast."""
    from .reductions import all as all_of

    a, b = value(x), value(y)
    try:
        a, b = broadcast_arrays(a, b)
    except ShapeError:
        return asarray(False)
    return all_of(ravel(a) == ravel(b))


__all__ = [
    "apply_along_axis", "array_equiv", "choose", "piecewise", "select", "vectorize",
]  # fmt: skip
