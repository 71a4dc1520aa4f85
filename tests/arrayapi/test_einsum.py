"""``einsum`` with NumPy's full notation; diagonals along any axes, cross products, powers."""

from __future__ import annotations

import string
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import texelate as tx
import texelate.numpy as tnp
from texelate.numpy import einsums

RNG = np.random.default_rng(3)


def array(*shape: int) -> Any:
    return RNG.integers(-4, 5, shape).astype(np.float32)


A, B, C = array(2, 3), array(3, 4), array(3, 3)
D = array(2, 3, 3)

FORMS: dict[str, tuple[Any, ...]] = {
    "implicit": ("ij,jk", A, B),
    "implicit is sorted": ("ba", A),
    "implicit sums": ("ij,ij", A, A),
    "trace": ("ii", C),
    "diagonal": ("ii->i", C),
    "diagonals": ("bii->bi", D),
    "thrice": ("iii->i", array(3, 3, 3)),
    "ellipsis": ("...ij,...jk->...ik", D, array(2, 3, 4)),
    "ellipsis broadcasts": ("...ij,jk...->...ik", array(5, 1, 2, 3), array(3, 4, 7)),
    "ellipsis implicit": ("...ij,...jk", D, array(3, 4)),
    "ellipsis in the middle": ("i...j->j...i", array(2, 3, 4, 5)),
    "ellipsis of nothing": ("i...,i...->", A[0], A[1]),
    "extent 1 broadcasts": ("ij,ij->ij", A, A[:1]),
    "outer": ("i,j->ij", A[0], B[0]),
    "scalars": (",->", 2.0, 3.0),
    "scalar times": ("ij,->ji", A, 2.0),
    "spaces": (" ij , jk -> ik ", A, B),
    "sum": ("ij->", A),
    "mixed": ("ij,jj,jk->ki", A, C, B),
    "numbers": (A, [0, 1], B, [1, 2], [2, 0]),
    "numbers implicit": (A, [5, 1], B, [1, 2]),
    "numbers with ellipsis": (D, [..., 0, 1], C, [1, 2], [..., 2]),
    "chain": ("ab,bc,cd,de->ae", A, C, B, array(4, 2)),
    "seven": ("a,b,c,d,a,b,c->d", *(array(2) for _ in range(7))),
    "integers": ("ij,jk->ik", A.astype(np.int32), B.astype(np.int32)),
    "bools count": ("ij->i", A > 0),
}


@pytest.mark.parametrize("name", FORMS)
def test_forms_are_numpys(name: str) -> None:
    want = np.einsum(*FORMS[name]) if name != "bools count" else (A > 0).sum(1)
    for optimize in (True, False):
        got = np.asarray(tnp.einsum(*FORMS[name], optimize=optimize))
        assert got.shape == np.shape(want)
        np.testing.assert_allclose(got, want, rtol=1e-5)


@st.composite
def programs(draw: st.DrawFn) -> tuple[str, list[Any]]:
    """Up to four operands of letters a to e, and a result of some of them."""
    sizes = {c: draw(st.integers(1, 3)) for c in "abcde"}
    terms = draw(st.lists(st.text("abcde", min_size=0, max_size=3), min_size=1, max_size=4))
    used = sorted(set("".join(terms)))
    out = draw(st.permutations(used))[: draw(st.integers(0, len(used)))]
    xs = [array(*(sizes[c] for c in t)) for t in terms]
    return ",".join(terms) + "->" + "".join(out), xs


@settings(max_examples=60, deadline=None)
@given(programs())
def test_any_program(program: tuple[str, list[Any]]) -> None:
    text, xs = program
    with tx.backend("numpy"):
        np.testing.assert_allclose(tnp.einsum(text, *xs), np.einsum(text, *xs), rtol=1e-4)


def test_the_order_is_the_cheapest() -> None:
    """A chain of matrices whose left-to-right product costs a hundred times the best."""
    sizes = dict(zip(string.ascii_lowercase, (50, 2, 60, 2, 1), strict=False))
    sets = [frozenset(t) for t in ("ab", "bc", "cd", "de")]
    assert einsums._best(sets, frozenset("ae"), sizes) in ((2, 3), (1, 2))
    assert einsums._best(sets[:3], frozenset("ad"), sizes) == (1, 2)


BAD: list[tuple[Any, ...]] = [
    ("ij,jk", A), ("ij->k", A), ("ij->ii", A), ("i1", A), (), ("ij,jk->ik", A, B, C),
]  # fmt: skip


@pytest.mark.parametrize("call", BAD)
def test_bad_subscripts(call: tuple[Any, ...]) -> None:
    with pytest.raises(tx.ArgumentError):
        tnp.einsum(*call)


def test_bad_extents() -> None:
    for call in (("ij,jk", A, A), ("ii", A), ("ijk", A), ("i", A)):
        with pytest.raises(tx.ShapeError):
            tnp.einsum(*call)


T = array(2, 3, 4)
V3, V2 = array(5, 3), array(5, 2)
CALLS: dict[str, Any] = {
    "diagonal": lambda m: m.diagonal(T),
    "diagonal of axes": lambda m: m.diagonal(T, -1, 2, 0),
    "trace": lambda m: m.trace(T),
    "trace of axes": lambda m: m.trace(T, 1, axis1=-1, axis2=1),
    "cross": lambda m: m.cross(V3, V3[::-1]),
    "cross along": lambda m: m.cross(V3.T, V3.T[:, ::-1], axis=0),
    "cross of axes": lambda m: m.cross(V3.T, V3, axisa=0, axisc=0),
    "cross broadcasts": lambda m: m.cross(V3, V3[0]),
    "vander": lambda m: m.vander(V3[:, 0]),
    "vander rising": lambda m: m.vander(V3[0], 5, increasing=True),
    "vander of none": lambda m: m.vander(V3[0], 0),
}


@pytest.mark.parametrize("name", CALLS)
def test_as_numpy(name: str) -> None:
    got, want = CALLS[name](tnp), CALLS[name](np)
    assert got.shape == want.shape
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_cross_of_flat_vectors() -> None:
    """NumPy is giving these up: by its formula."""
    np.testing.assert_allclose(tnp.cross(V2, V2[0]), V2[:, 0] * V2[0, 1] - V2[:, 1] * V2[0, 0])
    full = np.concatenate([V2, np.zeros((5, 1), np.float32)], 1)
    np.testing.assert_allclose(tnp.cross(V2, V3), np.cross(full, V3))
    for call in (lambda: tnp.cross(1.0, V3), lambda: tnp.cross(B, B), lambda: tnp.diagonal(V3[0])):
        with pytest.raises(tx.ShapeError):
            call()
    with pytest.raises(tx.AxisError):
        tnp.diagonal(T, 0, 1, 1)
