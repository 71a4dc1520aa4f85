"""Neural networks: ``texelate.nn.functional`` has the functions."""

from . import functional as functional
