"""Tint, Chrome's compiler of WGSL, accepts every kind of shader we print (in Node, no GPU)."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from tests.codegen.test_golden import PROGRAMS
from tests.lower.generate import Choices, random_graph
from tests.lower.running import traced
from tests.lower.test_primitives import BINARY, INTEGER, UNARY
from tests.prims.cases import NAMES, Case, cases
from tests.transforms.programs import CNN, MLP
from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.aval import Aval
from texelate.compiler.ir.dtypes import float32, int32, uint32
from texelate.compiler.ir.graph import Graph
from texelate.compiler.ir.primitive import lookup
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.lower.names import RESERVED
from texelate.compiler.program import Shader
from texelate.compiler.target import Target
from texelate.compiler.transforms.transpose import vjp_graph

HERE = Path(__file__).parent / "tint"
SUBGROUPS = Target.of(software=True, limits={}, features=["subgroup"], subgroup=8)
TARGETS = (Target.software(), SUBGROUPS, Target.gpu())
WRONG = {  # what Tint refuses and other compilers let pass: the test would notice
    "reserved word": "@compute @workgroup_size(64) fn main() { let patch = 1; }",
    "constant division by zero": "@compute @workgroup_size(64) fn main() { let x = 1 / 0; }",
    "too many invocations": "@compute @workgroup_size(512) fn main() { }",
}
NAMED = """graph f(a: f32[64,8]) {
  b: f32[64,8] = sqrt(a)
  s: f32[64] = reduce(b) {axes=(1), monoid="sum"}
  l: f32[64] = log(s)
  m: f32[64] = max(l, inf:f32)
  sb: f32[64,8] = broadcast_in_dim(m) {dims=(0), shape=(64,8)}
  c: f32[64,8] = add(b, sb)
  return b, c, s
}"""
WORDS = """
    acosh asinh atan2 atanh atomicAdd binding binding_array clamp compute cross degrees
    determinant distance dot dpdx exp2 extractBits f faceForward fetch firstLeadingBit fragment
    frexp global half handle invocation isinf isnan length ldexp log2 mat3x3 mat4x4f mix modf
    normalize pack4x8snorm perspective position quad quantizeToF16 radians
    readonly_and_readwrite reflect refract result reverseBits rgba8unorm sample saturate self_
    smoothstep storageBarrier subgroupAdd transpose unpack4x8snorm value vec4f vec4u vertex
    workgroup_id sum0_0 some0_0 every0_0 max0_0_all acc0_0 new_sqrt_out shared_sum0_0 tx_inf1
    sqrt_out add_out ix1 t1 x_ a__b __x x-y é 日本 _ 2x
""".split()
"""Words that users may call their arguments by, beside the reserved ones."""


@pytest.fixture
def tint(request: pytest.FixtureRequest) -> Path:
    """A folder with Node's ``webgpu`` package installed, kept in pytest's cache."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node and npm are needed to run Tint, and are not installed")
    folder = Path(request.config.cache.mkdir("tint"))  # type: ignore[union-attr]
    lock = HERE / "package-lock.json"
    if (
        not (folder / "installed").exists()
        or (folder / "installed").read_text() != lock.read_text()
    ):
        for file in HERE.iterdir():
            shutil.copy(file, folder)
        command = [npm, "ci", "--no-audit", "--no-fund", "--omit-lockfile-registry-resolved=true"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if done.returncode:
            complain = pytest.fail if os.environ.get("CI") else pytest.skip
            complain(f"npm could not install the webgpu package: {done.stderr[-500:]}")
        shutil.copy(lock, folder / "installed")
    shutil.copy(HERE / "validate.mjs", folder)
    return folder


def validate(folder: Path, modules: list[str]) -> list[list[str]]:
    """Tint's messages for each module."""
    command = ["node", "validate.mjs"]
    done = subprocess.run(
        command, cwd=folder, input=json.dumps(modules), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    results: list[list[str]] = json.loads(done.stdout.strip().splitlines()[-1])
    return results


def test_tint_accepts_every_shader(tint: Path) -> None:
    shaders = dict(_shaders())
    results = validate(tint, [*shaders.values(), *WRONG.values()])
    found = zip([*shaders, *WRONG], results, strict=True)
    complaints = {name: messages for name, messages in found if messages}
    refused = [f"{n}: {m}\n{shaders[n]}" for n, m in complaints.items() if n not in WRONG]
    assert not refused, f"{len(refused)} of {len(shaders)} refused\n" + "\n".join(refused[:5])
    assert complaints.keys() == WRONG.keys()
    assert len(shaders) > 500


def _shaders() -> Iterator[tuple[str, str]]:
    """Different shaders by a name that says where they come from."""
    seen: set[str] = set()
    for name, graph in _graphs():
        for target in TARGETS:
            for shader in compile_graph(graph, target).program.shaders:
                text = re.sub("(?m)^//.*$", "", shader.code)
                if text not in seen:
                    seen.add(text)
                    yield f"{name} {len(seen)}", _for_browsers(shader)


def _for_browsers(shader: Shader) -> str:
    """With the line that browsers want for subgroups, and naga refuses."""
    return ("enable subgroups;\n" if "subgroup" in shader.features else "") + shader.code


def _graphs() -> Iterator[tuple[str, Graph]]:
    for name, text in PROGRAMS.items():
        yield name, parse_graph(text)
    for pair in (MLP, CNN):
        yield f"{pair} step", vjp_graph(pair.graph(), (True,) * len(pair.shapes))
    yield from _elementwise()
    for word in sorted({*RESERVED, *WORDS}):
        yield word, dataclasses.replace(parse_graph(NAMED), input_names=(word,))
    for seed in range(100):
        rng = random.Random(seed)
        yield f"random {seed}", random_graph(Choices(rng.randint))
    for name in NAMES:
        for case in _cases(name):
            yield repr(case), case.graph()


def _elementwise() -> Iterator[tuple[str, Graph]]:
    """Every elementwise operation on scalars and on vectors, so with both instances of helpers."""
    kinds: list[tuple[list[str], int, Any]] = [
        (UNARY, 1, float32), (BINARY, 2, float32), (INTEGER, 2, int32), (INTEGER, 2, uint32)
    ]  # fmt: skip
    for names, arity, dtype in kinds:
        for name in names:
            for shape in ((7,), (64,)):
                yield name, traced(lookup(name), *[Aval(shape, dtype)] * arity)


def _cases(name: str) -> list[Case]:
    found: list[Case] = []

    @settings(max_examples=8)
    @given(cases(name))
    def collect(case: Case) -> None:
        with np.errstate(all="ignore"):
            found.append(case)

    collect()
    return found
