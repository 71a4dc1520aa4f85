"""All primitives. Importing this package registers every one; each file is one family."""

from . import elementwise

__all__ = ["elementwise"]
