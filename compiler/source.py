"""The user's own line: the innermost stack frame that is not Texelate's."""

from __future__ import annotations

import linecache
import os
import sys
from types import CodeType, FrameType
from typing import NamedTuple

_ROOTS = tuple(
    {
        os.path.join(root, "")
        for path in (
            os.path.dirname(os.path.abspath(__file__)),
            os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "runtime"),
            os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "texelate"),
        )
        for root in (os.path.normpath(path), os.path.realpath(path))
    }
)
if os.path.basename(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))) == "texelate":
    # Installed (or seen through the link): everything under the import package is ours.
    _ROOTS += (os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), ""),)

_OURS: dict[str, bool] = {}  # by file


class Source(NamedTuple):
    """A place in the user's code."""

    file: str
    line: int
    function: str

    def __str__(self) -> str:
        text = linecache.getline(self.file, self.line).strip()
        return f"{self.file}:{self.line} in {self.function}" + (f": {text}" if text else "")


def is_ours(code: CodeType) -> bool:
    """Whether ``code`` belongs to Texelate itself."""
    name = code.co_filename
    if name not in _OURS:
        _OURS[name] = name.startswith((*_ROOTS, "<frozen"))
    return _OURS[name]


def current() -> Source | None:
    """The innermost frame outside Texelate, or None when there is none."""
    frame: FrameType | None = sys._getframe(1)
    ours = _OURS.get  # is_ours without a call for each frame: every eager operation comes here
    while frame is not None and (ours(frame.f_code.co_filename) or is_ours(frame.f_code)):
        frame = frame.f_back
    if frame is None:
        return None
    return Source(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
