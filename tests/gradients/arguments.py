"""The forms of arguments that functions take: axes, ranks, counts, lists, broadcasting.

Each entry gives all its forms at once, so it is one check of one function with many results. With
``functions.py`` (every public function once), ``forms.py`` (how programs are written) and
``primitives.py`` this covers what HIPS/autograd's tests cover:

| its tests | here |
|---|---|
| ``test_systematic``: statistics, movement, contractions, joins | ``STATISTICS`` … ``JOINS`` |
| ``test_systematic``: ufuncs, ``test_scalar_ops``, ``test_core`` | ``functions.ELEMENTWISE`` |
| ``test_binary_ops``, ``test_truediv`` | ``BROADCASTING``, ``forms.OPERATORS`` |
| ``test_numpy``: indexing | ``forms.INDEXING`` |
| ``test_numpy``: methods, lists of values, NumPy's functions, ``r_``, casts | ``writing.WRITING`` |
| ``test_numpy``: equal maxima | ``test_forms.test_equal_extrema`` |
| ``test_linalg`` | ``algebra``, ``functions.LINALG`` |
| ``test_fft`` | ``algebra.FOURIER``, ``functions.FOURIER`` |
| ``test_complex``, ``test_direct`` | ``algebra.COMPLEX``, ``tests/complexes`` |
| ``test_dict``, ``test_list``, ``test_tuple``, ``test_vspaces`` | ``forms.CONTAINERS`` |
| ``test_graphs``: fan-out, constants, scopes, third derivatives | ``forms.NESTED``, ``writing`` |
| ``test_jacobian``, ``test_wrappers`` | ``forms.NESTED``, ``writing``, ``test_forms`` |
| ``test_logic``, ``test_tests``, ``test_builtins`` | ``tests/transforms``, ``tests/frontend`` |
| ``test_ufunc_dispatch`` (values in foreign containers) | none: arrays are no such boxes |
| ``test_scipy`` | ``nn.functional``, ``linalg.expm``: SciPy itself is not wrapped |
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

import texelate.numpy as tnp
from tests.gradients.functions import on
from tests.gradients.points import Table, above, apart, within

A, B, V = apart(3, 4), apart(3, 4, low=-1.65, high=1.9, seed=1), within(4)
CUBE = apart(2, 3, 4)


def forms(f: Callable[..., Any], *rest: Any, **choices: Iterable[Any]) -> Callable[..., Any]:
    """``f(*arrays, *rest)`` with every combination of keywords."""
    chosen = [dict(zip(choices, values)) for values in itertools.product(*choices.values())]
    return lambda *xs: [f(*xs, *rest, **keywords) for keywords in chosen]


def of_each(f: Callable[..., Any], *arrays: Any) -> tuple[Any, tuple[Any, ...]]:
    """``f`` of each array."""
    return lambda *xs: [f(x) for x in xs], arrays


def pairs(f: Callable[..., Any], left: Any, right: Any) -> tuple[Any, tuple[Any, ...]]:
    """``f`` of each of ``left`` with each of ``right``, where they fit."""
    fitting = [(i, j) for i, j in np.ndindex(len(left), len(right)) if _fits(f, left[i], right[j])]
    assert len(fitting) >= 3
    return lambda xs, ys: [f(xs[i], ys[j]) for i, j in fitting], (list(left), list(right))


def _fits(f: Callable[..., Any], a: Any, b: Any) -> bool:
    try:
        f(a, b)
    except ValueError:
        return False
    return True


AXES = (None, 0, 1, -1, (0, 2), (0, 1, 2))
STATISTICS: Table = {
    **{
        name: (forms(getattr(tnp, name), axis=AXES, keepdims=(False, True)), (CUBE,))
        for name in "max min mean sum prod var std".split()
    },
    "ddof": (forms(tnp.var, axis=(None, 1), ddof=(0, 1, 1.5)), (CUBE,)),
    "cumulative": (forms(tnp.cumsum, axis=(None, 0, 1, 2)), (CUBE,)),
    "of lists": on(lambda x: [f([x[0], x[1] * 2]) for f in (tnp.mean, tnp.std, tnp.var)], A),
    "by numpy": on(lambda x: [np.sum(x), np.sum(x, axis=0), np.mean(x, 1), np.max(x)], A),
    "by python": on(lambda x: [sum(x), sum(row[0] for row in x)], A),
    "diff": (forms(tnp.diff, n=(1, 2), axis=(0, 1, -1)), (apart(4, 5),)),
    "diff to nothing": on(lambda x: [tnp.diff(x, axis=0), tnp.diff(x, n=2)], apart(1, 3)),
    "gradient": (forms(tnp.gradient, axis=(None, 0, 1, -1, (0, 1))), (apart(4, 5),)),
    "sorted": of_each(tnp.sort, apart(1), apart(7)),
    "partition": (forms(tnp.partition, kth=(0, 3, 6)), (apart(7),)),
}

MOVEMENT: Table = {
    "transpose": (forms(tnp.transpose, axes=[None, *itertools.permutations(range(3))]), (CUBE,)),
    "moveaxis": (lambda x: [tnp.moveaxis(x, i, j) for i, j in np.ndindex(3, 3)], (CUBE,)),
    "swapaxes": (forms(tnp.swapaxes, axis1=range(3), axis2=(0, -1)), (CUBE,)),
    "rollaxis": (forms(tnp.rollaxis, axis=range(3), start=(0, 2)), (CUBE,)),
    "repeat": (lambda x: [tnp.repeat(x, n, axis=a) for n in range(3) for a in (None, 0, 1)], (A,)),
    "repeat each": on(lambda x: tnp.repeat(x, [0, 2, 1], axis=0), A),
    "tile": (lambda x: [tnp.tile(x, n) for n in (2, (2,), (1, 2), (3, 2, 1))], (apart(1, 2),)),
    "roll": (forms(tnp.roll, shift=(-1, 2), axis=(None, 0, 1)), (A,)),
    "flips": on(lambda x: [tnp.flipud(x), tnp.fliplr(x), tnp.flip(x), tnp.flip(x, 0)], A),
    "rot90": (forms(tnp.rot90, k=(-1, 0, 1, 2, 3)), (A,)),
    "squeeze": (forms(tnp.squeeze, axis=(None, 0, (0, 2))), (apart(1, 3, 1),)),
    "expand_dims": (forms(tnp.expand_dims, axis=(0, 1, -1, (0, 2))), (A,)),
    "atleast": (
        lambda *xs: [f(x) for x in xs for f in (tnp.atleast_1d, tnp.atleast_2d, tnp.atleast_3d)],
        (np.float32(1.2), V, A, CUBE, apart(1, 1, 2, 2)),
    ),
    "triangles": (
        lambda x, y: [f(z, k) for f in (tnp.tril, tnp.triu) for z in (x, y) for k in (-1, 0, 2)],
        (A, CUBE),
    ),
    "diag": (lambda x, v: [tnp.diag(z, k) for z in (x, v) for k in (-1, 0, 1)], (A, V)),
    "diagflat": (forms(tnp.diagflat, k=(-1, 0, 2)), (apart(2, 2),)),
    "trace": (
        lambda x, y: [tnp.trace(z, offset=k) for z in (x, y) for k in (0, 1)],
        (A, CUBE),
    ),
    "pad": (
        lambda x: [tnp.pad(x, w, constant_values=3.0) for w in (0, 1, (1, 2), ((0, 1), (2, 0)))],
        (A,),
    ),
    "clip": on(lambda x: [tnp.clip(x, -1.05, None), tnp.clip(x, None, 1.02)], A),
}

JOINS: Table = {
    **{
        name: on(lambda *xs, f=name: [getattr(tnp, f)(xs), getattr(tnp, f)([xs[0]])], *arrays)
        for name, arrays in (
            ("hstack", (V, V[:2])), ("vstack", (V, V * 2)), ("dstack", (A, B)),
            ("column_stack", (V[:3], A)), ("concatenate", (V, V[:2])),
        )
    },
    "concatenate axes": (lambda *xs: [tnp.concatenate(xs, axis=k) for k in (0, 1, -1)], (A, B)),
    "concatenate flat": on(lambda x, y: tnp.concatenate((x, y), axis=None), A, V),
    "stack axes": (lambda *xs: [tnp.stack(xs, axis=k) for k in (0, 1, -1)], (A, B)),
    "append": on(lambda x, y: [tnp.append(x, y), tnp.append(x, y[:1], 0), tnp.append(x, 2)], A, B),
    "split": (
        lambda x: [p for cut in (2, [1], [1, 3]) for p in tnp.split(x, cut, axis=1)], (A,)
    ),
    "array_split": (lambda x: [p for n in (1, 2, 3) for p in tnp.array_split(x, n, axis=-1)], (A,)),
    "along ranks": on(
        lambda x, y, z: [*tnp.hsplit(x, 2), *tnp.vsplit(y, [1]), *tnp.dsplit(z, 2)], V, A, CUBE
    ),
    "nested lists": on(lambda x, s: tnp.asarray([[x[0, 0], s * 2], [x[1, 1], 1.0]]), A, V[0]),
    "arrays in lists": on(lambda x: tnp.asarray([x, x * x]), V),
    "r_ and c_": on(lambda x: [tnp.r_[x, 1.0, x[:2]], tnp.c_[x, 2 * x]], V),
}  # fmt: skip

SHAPES = (np.float32(1.5), V[:1], A, apart(2, 1, 4))
OTHERS = (np.float32(0.7), above(4), above(3, 1))
BROADCASTING: Table = {
    **{
        name: pairs(getattr(tnp, name), SHAPES, OTHERS)
        for name in "add subtract multiply divide".split()
    },
    **{
        name: pairs(getattr(tnp, name), SHAPES[::3], OTHERS[:2])
        for name in "arctan2 hypot logaddexp logaddexp2".split()
    },
    "maximum": pairs(tnp.maximum, (V[:1], A), (B[:1] + 0.01, above(3, 4) / 3)),
    "power": pairs(tnp.power, (above(4), above(3, 4), np.float32(1.3)), (V, A, np.float32(2.0))),
    "modulo": on(lambda x: [x % 5.0, x % -5.0, 7.0 % (x + 9), tnp.fmod(x, 5.0)], A),
    "powers of zero": on(lambda x: [x**2, x**1, x**0], np.zeros(3, np.float32)),
    "where": on(lambda x, y: [tnp.where(B > 0, x, y), tnp.where(B[:, :1] > 0, y, 1.0)], A, V),
}

SUMS = ("ij->ji", "ij->i", "ij->", "ij", "ji", "...j->...", "...j->j...", "i...->...i")
TWO = ("ij,jk->ik", "...ij,...jk->...ik", "ij,jk", "ij,jk->kij", "i...,...k->k...")
CONTRACTIONS: Table = {
    "kron": pairs(tnp.kron, (A[:2, :2], V[:2], A[:2, :1]), (B[:1, :3], V[:3], B[:2, :1])),
    "inner": pairs(tnp.inner, (1.5, V, A), (0.3, V[::-1].copy(), B)),
    "dot": pairs(tnp.dot, (1.5, V[:3], A.T, apart(2, 2, 3)), (0.3, V[1:], A, apart(2, 3, 2))),
    "outer": pairs(tnp.outer, (V, V[:2], A), (V[:3], B, V)),
    "matmul": pairs(tnp.matmul, (V[:3], A.T, apart(2, 2, 3)), (V[1:], A, apart(2, 3, 2))),
    "tensordot": (
        lambda x, y: [
            tnp.tensordot(x, y, axes=k)
            for k in (0, 1, 2, ([1], [0]), ([0, 1], [1, 0]), [[-1], [0]])
        ],
        (apart(2, 2), apart(2, 2, 3)[:, :, 0]),
    ),
    "einsum": (lambda x: [tnp.einsum(s, x) for s in SUMS], (A,)),
    "einsum of two": (lambda x, y: [tnp.einsum(s, x, y) for s in TWO], (A[:2, :3], B[:, :2])),
    "einsum by numbers": on(
        lambda x, y: [tnp.einsum(x, [0, 1], y, [1, 2], [0, 2]), tnp.einsum(x, [0, 1], [1, 0])],
        A[:2, :3],
        B[:, :2],
    ),
    "einsum diagonal": on(lambda x: [tnp.einsum("ii->i", x), tnp.einsum("ii", x)], A[:, :3]),
    "einsum of three": on(
        lambda x, y, z: tnp.einsum("ij,jk,lk->il", x, y, z), A[:2], A.T, B[:, :3]
    ),
}  # fmt: skip


TABLE: Table = {
    f"{group} {name}": entry
    for group, table in (
        ("statistics", STATISTICS),
        ("movement", MOVEMENT),
        ("joins", JOINS),
        ("broadcasting", BROADCASTING),
        ("contractions", CONTRACTIONS),
    )
    for name, entry in table.items()
}
