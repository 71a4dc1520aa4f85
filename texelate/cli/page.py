"""Self-contained HTML pages: the jinja environment, and highlighting of shaders and graphs."""

from __future__ import annotations

import functools
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._version import __version__
from .units import duration, si

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup


@functools.cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    here = Path(__file__).parent
    environment = Environment(
        loader=FileSystemLoader([here, here.parent / "demo", here.parent / "bench"]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(si=si, duration=duration, wgsl=wgsl, graph=graph)
    return environment


def render(template: str, **context: Any) -> str:
    """The page made by a template of ``texelate/cli``, ``texelate/demo`` or ``texelate/bench``."""
    made = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z")
    return _environment().get_template(template).render(version=__version__, made=made, **context)


def write(path: Path, template: str, **context: Any) -> None:
    """Renders into a file, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(template, **context), encoding="utf-8")


def wgsl(text: str) -> Markup:
    """WGSL as HTML with a class for each kind of token."""
    from pygments.lexers.wgsl import WgslLexer

    return _highlight(text, WgslLexer())


def graph(text: str) -> Markup:
    """The Graph IR's text form as HTML with a class for each kind of token."""
    return _highlight(text, graph_lexer())


@functools.cache
def graph_lexer() -> Any:
    """The Pygments lexer of the Graph IR's text form."""
    from pygments.lexer import RegexLexer
    from pygments.token import Comment, Keyword, Name, Number, Punctuation, String

    class GraphLexer(RegexLexer):
        name = "Graph IR"
        tokens = {  # noqa: RUF012  (Pygments reads it as a plain class attribute)
            "root": [
                (r"#.*", Comment.Single),
                (r'"(?:[^"\\]|\\.)*"', String),
                (r"\b(graph|return)\b", Keyword),
                (r"\b(f32|f16|[iu](8|16|32)|bool|c64)\b(\[[\d, ]*\])?~?", Keyword.Type),
                (r"\b(true|false|none|inf|nan)\b", Keyword.Constant),
                (r"[a-z_]\w*(?=\()", Name.Function),
                (r"\w+(?==)", Name.Attribute),
                (r"[A-Za-z_][\w.]*", Name.Variable),
                (r"-?\d[\w.+-]*", Number),
                (r"\s+|.", Punctuation),
            ]
        }

    return GraphLexer()


def _highlight(text: str, lexer: Any) -> Markup:
    from markupsafe import Markup
    from pygments import highlight
    from pygments.formatters import HtmlFormatter

    return Markup(highlight(text, lexer, HtmlFormatter(nowrap=True)))
