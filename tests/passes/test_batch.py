"""Independent small maps in one dispatch: which are joined, and that they compute the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import texelate as tx
import texelate.numpy as tnp
from tests.conftest import need_backend
from texelate.compiler.driver import Compiled, compile_graph
from texelate.compiler.ir.parse import parse_graph
from texelate.compiler.passes.batch import MAX_ELEMENTS
from texelate.compiler.target import Target


def compiled(text: str, donated: tuple[int, ...] = ()) -> Compiled:
    return compile_graph(parse_graph(text), Target.software(), donated)


def maps(*extents: int) -> str:
    names = [chr(ord("m") + i) for i in range(len(extents))]
    inputs = ", ".join(f'{n}: f32[{e}] "{n * 3}"' for n, e in zip(names, extents))
    rows = [f"  {n}{n}: f32[{e}] = mul({n}, 3.0:f32)" for n, e in zip(names, extents)]
    body = "\n".join(rows)
    return f"graph maps({inputs}) {{\n{body}\n  return {', '.join(n * 2 for n in names)}\n}}"


def test_small_maps_share_a_launch_as_far_as_buffers_go() -> None:
    made = compiled(maps(5, 6, 7, 100, 3, 2))
    assert [len(d.buffers) for d in made.program.dispatches] == [8, 4]
    assert made.kernels[0].schedule.startswith("4 parts")


def test_in_place_parts_need_half_the_buffers() -> None:
    made = compiled(maps(5, 6, 7, 100, 3, 2), donated=tuple(range(6)))
    assert [len(d.buffers) for d in made.program.dispatches] == [6]
    assert made.program.donated == tuple(range(6))


def test_large_maps_have_launches_of_their_own() -> None:
    made = compiled(maps(MAX_ELEMENTS, MAX_ELEMENTS + 1, 4))
    assert sorted(len(d.buffers) for d in made.program.dispatches) == [2, 4]


def test_a_part_never_needs_another() -> None:
    made = compiled(
        """
graph chain(x: f32[6] "xx", y: f32[4] "yy", z: f32[5] "zz") {
  a: f32[6] = mul(x, 2.0:f32)
  s: f32[] = reduce(a) {axes=(0), monoid="sum"}
  b: f32[4] = broadcast_in_dim(s) {dims=(), shape=(4)}
  c: f32[4] = add(b, y)
  d: f32[5] = broadcast_in_dim(s) {dims=(), shape=(5)}
  e: f32[5] = sub(d, z)
  return a, c, e
}
"""
    )
    titles = [k.title for k in made.kernels]
    assert len(titles) == 2
    assert "reduce" in titles[0]
    assert {"add", "sub"} <= set(made.kernels[1].ops)


SHAPES = st.lists(
    st.sampled_from([(), (1,), (3,), (64,), (65,), (4, 16), (5, 7), (0,), (2, 0), (128,), (257,)]),
    min_size=1,
    max_size=12,
)


@settings(max_examples=12)
@given(shapes=SHAPES, kinds=st.integers(0, 5), donate=st.booleans())
def test_parts_compute_what_numpy_computes(
    shapes: list[tuple[int, ...]], kinds: int, donate: bool
) -> None:
    need_backend("webgpu")
    rng = np.random.default_rng(kinds)
    dtypes = (np.float32, np.int32, np.bool_, np.uint8, np.float16, np.uint32)
    xs = [
        (rng.random(s) * 9).astype(dtypes[(k * kinds) % len(dtypes)]) for k, s in enumerate(shapes)
    ]

    def run(xs: Any) -> Any:
        return [tnp.where(x > 4, x, x + x) if k % 2 else x * 3 for k, x in enumerate(xs)]

    expected = [
        np.where(x > 4, x, x + x) if k % 2 else x * x.dtype.type(3) for k, x in enumerate(xs)
    ]
    with tx.backend("webgpu"):
        made = tx.jit(run, donate_argnums=(0,) if donate else ())
        for got, want in zip(made(list(map(tnp.asarray, xs))), expected, strict=True):
            if want.dtype != np.bool_:
                np.testing.assert_array_equal(got, want)
