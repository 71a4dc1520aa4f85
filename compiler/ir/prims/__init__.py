"""All primitives. Importing this package registers every one; each file is one family."""

from . import (
    contraction,
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
