"""Readable names for buffers and kernels in shaders: the user's words where there are any."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from ..ir.graph import Graph, Var

_RESERVED = frozenset(
    """
    item group thread local workgroup main inf_bits some every lhs_tile rhs_tile kk k_tile alias
    break case const const_assert continue continuing default diagnostic discard else enable false
    fn for if let loop override requires return struct switch true var while abs acos array asin
    atan bool cos cosh exp f16 f32 floor fma i32 log mat2x2 max min mod pow ptr round sampler
    select sign sin sqrt step tan tanh texture trunc u32 vec2 vec3 vec4 abstract active as asm
    attribute auto await class common compile concept export extends extern filter final finally
    from get goto handle impl import in inline input interface is layout line macro match meta mod
    module move mut mutable namespace new nil null of out output package partition pass precise
    precision premerge priv protected pub public ref register resource restrict self set shared
    static std super target template this throw trait try type typedef union unless unsafe use
    using virtual where with yield
    """.split()
)
_GENERATED = re.compile(
    r"[a-z]\d*|ix\d+|acc\d+_\d+|(sum|prod|max|min|argmax|argmin)\d+_\d+\w*|tx_\w*|new_\w*"
)


def identifier(text: str) -> str:
    """``text`` as a WGSL identifier that nothing generated can clash with."""
    name = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") or "x"
    name = f"v_{name}" if name[0].isdigit() or name.startswith("__") else name
    return f"{name}_" if name in _RESERVED or _GENERATED.fullmatch(name) else name


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
