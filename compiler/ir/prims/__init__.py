"""All primitives. Importing this package registers every one; each file is one family."""

from . import (
    contraction,
    control,
    elementwise,
    indexing,
    random,
    reduction,
    scans,
    scattering,
    sorting,
    structural,
    window,
)

__all__ = [
    "contraction",
    "control",
    "elementwise",
    "indexing",
    "random",
    "reduction",
    "scans",
    "scattering",
    "sorting",
    "structural",
    "window",
]
