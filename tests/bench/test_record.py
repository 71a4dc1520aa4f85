"""What a run leaves: the record by its schema, merging, verdicts, the tables and the page."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from rich.console import Console

from texelate.bench import machine, page, record, table
from texelate.bench.runner import Result, Row

SCHEMA = json.loads((Path(record.__file__).parent / "schema.json").read_text())


def row(peer: str, kind: str, *times: float, **more: Any) -> Row:
    device = {"kind": kind, "adapter": "llvmpipe" if kind == "gpu" else "cpu", "backend": "x"}
    samples = {"batch": list(times), "single": [2 * t for t in times]} if times else {}
    return Row(peer, {**device, "driver": "d"}, {peer: "1"}, 0.5, 0.1, 1e-6, samples, **more)


def made() -> record.Record:
    """Four peers: the first is twice as fast as the second, four times as slow as the third."""
    rows = [
        row("webgpu", "gpu", 0.02, 0.02, 0.02), row("tinygrad", "gpu", 0.04, 0.04, 0.04),
        row("numpy", "cpu", 0.005, 0.005, 0.005), row("jax", "cpu", error="wrong <result>"),
        Row("tfjs", lacks="not installed"),
    ]  # fmt: skip
    product = Result("matmul-512", "matmul 512³", rows, flops=2 * 512**3, bytes=3 << 20)
    moved = Result("chain", "a chain", [row("webgpu", "gpu", 0.01), row("tinygrad", "gpu", 0.005)])
    moved.bytes = 32_000_000
    found = record.record(machine.describe(), {"flops": 5e10, "bandwidth": 1e10})
    for result in (product, moved):
        result.compare()
        record.add(found, result)
    return found


def test_the_record_follows_its_schema(tmp_path: Path) -> None:
    record.write(made(), tmp_path / "results" / "run.json")
    read = record.read(tmp_path / "results" / "run.json")
    jsonschema.validate(read, SCHEMA)
    product = read["workloads"][0]
    assert product["rows"][1]["ratios"]["batch"]["value"] == 2
    assert product["rows"][3]["median"] == {}
    assert set(read["peers"]) == {"webgpu", "tinygrad", "numpy", "jax"}


def test_the_schema_refuses_what_is_none() -> None:
    for spoil in ({"schema": 1}, {"workloads": [{"name": "x"}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({**made(), **spoil}, SCHEMA)


def test_committed_results_follow_the_schema() -> None:
    files = sorted((Path(record.__file__).parent / "results").glob("*.json"))
    assert files
    for file in files:
        jsonschema.validate(json.loads(file.read_text()), SCHEMA)


def test_pieces_merge() -> None:
    old, new = made(), made()
    old["date"] = "2001-01-01T00:00:00+00:00"
    new["workloads"] = [{**new["workloads"][0], "name": "sum"}, new["workloads"][1]]
    both = record.merged(old, {**new, "limits": {}})
    assert [w["name"] for w in both["workloads"]] == ["matmul-512", "sum", "chain"]
    assert both["workloads"][0]["date"] == old["date"]
    assert both["limits"] == old["limits"]
    jsonschema.validate(both, SCHEMA)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"schema": 1}, "schema 1"),
        ({"machine": {"cpu": "other", "cores": 2, "machine": "x"}}, "another machine"),
        ({"peers": {"webgpu": {"device": {"adapter": "other"}}}}, "another adapter"),
    ],
)
def test_what_does_not_belong_together_does_not_merge(change: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        record.merged({**made(), **change}, made())


def test_shortfalls() -> None:
    errors = ["matmul-512: jax: wrong <result>"]
    assert record.shortfalls(made(), [("matmul-512", "tinygrad", 2.0)]) == errors
    asked = [("matmul-512", "tinygrad", 3.0), ("chain", "numpy", 1.0)]
    assert record.shortfalls(made(), asked) == [
        *errors,
        "matmul-512: tinygrad 2.00x, required 3x",
        "chain: numpy was required at 1x, and was not measured",
    ]


def test_tables() -> None:
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(table.workload_table(made()["workloads"][0]), table.summary(made()))
    text = console.export_text()
    console.file.close()
    for shown in ("wrong <result>", "not installed", "40.0 ms", "2 2–2", "0.25 ×", "llvmpipe"):
        assert shown in text


class Outline(HTMLParser):
    """Checks that tags close, and keeps ids, links and what would be loaded from elsewhere."""

    VOID = frozenset({"meta", "br", "link"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert not ({"src", "srcset"} & set(given))
        if tag not in self.VOID:
            self.open.append(tag)
        self.ids |= {str(given["id"])} if "id" in given else set()
        self.links |= {str(given["href"])} if "href" in given else set()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Closed already."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole(tmp_path: Path) -> None:
    page.write(made(), tmp_path / "bench" / "page.html")
    text = (tmp_path / "bench" / "page.html").read_text()
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    assert {link.removeprefix("#") for link in outline.links} <= outline.ids
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "wrong &lt;result&gt;" in text
    assert "<polyline" in text


def test_the_page_says_what_falls_short() -> None:
    shown = page.context(made())
    assert [(s["name"], s["peer"], s["ratio"]) for s in shown["short"]] == [
        ("chain", "tinygrad", "0.500")
    ]
    means = {mean["peer"]: (mean["mean"], mean["behind"], mean["of"]) for mean in shown["means"]}
    assert means == {"tinygrad": ("1.00", 1, 2), "numpy": ("0.250", 0, 1)}


def test_rates_and_the_roof() -> None:
    shown = page.context(made())
    rates = {(point.peer, point.label): point.rate for *_, point in shown["chart"].dots}
    assert rates["webgpu", "matmul-512"] == pytest.approx(2 * 512**3 / 0.02)
    assert ("numpy", "matmul-512") not in rates
    (stream,) = shown["streams"]
    assert stream["rows"][0] == ("webgpu", "3.20 GB/s", 32)
    chart = shown["chart"]
    assert chart.y(5e10) > chart.y(1e11)
    assert f"{chart.x(5)},{chart.y(5e10)}" in chart.roof
