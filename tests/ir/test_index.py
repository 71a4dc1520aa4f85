"""Index arithmetic against Python's own integers, over the whole domain of the loop variables."""

import itertools
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from texelate.compiler.ir.index import Div, Index, Loop, Mod, flatten, unflatten

LOOPS = (Loop("i", 4), Loop("j", 3), Loop("k", 5))
Plain = Callable[[dict[str, int]], int]
Pair = tuple[Index, Plain]
"""An Index and the same expression as a Python function of the loop variables."""


def domain(loops: tuple[Loop, ...] = LOOPS) -> Iterator[dict[str, int]]:
    for point in itertools.product(*(range(v.extent) for v in loops)):
        yield dict(zip((v.name for v in loops), point, strict=True))


def _leaf() -> st.SearchStrategy[Pair]:
    loops = [(Index.of(v), lambda at, name=v.name: at[name]) for v in LOOPS]
    constants = st.integers(-9, 9).map(lambda n: (Index.of(n), lambda at: n))
    return st.sampled_from(loops) | constants


def _combined(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    def add(a: Pair, b: Pair) -> Pair:
        return a[0] + b[0], lambda at: a[1](at) + b[1](at)

    def sub(a: Pair, b: Pair) -> Pair:
        return a[0] - b[0], lambda at: a[1](at) - b[1](at)

    def scaled(a: Pair, n: int) -> Pair:
        return a[0] * n, lambda at: a[1](at) * n

    def divided(a: Pair, n: int) -> Pair:
        return a[0] // n, lambda at: a[1](at) // n

    def remainder(a: Pair, n: int) -> Pair:
        return a[0] % n, lambda at: a[1](at) % n

    factor, divisor = st.integers(-4, 6), st.integers(1, 12)
    return st.one_of(
        st.builds(add, inner, inner), st.builds(sub, inner, inner),
        st.builds(scaled, inner, factor), st.builds(divided, inner, divisor),
        st.builds(remainder, inner, divisor),
    )  # fmt: skip


expressions = st.recursive(_leaf(), _combined, max_leaves=10)


@given(expressions)
def test_values_and_bounds(pair: Pair) -> None:
    index, plain = pair
    for at in domain():
        value = plain(at)
        assert index.evaluate(at) == value
        assert index.lo <= value <= index.hi


@given(expressions, st.integers(1, 8))
def test_what_is_said_to_divide_divides(pair: Pair, d: int) -> None:
    index, plain = pair
    if index.divisible_by(d):
        assert all(plain(at) % d == 0 for at in domain())
    assert (index * d).divisible_by(d)


@given(expressions)
def test_constants_are_seen_only_where_they_are(pair: Pair) -> None:
    index, plain = pair
    if index.constant is not None:
        assert {plain(at) for at in domain()} == {index.constant}
    assert all(index.depends(v) for v in LOOPS if len(_values_along(plain, v)) > 1)


def _values_along(plain: Plain, loop: Loop) -> set[int]:
    """Differences of the value while only ``loop`` moves."""
    return {plain(at) - plain({**at, loop.name: 0}) for at in domain()}


@given(expressions)
def test_linear_means_a_constant_step(pair: Pair) -> None:
    index, plain = pair
    for loop in LOOPS:
        if index.linear_in(loop):
            steps = {
                plain({**at, loop.name: at[loop.name] + 1}) - plain(at)
                for at in domain()
                if at[loop.name] + 1 < loop.extent
            }
            assert steps == {index.coefficient(loop)}


@given(expressions, st.integers(0, 3))
def test_substitution(pair: Pair, value: int) -> None:
    index, plain = pair
    i, j, _ = LOOPS
    fixed = index.substitute({i: value})
    assert not fixed.depends(i)
    assert all(fixed.evaluate(at) == plain({**at, "i": value}) for at in domain())
    split = index.substitute({i: Index.of(Loop("a", 2)) * 2 + Index.of(Loop("b", 2)), j: 2})
    for at in domain((Loop("a", 2), Loop("b", 2), LOOPS[2])):
        assert split.evaluate(at) == plain({"i": at["a"] * 2 + at["b"], "j": 2, "k": at["k"]})


@given(st.lists(st.integers(1, 5), max_size=4))
def test_flatten_and_unflatten_against_numpy(shape: list[int]) -> None:
    loops = tuple(Loop(f"x{n}", extent) for n, extent in enumerate(shape))
    offset = flatten([Index.of(v) for v in loops], shape)
    grid = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    for at in domain(loops):
        assert offset.evaluate(at) == grid[tuple(at[v.name] for v in loops)]
    assert unflatten(offset, shape) == tuple(Index.of(v) for v in loops)
    flat = Loop("p", max(grid.size, 1))
    parts = unflatten(Index.of(flat), shape)
    for p in range(grid.size):
        where = tuple(part.evaluate({"p": p}) for part in parts)
        assert where == tuple(int(n) for n in np.unravel_index(p, shape))
    assert flatten(parts, shape) == Index.of(flat)


@pytest.mark.parametrize("d", [0, -1])
def test_divisors_are_positive(d: int) -> None:
    x = Index.of(LOOPS[0])
    with pytest.raises(ValueError, match="by"):
        x // d
    with pytest.raises(ValueError, match="by"):
        x % d


def test_canonical_forms() -> None:
    """What contiguity and common addresses are read off."""
    i, j, k = (Index.of(v) for v in LOOPS)
    row = i * 15 + j * 5 + k
    assert row // 15 == i
    assert row % 15 == j * 5 + k
    assert row // 5 == i * 3 + j
    assert (row // 5) % 3 == j
    assert row % 5 == k
    assert (row // 5) * 5 + row % 5 == row
    assert (row + 7) - 7 == row
    assert i - i == 0
    assert Index.of(Loop("one", 1)) == 0
    assert hash(i + j) == hash(j + i)
    odd = i * 3 + k
    assert isinstance(next(iter((odd // 7).terms)), Div)
    assert isinstance(next(iter((odd % 7).terms)), Mod)
    assert (odd // 7) // 2 == odd // 14
    assert (odd // 7) * 7 + odd % 7 == odd
    assert row.coefficient(LOOPS[2]) == 1
    assert row.linear_in(LOOPS[1])
    assert not (odd % 7).linear_in(LOOPS[0])
    assert (i + odd % 7).depends_on >= {LOOPS[0], LOOPS[2]}


@pytest.mark.parametrize(("outer", "inner"), [(48, 3), (12, 4), (60, 5)])
def test_a_remainder_taken_apart_joins_again(outer: int, inner: int) -> None:
    """A tile's columns that a reshape splits: `(y % 48) % 3` shows only `y % 3`."""
    y = Index.of(Loop("y", 1000)) % outer
    assert (y // inner) * inner + y % inner == y
    assert (y % inner) * 16 + (y // inner) * (16 * inner) + 7 == y * 16 + 7
