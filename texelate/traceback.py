"""Entry points: errors that leave them show the user's frames alone (TEXELATE_TRACEBACK=full)."""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import TracebackType
from typing import ParamSpec, TypeVar

from .compiler import source
from .compiler.knobs import knobs

P = ParamSpec("P")
R = TypeVar("R")


def public(function: Callable[P, R]) -> Callable[P, R]:
    """Marks an entry point: errors that leave it carry no frames from inside Texelate."""

    @functools.wraps(function)
    def entry(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            out = function(*args, **kwargs)
        except Exception as e:
            if knobs.traceback == "full":
                raise
            raise e.with_traceback(users(e.__traceback__))  # noqa: B904  (the same error)
        return _renewed(out) if args and out is args[0] else out

    return entry


def _renewed(x: R) -> R:
    """The same array as another object: ``x[i] = …`` on a result leaves the argument alone."""
    copy = getattr(x, "__copy__", None)
    return x if copy is None else copy()


def users(tb: TracebackType | None) -> TracebackType | None:
    """The traceback without Texelate's own frames."""
    if tb is None:
        return None
    rest = users(tb.tb_next)
    if source.is_ours(tb.tb_frame.f_code):
        return rest
    return TracebackType(rest, tb.tb_frame, tb.tb_lasti, tb.tb_lineno)
