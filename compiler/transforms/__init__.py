"""Graph → graph with another meaning: jvp, linearize, transpose, vmap."""

from . import control, scan  # the rules of control flow, which are transforms themselves

__all__ = ["control", "scan"]
