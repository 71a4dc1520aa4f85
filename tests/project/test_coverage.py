"""The page of coverage is what the tables say, and what it says is so on the device."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import texelate as tx
from scripts.primitive_examples import Example, examples
from tests.conftest import need_backend
from texelate.compiler.ir import dtypes
from texelate.compiler.ir.dtypes import DType

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "coverage.md").read_text()
ROWS = {
    name: (taken, jvp, vjp)
    for name, taken, jvp, vjp in re.findall(
        r"^\| `(\w+)` \| yes \| [\w ]+ \| ([\w ]+) \| (.+?) \| (.+?) \| yes \|$", PAGE, re.MULTILINE
    )
}
EVERY = {d.short: d for d in dtypes.ALL}
TOLERANCE = {"f16": 5e-3}
SIGNS = {"eigh", "qr", "svd"}  # whose vectors may point either way


def test_the_page_is_fresh() -> None:
    command = [sys.executable, ROOT / "scripts" / "coverage.py", "--check"]
    env = {**os.environ, "TEXELATE_BACKEND": "numpy"}
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_name_of_tensorflow_js_is_there() -> None:
    listed = re.findall(
        r"^\| `([\w.]+)` \| (?:`texelate\.[\w.]+`.*|none: .+) \|$", PAGE, re.MULTILINE
    )
    assert len(listed) == len(set(listed)) == 207 + 46 + 5


def taken_by(name: str) -> list[DType]:
    words = ROWS[name][0]
    return dtypes.ALL if words == "all" else [EVERY[w] for w in words.split()]


def works(name: str, dtype: DType) -> Example | None:
    """The example for a dtype, if it takes it, on the current backend."""
    for example in examples(name, dtype):
        try:
            tx.block_until_ready(example.function(*example.operands))
        except (TypeError, ValueError):
            continue
        return example
    return None


def everything(name: str, example: Example) -> list[Any]:
    """What the page promises, in one program: values, tangents, cotangents, batches."""
    _, jvp, vjp = ROWS[name]
    floats, of = example.of_floats()

    def run(operands: Any, floats: Any, stacks: Any) -> Any:
        out = [example.function(*operands)]
        if jvp == "yes" and floats:
            out.append(tx.jvp(of, floats, floats)[1])
        if vjp.startswith("yes") and floats:
            value, pull = tx.vjp(of, *floats)
            out.append(pull(value))
        return [*out, tx.vmap(example.function)(*stacks)] if stacks else out

    return tx.tree.leaves(tx.jit(run)(example.operands, floats, example.stacked()))


CHOSEN = [
    pytest.param(name, dtype.short, marks=() if k % 4 == 0 else pytest.mark.gradients)
    for k, name in enumerate(ROWS)
    for dtype in [taken_by(name)[(7 * k) % len(taken_by(name))]]
]


@pytest.mark.parametrize(("name", "short"), CHOSEN)
def test_what_the_page_says(name: str, short: str) -> None:
    """On the device as on numpy, for one of the dtypes that the page names."""
    need_backend("webgpu")
    results = []
    for backend in ("numpy", "webgpu"):
        with tx.backend(backend):
            example = works(name, EVERY[short])
            assert example is not None
            results.append([np.asarray(x) for x in everything(name, example)])
    size = np.abs if name in SIGNS else np.asarray
    tolerance = TOLERANCE.get(short, 1e-4)
    for got, wanted in zip(*results, strict=True):
        assert got.dtype == wanted.dtype
        np.testing.assert_allclose(size(got), size(wanted), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", list(ROWS)[::5])
def test_other_dtypes_are_refused(name: str) -> None:
    need_backend("webgpu")
    with tx.backend("webgpu"):
        for dtype in set(dtypes.ALL) - set(taken_by(name)):
            assert works(name, dtype) is None
