"""Finds what ``MODULE:FUNCTION`` and ``--args`` name."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np

from ..compiler.errors import ArgumentError
from ..compiler.ir.dtypes import BY_SHORT

_AVAL = re.compile(r"\s*(\w+)\[([\d,\s]*)\]\s*(?:,|$)")


def find(target: str) -> Callable[..., Any]:
    """The function that ``module:function`` or ``file.py:function`` names.

    Raises:
        ArgumentError: where there is no such module or function.
    """
    place, colon, name = target.rpartition(":")
    if not colon or not place or not name:
        raise ArgumentError(f"{target!r} is not MODULE:FUNCTION", fix="e.g. texelate.demo:mlp_step")
    module = _import_file(Path(place)) if place.endswith(".py") else _import_module(place)
    try:
        found: Any = reduce(getattr, name.split("."), module)
    except AttributeError as error:
        raise ArgumentError(f"{place} has no {name!r}", why=str(error)) from error
    if not callable(found):
        raise ArgumentError(f"{target} is a {type(found).__name__}, not a function")
    function: Callable[..., Any] = found
    return function


def _import_module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise ArgumentError(f"cannot import {name!r}", why=str(error)) from error


def _import_file(path: Path) -> Any:
    if not path.is_file():
        raise ArgumentError(f"there is no file {path}")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def arguments(function: Callable[..., Any], avals: str | None) -> tuple[Any, ...]:
    """Arguments to compile ``function`` for: made from ``avals``, or its own ``example_args()``.

    Raises:
        ArgumentError: where neither is given, or ``avals`` cannot be read.
    """
    if avals is not None:
        return parse_avals(avals)
    examples = getattr(function, "example_args", None)
    if examples is None:
        name = getattr(function, "__name__", "the function")
        raise ArgumentError(
            f"{name} needs arguments to be compiled for",
            fix='--args "f32[128,64],i32[]", or set its attribute `example_args` to a callable',
        )
    made = examples() if callable(examples) else examples
    return tuple(made)


def parse_avals(text: str) -> tuple[np.ndarray[Any, Any], ...]:
    """Zero arrays of the given avals.

    >>> [a.shape for a in parse_avals("f32[128,64], i32[]")]
    [(128, 64), ()]

    Raises:
        ArgumentError: where the text is not a list of avals, or names an unknown dtype.
    """
    made, at = [], 0
    while at < len(text):
        match = _AVAL.match(text, at)
        if match is None:
            raise ArgumentError(
                f"cannot read {text[at:]!r} as avals", fix='e.g. "f32[128,64],i32[]"'
            )
        dtype, extents = match.groups()
        if dtype not in BY_SHORT:
            raise ArgumentError(f"unknown dtype {dtype!r}", fix=f"one of {', '.join(BY_SHORT)}")
        shape = tuple(int(n) for n in extents.split(",") if n.strip())
        made.append(np.zeros(shape, BY_SHORT[dtype].numpy))
        at = match.end()
    return tuple(made)
