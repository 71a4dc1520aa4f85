"""Readable names for buffers and kernels in shaders: the user's words where there are any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ..ir.graph import Graph, Var

# https://www.w3.org/TR/WGSL: keywords and reserved words; then what shaders use of the predeclared
# names, which a buffer would shadow; then what the printer and the schedules name themselves.
RESERVED = frozenset(
    """
    alias break case const const_assert continue continuing default diagnostic discard else enable
    false fn for if let loop override requires return struct switch true var while

    NULL Self abstract active alignas alignof as asm asm_fragment async attribute auto await become
    cast catch class co_await co_return co_yield coherent column_major common compile
    compile_fragment concept const_cast consteval constexpr constinit crate debugger decltype delete
    demote demote_to_helper do dynamic_cast enum explicit export extends extern external fallthrough
    filter final finally friend from fxgroup get goto groupshared highp impl implements import
    inline instanceof interface layout lowp macro macro_rules match mediump meta mod module move mut
    mutable namespace new nil noexcept noinline nointerpolation non_coherent noncoherent
    noperspective null nullptr of operator package packoffset partition pass patch pixelfragment
    precise precision premerge priv protected pub public readonly ref regardless register
    reinterpret_cast require resource restrict self set shared sizeof smooth snorm static
    static_assert static_cast std subroutine super target template this thread_local throw trait try
    type typedef typeid typename typeof union unless unorm unsafe unsized use using varying virtual
    volatile wgsl where with writeonly yield

    abs acos array asin atan bitcast bool ceil clamp cos cosh countLeadingZeros countOneBits exp f16
    f32 floor fma fract function i32 inverseSqrt log mat2x2 max min out pow private ptr read
    read_write round sampler select sign sin sinh sqrt step storage tan tanh texture trunc u32
    uniform vec2 vec3 vec4 workgroup workgroupBarrier write

    group in inf_bits input item k_tile kk lhs_tile line local main output peer rhs_tile thread
    """.split()
)
_GENERATED = re.compile(
    r"[a-z]\d*|(ix|item)\d+|acc\d+_\d+|(sum|prod|max|min|argmax|argmin|some|every)\d+_\d+\w*"
    r"|(tx|new|shared)_\w*"
)


def identifier(text: str) -> str:
    """``text`` as a WGSL identifier that nothing generated can clash with."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "x"
    name = f"v_{name}" if name[0].isdigit() or name.startswith("__") else name
    return f"{name}_" if name in RESERVED or _GENERATED.fullmatch(name) else name


def buffer_names(graph: Graph, stored: Iterable[Var]) -> dict[Var, str]:
    """A unique name for each input and each stored value."""
    taken: Counter[str] = Counter()
    names: dict[Var, str] = {}

    def give(var: Var, wanted: str) -> None:
        base = identifier(wanted)
        taken[base] += 1
        name = base if taken[base] == 1 else f"{base}_{taken[base]}"
        while name in taken and taken[base] > 1:
            taken[base] += 1
            name = f"{base}_{taken[base]}"
        taken[name] += name != base
        names[var] = name

    given = graph.input_names or tuple(f"in{i}" for i in range(len(graph.inputs)))
    for var, name in zip(graph.inputs, given, strict=False):
        give(var, name)
    producers = graph.producers()
    for var in stored:
        give(var, f"{producers[var].prim.name}_out")
    return names
