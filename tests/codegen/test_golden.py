"""Golden WGSL: the shaders of a few small programs; ``--update-golden`` rewrites them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.passes.test_fuse import LAYER_NORM, SOFTMAX
from texelate.compiler.driver import compile_graph
from texelate.compiler.ir.text import parse_graph
from texelate.compiler.target import Target

HERE = Path(__file__).parent / "golden"
DENSE = """graph dense(x: f32[64,32], w: f32[32,48], b: f32[48]) {
  y: f32[64,48] = dot_general(x, w) {batch=((),()), contract=((1),(0))}
  bb: f32[64,48] = broadcast_in_dim(b) {dims=(1), shape=(64,48)}
  z: f32[64,48] = add(y, bb)
  h: f32[64,48] = max(z, 0.0:f32)
  return h
}"""
CONV = """graph conv(x: f32[1,4,8,8,4], w: f32[1,3,3,4,8]) {
  y: f32[1,4,8,8,8] = conv_general(x, w) {
    lhs_dilation=(1,1), padding=((1,1),(1,1)), rhs_dilation=(1,1), strides=(1,1)}
  return y
}"""
ODD = """graph odd(a: f32[5,7], i: i32[3]) {
  g: f32[5,3] = gather(a, i) {axis=1}
  p: f32[6,5] = pad(g, 0.5:f32) {high=(1,1), interior=(0,0), low=(0,1)}
  t: f32[5,6] = transpose(p) {perm=(1,0)}
  s: f32[5,6] = sin(t)
  m: bool[5,6] = gt(s, 0.0:f32)
  return s, m
}"""
PRODUCT = """graph product(a: f32[200,256], b: f32[256,128]) {
  c: f32[200,128] = dot_general(a, b) {batch=((),()), contract=((1),(0))}
  return c
}"""
PROGRAMS = {
    "softmax": SOFTMAX,
    "layer_norm": LAYER_NORM,
    "dense": DENSE,
    "conv": CONV,
    "odd": ODD,
    "product": PRODUCT,
}


TARGETS = {
    "software": Target.software(),
    "subgroup": Target.of(software=True, limits={}, features=["subgroup"], subgroup=8),
    "gpu": Target.gpu(),
}
WITH_SUBGROUPS = ("product",)


@pytest.mark.parametrize(
    ("name", "target"),
    [(n, t) for n in PROGRAMS for t in TARGETS if t != "subgroup" or n in WITH_SUBGROUPS],
)
def test_shader_is_as_written_down(name: str, target: str, request: pytest.FixtureRequest) -> None:
    compiled = compile_graph(parse_graph(PROGRAMS[name]), TARGETS[target])
    path = HERE / f"{name}.{target}.wgsl"
    if request.config.getoption("--update-golden"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(compiled.wgsl)
    assert path.exists(), "run pytest with --update-golden and review the new file"
    assert compiled.wgsl == path.read_text()


@pytest.mark.parametrize("name", PROGRAMS)
def test_shaders_are_portable(name: str) -> None:
    """No literal infinity or NaN, names free of double underscores, at most 256 invocations."""
    for target in (Target.software(), Target.gpu()):
        wgsl = compile_graph(parse_graph(PROGRAMS[name]), target).wgsl
        assert not re.search(r"[^\w.](inf|nan)[f\s;,)]", wgsl)
        assert "__" not in wgsl
        assert all(int(n) <= 256 for n in re.findall(r"workgroup_size\((\d+)\)", wgsl))


def test_compiling_twice_gives_the_same_text() -> None:
    texts = {compile_graph(parse_graph(SOFTMAX), Target.gpu()).wgsl for _ in range(3)}
    assert len(texts) == 1
