"""The contractions: implicit matrix products, with contractions for gradients."""

from .conv import conv_general
from .dot import dot_general

__all__ = ["conv_general", "dot_general"]
