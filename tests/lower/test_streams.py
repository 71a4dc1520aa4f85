"""Attention that never holds its scores, at sizes with and without edges, against JAX."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import texelate as tx
import texelate.nn.functional as F
import texelate.numpy as tnp
from tests.lower.running import TARGETS, check, compiled, traced
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.core import Value
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.prims.attention import attention, attention_normalizer, attention_weigh
from texelate.compiler.ir.prims.functions import exp

RNG = np.random.default_rng(5)
SHAPES = [(2, 5, 7, 4, 4), (1, 33, 13, 5, 3), (3, 70, 64, 32, 64), (1, 9, 40, 20, 300)]


def normal(*shape: int) -> Any:
    return np.asarray(RNG.normal(size=shape), np.float32)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("batch", "rows", "steps", "width", "columns"), SHAPES)
def test_blocks_and_edges(
    batch: int, rows: int, steps: int, width: int, columns: int, causal: bool, target: str
) -> None:
    arrays = [
        normal(batch, rows, width), normal(batch, steps, width), normal(batch, steps, columns),
        normal(batch, rows, steps),
    ]  # fmt: skip

    def both(q: Value, k: Value, v: Value, bias: Value) -> list[Value]:
        options = {"scale": 0.3, "causal": causal}
        return [attention(q, k, v, bias, **options), attention_normalizer(q, k, bias, **options)]

    graph = traced(both, *(Aval(a.shape, float32) for a in arrays))
    check(graph, arrays, target)


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("gated", [False, True])
def test_weights_of_derivatives(gated: bool, flipped: bool, target: str) -> None:
    b, rows, steps = 2, 37, 21
    one, sides = (steps, (steps, rows)) if flipped else (rows, (rows, steps))
    arrays = [normal(b, rows, 12), normal(b, steps, 12), normal(b, steps, 10), normal(b, one)]
    arrays += [normal(b, *sides) / 2]
    arrays += [normal(b, rows, 6), normal(b, steps, 6), normal(b, one)] if gated else []
    options = {"scale": 0.2, "causal": True, "flipped": flipped}
    graph = traced(
        lambda *xs: attention_weigh(*xs, **options), *(Aval(a.shape, float32) for a in arrays)
    )
    check(graph, arrays, target, 2e-4)


@pytest.mark.parametrize("causal", [False, True])
def test_attention_and_gradients_are_those_of_jax(backend: str, causal: bool) -> None:
    arrays = [normal(2, 19, 3, 16) for _ in range(3)]
    ours = tx.value_and_grad(
        lambda *a: tnp.sum(tnp.sin(F.dot_product_attention(*a, causal=causal))), (0, 1, 2)
    )
    theirs = jax.value_and_grad(
        lambda *a: jnp.sum(jnp.sin(jax.nn.dot_product_attention(*a, is_causal=causal))), (0, 1, 2)
    )
    (got, gradients), (want, expected) = tx.jit(ours)(*arrays), jax.jit(theirs)(*arrays)
    np.testing.assert_allclose(float(got), float(want), rtol=1e-5)
    for mine, their in zip(gradients, expected, strict=True):
        np.testing.assert_allclose(np.asarray(mine), their, rtol=1e-3, atol=1e-5)


def test_no_buffer_is_as_large_as_the_scores() -> None:
    """Forwards and backwards, with a mask: 512 x 512 scores a head, 16 columns."""
    mask = np.tri(512, dtype=bool)

    def loss(q: Any, k: Any, v: Any) -> Any:
        return tnp.sum(F.dot_product_attention(q, k, v, mask))

    arrays = [normal(1, 512, 4, 16) for _ in range(3)]
    lowered = tx.jit(tx.grad(loss, (0, 1, 2)), backend="webgpu").lower(*arrays)
    largest = max(b.nbytes for b in lowered.program.buffers)
    assert largest <= 512 * 512 * 4
    assert lowered.cost.peak_bytes < 4 * 512 * 512 * 4


def test_bias_is_computed_where_scores_are() -> None:
    def biased(q: Value, k: Value, v: Value, distance: Value) -> Value:
        return attention(q, k, v, exp(distance), scale=1.0, causal=False)

    shapes = [(2, 64, 8)] * 3 + [(2, 64, 64)]
    assert len(compiled(traced(biased, *(Aval(s, float32) for s in shapes))).kernels) == 1
