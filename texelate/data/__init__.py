"""Data that comes with Texelate: real, small, with its source and licence beside it."""

from .handwritten import Split, digits, split

__all__ = ["digits", "split", "Split"]
