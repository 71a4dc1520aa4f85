"""All primitives. Importing this package registers every one; each file is one family."""

from . import (
    calls,
    complexes,
    contraction,
    control,
    decompositions,
    dynamic,
    elementwise,
    indexing,
    random,
    reduction,
    scans,
    scattering,
    singular,
    sorting,
    structural,
    window,
)

__all__ = [
    "calls",
    "complexes",
    "contraction",
    "control",
    "decompositions",
    "dynamic",
    "elementwise",
    "indexing",
    "random",
    "reduction",
    "scans",
    "scattering",
    "singular",
    "sorting",
    "structural",
    "window",
]
