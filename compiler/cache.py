"""Programs on disk: a second process skips the way from graph to shaders.

The key of a program is everything that it depends on: the graph's text, the target, what is
donated, the knobs that compile, and the compiler's own sources. A file holds the Program's JSON,
compressed; no code is loaded from it. Files are written aside and renamed, so processes may share
the folder; one that cannot be read is removed. Beyond ``knobs.cache_bytes`` the least recently used
go.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import os
import sys
import tempfile
import warnings
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ProgramError
from .ir.dtypes import DType
from .ir.graph import Graph
from .knobs import knobs
from .program import Program
from .target import Target

SUFFIX = ".program"
KEPT = 0.75
"""The part of ``knobs.cache_bytes`` that tidying leaves, so that it is seldom needed."""
LOOK = 1 / 16
"""The part of ``knobs.cache_bytes`` that a process writes before it measures the folder again."""


def cached(
    graph: Graph, target: Target, donated: Sequence[int], compile_it: Callable[[], Program]
) -> Program:
    """The Program of ``graph``: from disk, else compiled, and stored for the next process.

    Whoever wants to watch the compiler, or to tune, gets it compiled.
    """
    if not knobs.cache or knobs.debug or knobs.tune or not _is_plain(graph):
        return compile_it()
    path = folder() / (key_of(graph, target, donated) + SUFFIX)
    program = _read(path)
    if program is None:
        program = compile_it()
        _write(path, program)
    return program


def _is_plain(value: Any) -> bool:
    """Whether the text of a graph, or of a parameter, tells all: no object that only has a name."""
    if isinstance(value, Graph):
        return all(_is_plain(p) for eqn in value.eqns for p in eqn.params.values())
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (bool, int, float, complex, str, DType))


def key_of(graph: Graph, target: Target, donated: Sequence[int]) -> str:
    """A hash of all that the compiled program depends on."""
    setting = json.dumps([target.to_json(), sorted(donated), knobs.fingerprint()], sort_keys=True)
    parts = (_sources(), setting, graph.name, str(graph))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


@functools.cache
def _sources() -> str:
    """A hash of the compiler itself: another version is another key."""
    root = Path(__file__).parent
    found = hashlib.sha256()
    for path in sorted(p for kind in ("py", "j2", "lark", "wgsl") for p in root.rglob(f"*.{kind}")):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def folder() -> Path:
    """``knobs.cache_dir``, or the platform's place for caches."""
    if knobs.cache_dir:
        return Path(knobs.cache_dir)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif os.name == "nt":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "texelate" / "programs"


def _read(path: Path) -> Program | None:
    try:
        data = path.read_bytes()
    except OSError:
        return None  # not there, or removed by another process meanwhile
    try:
        program = Program.from_json(zlib.decompress(data).decode())
    except (zlib.error, UnicodeDecodeError, ProgramError) as e:
        warnings.warn(f"the cached program {path} was removed: {e}", RuntimeWarning, stacklevel=2)
        with contextlib.suppress(OSError):
            path.unlink()
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used just now
    return program


def _write(path: Path, program: Program) -> None:
    data = zlib.compress(program.to_json().encode(), 1)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as aside:
            aside.write(data)
        os.replace(aside.name, path)
    except FileNotFoundError:
        return  # another process cleared the folder meanwhile: nothing is lost but the copy
    except OSError as e:
        _cannot_write(path.parent, str(e))
        return
    _keep_bound(path.parent, len(data))


_unseen: dict[Path, int] = {}
"""The bytes that this process wrote to a folder since it last measured it."""


def _keep_bound(where: Path, written: int) -> None:
    """Tidies a folder beyond its bound; seldom looks, since that reads the state of each file."""
    bound = knobs.cache_bytes
    _unseen[where] = _unseen.get(where, bound) + written
    if _unseen[where] >= bound * LOOK:
        _unseen[where] = 0
        if measure().nbytes > bound:
            _tidy(int(bound * KEPT))


@functools.cache
def _cannot_write(where: Path, why: str) -> None:
    warnings.warn(
        f"programs cannot be cached in {where} ({why}); "
        "set TEXELATE_CACHE_DIR to another folder, or TEXELATE_CACHE=0",
        RuntimeWarning,
        stacklevel=2,
    )


# --- the folder ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Usage:
    """What is on disk now."""

    path: Path
    programs: int
    nbytes: int


def _files() -> list[tuple[float, int, Path]]:
    """Each file's last use, size and place, oldest first; also what a crash left unfinished."""
    found = []
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder()):
            with contextlib.suppress(OSError):
                state = entry.stat()
                found.append((state.st_mtime, state.st_size, Path(entry.path)))
    return sorted(found)


def measure() -> Usage:
    """How much is cached, and where."""
    files = _files()
    return Usage(folder(), sum(p.suffix == SUFFIX for *_, p in files), sum(n for _, n, _ in files))


def _tidy(keep: int) -> None:
    """Removes the least recently used files until at most ``keep`` bytes are left."""
    files = _files()
    left = sum(n for _, n, _ in files)
    for _, nbytes, path in files:
        if left <= keep:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        left -= nbytes


def clear() -> Usage:
    """Removes all cached programs; returns what there was."""
    before = measure()
    _tidy(-1)
    return before
