"""Graph → graph with another meaning: jvp, linearize, transpose, vmap."""

from . import calls, control, scan  # rules of primitives that are transforms themselves

__all__ = ["calls", "control", "scan"]
