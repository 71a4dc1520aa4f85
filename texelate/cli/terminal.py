"""The console, and code on it: coloured on a terminal, plain and unbroken in a pipe or a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WIDTH_ELSEWHERE = 140


def make_console() -> Console:
    """A rich console; tables are not squeezed into 80 columns where nobody set a width."""
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = max(console.width, WIDTH_ELSEWHERE)
    return console


def print_code(console: Console, text: str, language: str) -> None:
    """Prints ``text``, highlighted as ``language`` ("wgsl", "graph") on a terminal."""
    from rich.syntax import Syntax

    if console.is_terminal:
        from .page import graph_lexer

        lexer = graph_lexer() if language == "graph" else language
        console.print(Syntax(text, lexer, background_color="default", word_wrap=True))
    else:
        console.out(text, highlight=False)
