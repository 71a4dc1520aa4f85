"""All primitives. Importing this package registers every one; each file is one family."""

from . import contraction, elementwise, reduction, structural

__all__ = ["contraction", "elementwise", "reduction", "structural"]
