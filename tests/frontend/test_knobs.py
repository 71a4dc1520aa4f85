"""Settings: where they come from, what they refuse, what they change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest

import texelate as tx
import texelate.numpy as tnp
from texelate.compiler.knobs import Knobs, knobs, table


@pytest.fixture
def fresh() -> Iterator[Knobs]:
    before = dict(knobs.values)
    knobs.refresh()
    yield knobs
    knobs.values.clear()
    knobs.values.update(before)
    knobs.forget_fingerprint()


def test_environment_and_defaults(fresh: Knobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXELATE_DEBUG", "3")
    monkeypatch.setenv("TEXELATE_VERIFY", "on")
    monkeypatch.delenv("TEXELATE_ADAPTER", raising=False)
    assert (fresh.debug, fresh.verify, fresh.adapter, fresh.eager_limit) == (3, True, None, 1000)


@pytest.mark.parametrize(
    ("variable", "name", "value"),
    [
        ("TEXELATE_DEBUG", "debug", "9"),
        ("TEXELATE_DEBUG", "debug", "much"),
        ("TEXELATE_BACKEND", "backend", "cuda"),
        ("TEXELATE_VERIFY", "verify", "perhaps"),
        ("TEXELATE_TRACEBACK", "traceback", "none"),
    ],
)
def test_bad_values_name_the_variable_and_what_is_allowed(
    fresh: Knobs, monkeypatch: pytest.MonkeyPatch, variable: str, name: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(tx.KnobError, match=f"{variable}.*{value}") as caught:
        getattr(fresh, name)
    assert "allowed:" in str(caught.value)


def test_scope_restores_even_after_errors(fresh: Knobs) -> None:
    def fails() -> None:
        with fresh.scope(debug=2, eager_limit=5):
            assert (fresh.debug, fresh.eager_limit) == (2, 5)
            raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert (fresh.debug, fresh.eager_limit) == (0, 1000)
    for bad in ({"debug": True}, {"nothing": 1}, {"backend": "x"}, {"eager_limit": 0}):
        with pytest.raises(tx.KnobError), fresh.scope(**bad):
            pass


def test_settings_that_shape_programs_are_in_the_key(on_numpy: None) -> None:
    f = tx.jit(lambda x: x + 1)
    f(1.0)
    with knobs.scope(verify=not knobs.verify):
        f(1.0)
    assert f.stats()["compiles"] == 2
    assert "setting was" in f.explain_misses()[-1]


def test_the_debug_ladder_speaks_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    from tests.conftest import need_backend

    need_backend("webgpu")
    said = []
    for level in (0, 1, 2, 4, 5):
        with knobs.scope(debug=level):
            tx.jit(lambda x: tnp.sin(x) + 1, backend="webgpu")(np.ones(3, np.float32)).tolist()
        said.append(capfd.readouterr().err)
    assert said[0] == ""
    assert "tracing, because first call" in said[1]
    assert "flops" in said[2]
    assert "@compute" in said[3]
    assert all(len(a) < len(b) for a, b in itertools.pairwise(said))


def test_the_table_has_every_knob() -> None:
    for name in ("debug", "backend", "adapter", "dump_dir", "override_dir", "verify", "traceback"):
        assert f"`{name}`" in table()
        assert f"TEXELATE_{name.upper()}" in table()
