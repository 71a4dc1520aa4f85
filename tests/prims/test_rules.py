"""Every primitive: its record is complete, and its rules agree with each other on random input."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prims.cases import NAMES, Case, cases, examples
from tests.prims.interpret import run
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import as_dtype
from texelate.compiler.ir.evaluate import evaluate_numpy
from texelate.compiler.ir.primitive import (
    REGISTRY,
    Contract,
    Control,
    Expand,
    Fold,
    Host,
    Map,
    Paired,
    Scan,
    Several,
    Stream,
)
from texelate.compiler.ir.text import parse_graph, same
from texelate.compiler.ir.verify import verify
from texelate.compiler.transforms.vmap import vmap_graph

LOWERINGS = (Map, Fold, Contract, Scan, Stream, Host, Control, Expand)


def test_every_primitive_has_cases() -> None:
    """The others are tested where they belong: tests/control, tests/linalg, tests/complexes."""
    special = (Host, Paired)
    elsewhere = {
        n for n, p in REGISTRY.items() if isinstance(p, Several) or isinstance(p.lower, special)
    }
    assert sorted(set(REGISTRY) - elsewhere) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_record_is_complete(name: str) -> None:
    prim = REGISTRY[name]
    assert isinstance(prim.lower, LOWERINGS)
    assert (prim.jvp is None) == bool(prim.no_jvp), "a rule, or the reason why there is none"
    assert (prim.transpose is None) == bool(prim.no_transpose)


def close(got: Any, want: Any, tolerance: float = 1e-5) -> None:
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", NAMES)
def test_rules_agree(name: str) -> None:
    """Abstract and reference rules agree in shape and dtype; lowering computes the reference."""

    @settings(max_examples=examples(name))
    @given(cases(name))
    def check(case: Case) -> None:
        graph = case.graph()
        verify(graph)
        assert same(parse_graph(str(graph)), graph)
        want = np.asarray(case.reference())
        aval = graph.eqns[0].out.aval
        assert (want.shape, want.dtype) == (aval.shape, aval.dtype.numpy)
        close(run(graph.eqns[0], case.operands), want)

    check()


def batched_case(draw: Any, case: Case, size: int) -> tuple[Any, Any]:
    """The operands stacked over a batch of random numbers, and which of them are."""
    marks = draw(
        st.sampled_from(
            [m for m in itertools.product([True, False], repeat=len(case.operands)) if any(m)]
        )
    )
    return [
        np.stack([np.random.default_rng(i).permutation(x.ravel()).reshape(x.shape)
                  for i in range(size)]) if m and size else
        np.zeros((0, *x.shape), x.dtype) if m else x
        for x, m in zip(case.operands, marks, strict=True)
    ], marks  # fmt: skip


@pytest.mark.parametrize("name", [n for n in NAMES if n != "iota"])
def test_batching_is_a_loop_over_examples(name: str) -> None:
    @settings(max_examples=examples(name))
    @given(cases(name), st.integers(0, 3), st.data())
    def check(case: Case, size: int, data: st.DataObject) -> None:
        operands, marks = batched_case(data.draw, case, size)
        graph = vmap_graph(case.graph(), marks, size)
        verify(graph)
        (got,) = evaluate_numpy(graph, operands)
        rows = [
            case.prim.reference(*(x[i] if m else x for x, m in zip(operands, marks, strict=True)),
                                **case.params)
            for i in range(size)
        ]  # fmt: skip
        aval = case.graph().out_avals[0]
        want = np.stack(rows) if rows else np.zeros((0, *aval.shape), aval.dtype.numpy)
        close(got, want)

    check()


def test_iota_in_a_batch_is_repeated() -> None:
    params = {"shape": (3, 2), "dtype": as_dtype("int32"), "axis": 0}
    graph = Case(REGISTRY["iota"], [], params).graph()
    (got,) = evaluate_numpy(vmap_graph(graph, (), 4), [])
    np.testing.assert_array_equal(got, np.broadcast_to([[0, 0], [1, 1], [2, 2]], (4, 3, 2)))
    assert graph.out_avals == (Aval((3, 2), as_dtype("int32")),)
