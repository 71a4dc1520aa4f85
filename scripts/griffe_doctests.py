"""Shows the doctests of docstrings as code: Markdown alone would take ``>>>`` for a quotation."""

from __future__ import annotations

import itertools
from typing import Any

import griffe


def fenced(text: str) -> str:
    """Puts each block of lines that starts with ``>>>`` and ends at an empty line into a fence.

    >>> print(fenced("Adds.\\n\\n>>> 1 + 1\\n2"))
    Adds.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    blocks = itertools.groupby(text.split("\n"), key=lambda line: bool(line.strip()))
    out: list[str] = []
    for filled, lines in blocks:
        block = list(lines)
        code = filled and block[0].lstrip().startswith(">>>")
        out += ["```pycon", *block, "```"] if code else block
    return "\n".join(out)


class Doctests(griffe.Extension):
    """Rewrites every docstring as it is read."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
