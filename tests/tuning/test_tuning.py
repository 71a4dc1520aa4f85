"""Measured schedules: the table's file, what the compiler makes of it, and the search itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tests.lower.running import agree, compiled, opened, run, target, traced
from texelate.cli.app import texelate
from texelate.compiler.cache import key_of
from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.prims.elementwise import tanh
from texelate.compiler.knobs import knobs
from texelate.compiler.lower.alternatives import alternatives
from texelate.compiler.lower.kinds import kind_of
from texelate.compiler.tuned import Tuned, rounded
from texelate.tuning.search import tune
from texelate.tuning.table import Table

RNG = np.random.default_rng(2)
SHAPES = [(70, 33), (33, 50)]


@pytest.fixture
def table(tmp_path: Path) -> Iterator[Path]:
    with knobs.scope(schedules=str(tmp_path / "schedules.json")):
        yield tmp_path / "schedules.json"


def layer() -> Graph:
    """tanh(a · b): one kernel."""
    dot = lookup("dot_general")
    return traced(
        lambda a, b: tanh(dot(a, b, contract=((1,), (0,)), batch=((), ()))),
        *(Aval(s, float32) for s in SHAPES),
    )


def rows() -> Graph:
    """A softmax's denominator: a fold over rows."""
    return traced(lambda x: lookup("reduce")(x, monoid="sum", axes=(1,)), Aval((300, 64), float32))


def arrays() -> list[Any]:
    return [RNG.normal(size=s).astype(np.float32) for s in SHAPES]


def kind(graph: Graph) -> str:
    placed = compiled(graph).kernels[0].placed
    return kind_of(placed.group, dict(placed.names))


def test_extents_share_a_kind_when_they_are_near() -> None:
    assert [rounded(n) for n in (0, 1, 2, 5, 6, 127, 180, 182)] == [0, 1, 2, 4, 8, 128, 128, 256]
    assert kind(layer()) == "contract float32 1x64x64x32 axes 0111 by kn"
    assert kind(rows()) == "sum float32 256x64"


@pytest.mark.parametrize("graph", [layer(), rows()], ids=["layer", "rows"])
@pytest.mark.parametrize("target_name", ["software", "gpu"])
def test_every_alternative_computes_the_same(graph: Graph, target_name: str) -> None:
    own = compiled(graph, target_name)
    data = arrays() if len(graph.inputs) == 2 else [RNG.random((300, 64), np.float32)]
    want = run(own, data)
    group = own.kernels[0].placed.group
    options = alternatives(group, own.target)
    assert len(options) > 3
    for schedule in options[:6]:
        forced = Tuned.of({kind(graph): vars(schedule)})
        other = compile_graph(graph, replace(own.target, tuned=forced))
        agree(run(other, data), want, 1e-4)


def test_a_measured_schedule_is_taken() -> None:
    graph, here = layer(), target("software")
    fields = {"rows": 3, "cols": 8, "unroll": 4}
    tuned = replace(here, tuned=Tuned.of({kind(graph): fields}))
    assert "3x8 registers" in compile_graph(graph, tuned).kernels[0].schedule
    assert "3x8 registers" not in compile_graph(graph, here).kernels[0].schedule
    assert key_of(graph, tuned, ()) != key_of(graph, here, ())


def test_a_schedule_that_does_not_fit_is_not_taken() -> None:
    """Measured for 256 x 64, asked for at 250 x 63: rows that are no whole vectors."""
    fields = {"lanes": "inner", "threads": 1, "vectors": 1}
    here = replace(target("software"), tuned=Tuned.of({kind(rows()): fields}))
    graph = traced(lambda x: lookup("reduce")(x, monoid="sum", axes=(1,)), Aval((250, 63), float32))
    (kernel,) = compile_graph(graph, here).kernels
    assert "inner" not in kernel.schedule


def test_tuning_writes_what_the_compiler_reads(table: Path) -> None:
    device, graph = opened(), layer()
    info = device.info
    own = compiled(graph)
    (trial,) = tune(own, device)
    assert trial.gain >= 1
    assert trial.limit > 0
    (entry,) = json.loads(table.read_text())["adapters"][info.name].values()
    assert entry["nanoseconds"] == min(entry["times"].values()) == trial.after
    known = Table.read().of(info.name)
    again = compile_graph(graph, replace(own.target, tuned=known))
    assert again.kernels[0].schedule == trial.best
    data = arrays()
    agree(run(again, data), run(own, data), 1e-4)
    assert tune(own, device) == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 9, "adapters": {}}', '{"version": 1, "adapters": {"a": 3}}']
)
def test_a_damaged_table_is_said_and_not_used(table: Path, text: str) -> None:
    table.write_text(text)
    with pytest.warns(RuntimeWarning, match=r"schedules\.json are not used"):
        assert not Table.read().of("a")


def test_a_missing_table_is_empty(table: Path) -> None:
    assert not Table.read().of("a")


def test_the_command(table: Path, tmp_path: Path) -> None:
    source = tmp_path / "model.py"
    source.write_text(
        "import texelate.numpy as tnp\ndef f(x):\n    return tnp.sum(tnp.exp(x), 1)\n"
    )
    command = ["tune", f"{source}:f", "--args", "f32[64,32]"]
    done = CliRunner().invoke(texelate, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert "kinds of kernels tuned" in done.output
    as_json = CliRunner().invoke(texelate, [*command, "--again", "--json", "-"])
    report = json.loads(as_json.output)
    assert report["table"] == str(table)
    assert report["trials"][0]["kind"].startswith("sum float32")
