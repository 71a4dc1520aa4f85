"""All structural primitives: they move elements, and do no arithmetic."""

from .shaping import broadcast_in_dim, inverse, iota, reshape, rev, transpose, zeros
from .slicing import concatenate, pad, part, slice_

__all__ = [
    "broadcast_in_dim",
    "concatenate",
    "inverse",
    "iota",
    "pad",
    "part",
    "reshape",
    "rev",
    "slice_",
    "transpose",
    "zeros",
]
