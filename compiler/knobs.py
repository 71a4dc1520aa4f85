"""All settings in one file: each has a type, a default, an environment variable, a sentence.

A knob is read from its environment variable once, when first needed, and checked; a bad value
raises KnobError. Code overrides it by assignment, or for a while with ``scope``:

>>> from texelate.compiler.knobs import knobs
>>> with knobs.scope(eager_limit=16):
...     knobs.eager_limit
16
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar, overload

from .errors import KnobError

T = TypeVar("T")


class Knob(Generic[T]):
    """One setting, a data descriptor. ``compiles``: programs depend on it, so caches must too."""

    def __init__(
        self,
        variable: str,
        default: T,
        read: Callable[[str], T],
        check: Callable[[Any], bool],
        allowed: str,
        doc: str,
        compiles: bool = False,
    ) -> None:
        self.variable, self.default, self.doc = variable, default, doc
        self.read, self.check, self.allowed, self.compiles = read, check, allowed, compiles

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, obj: None, owner: type) -> Knob[T]: ...
    @overload
    def __get__(self, obj: Knobs, owner: type) -> T: ...
    def __get__(self, obj: Knobs | None, owner: type) -> T | Knob[T]:
        if obj is None:
            return self
        try:
            value: T = obj.values[self.name]
        except KeyError:
            value = obj.values[self.name] = self.from_environment()
        return value

    def __set__(self, obj: Knobs, value: T) -> None:
        if not self.check(value):
            raise self.refused(value)
        obj.values[self.name] = value
        obj.forget_fingerprint()

    def from_environment(self) -> T:
        text = os.environ.get(self.variable)
        if text is None or text == "":
            return self.default
        try:
            value = self.read(text)
        except ValueError:
            raise self.refused(text) from None
        if not self.check(value):
            raise self.refused(text)
        return value

    def refused(self, value: object) -> KnobError:
        return KnobError(
            f"{self.variable} (knobs.{self.name}) cannot be {value!r}",
            fix=f"allowed: {self.allowed}; the default is {self.default!r}",
        )


def env_bool(variable: str, default: bool, doc: str, *, compiles: bool = False) -> Knob[bool]:
    """A switch: 1/0, true/false, yes/no, on/off."""
    words = dict.fromkeys(("1", "true", "yes", "on"), True)
    words |= dict.fromkeys(("0", "false", "no", "off"), False)

    def read(text: str) -> bool:
        if text.lower() not in words:
            raise ValueError(text)
        return words[text.lower()]

    def check(value: Any) -> bool:
        return isinstance(value, bool)

    return Knob(variable, default, read, check, "1 or 0", doc, compiles)


def env_int(
    variable: str, default: int, low: int, high: int, doc: str, *, compiles: bool = False
) -> Knob[int]:
    """A whole number from ``low`` to ``high``."""

    def check(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high

    allowed = f"a whole number from {low} to {high}"
    return Knob(variable, default, int, check, allowed, doc, compiles)


def env_str(variable: str, doc: str, *, compiles: bool = False) -> Knob[str | None]:
    """Free text, or None when it is not set."""

    def check(value: Any) -> bool:
        return value is None or isinstance(value, str)

    return Knob(variable, None, str, check, "any text", doc, compiles)


def env_choice(
    variable: str,
    default: str | None,
    choices: tuple[str, ...],
    doc: str,
    *,
    compiles: bool = False,
) -> Knob[str | None]:
    """One of a few words."""

    def check(value: Any) -> bool:
        return value == default or value in choices

    return Knob(variable, default, str, check, " or ".join(choices), doc, compiles)


class Knobs:
    """The settings; see each knob's ``doc``, or ``table()``."""

    debug = env_int(
        "TEXELATE_DEBUG",
        0,
        0,
        5,
        "what is printed on stderr: 1 compiles and cache misses with reasons, 2 the kernels of "
        "each program, 3 the graph after the passes, 4 the shaders, 5 every stage",
    )
    backend = env_choice(
        "TEXELATE_BACKEND",
        None,
        ("webgpu", "numpy"),
        "what computes; unset: webgpu where there is an adapter, else numpy",
    )
    adapter = env_str(
        "TEXELATE_ADAPTER", "which adapter: its index or a part of its name (`texelate devices`)"
    )
    dump_dir = env_str(
        "TEXELATE_DUMP_DIR", "a folder that each shader is written to", compiles=True
    )
    override_dir = env_str(
        "TEXELATE_OVERRIDE_DIR",
        "a folder of edited shaders that replace the generated ones of the same file name",
        compiles=True,
    )
    verify = env_bool(
        "TEXELATE_VERIFY", False, "check the graph after every pass (slow)", compiles=True
    )
    linalg = env_choice(
        "TEXELATE_LINALG",
        None,
        ("device", "host"),
        "where linear algebra runs that both can do; unset: where it is sooner done. Inside of "
        "loops and branches always the device",
        compiles=True,
    )
    unroll = env_int(
        "TEXELATE_UNROLL",
        4,
        1,
        1024,
        "up to how many steps a loop becomes straight code; 1: loops stay loops",
        compiles=True,
    )
    memory_budget = env_int(
        "TEXELATE_MEMORY_BUDGET",
        0,
        0,
        1 << 50,
        "bytes that a program's buffers should stay within: beyond, values are computed again "
        "rather than kept; 0: all are kept",
        compiles=True,
    )
    cache = env_bool(
        "TEXELATE_CACHE", True, "whether compiled programs are kept on disk for other processes"
    )
    cache_dir = env_str(
        "TEXELATE_CACHE_DIR", "where; unset: `texelate/programs` in the platform's cache folder"
    )
    cache_bytes = env_int(
        "TEXELATE_CACHE_BYTES",
        256 << 20,
        0,
        1 << 40,
        "how many bytes; beyond, the least recently used programs are removed",
    )
    tune = env_bool(
        "TEXELATE_TUNE",
        False,
        "measure the schedules of every kernel that is compiled, and remember the fastest (slow)",
        compiles=True,
    )
    schedules = env_str(
        "TEXELATE_SCHEDULES",
        "the file of measured schedules; unset: `schedules.json` beside the program cache",
    )
    eager_limit = env_int(
        "TEXELATE_EAGER_LIMIT", 1000, 1, 10**6, "how many eager operations may wait for each other"
    )
    pool_bytes = env_int(
        "TEXELATE_POOL_BYTES",
        1 << 30,
        0,
        1 << 40,
        "how many bytes of free device memory are kept for reuse",
    )
    traceback = env_choice(
        "TEXELATE_TRACEBACK",
        "filtered",
        ("filtered", "full"),
        "whether Texelate's own frames are left out of tracebacks",
    )

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self._fingerprint: tuple[Any, ...] | None = None

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in ("values", "_fingerprint") and name not in _BY_NAME:
            raise KnobError(f"there is no knob {name!r}", fix="one of " + ", ".join(_BY_NAME))
        object.__setattr__(self, name, value)

    def forget_fingerprint(self) -> None:
        self._fingerprint = None

    def fingerprint(self) -> tuple[Any, ...]:
        """The values that compiled programs depend on: a part of every cache key."""
        if self._fingerprint is None:
            self._fingerprint = tuple(
                getattr(self, name) for name, knob in _BY_NAME.items() if knob.compiles
            )
        return self._fingerprint

    def refresh(self) -> None:
        """Forgets overrides and reads the environment again."""
        self.values.clear()
        self.forget_fingerprint()

    @contextmanager
    def scope(self, **overrides: Any) -> Iterator[Knobs]:
        """Other values inside a ``with`` block. KnobError for a value that is not allowed."""
        before = dict(self.values)
        try:
            for name, value in overrides.items():
                setattr(self, name, value)
            yield self
        finally:
            self.values = before
            self.forget_fingerprint()


_BY_NAME: dict[str, Knob[Any]] = {k: v for k, v in vars(Knobs).items() if isinstance(v, Knob)}
knobs = Knobs()


def table() -> str:
    """The knobs as a Markdown table, for the documentation."""
    rows = ["| variable | knob | default | allowed | meaning |", "|---|---|---|---|---|"]
    for name, knob in _BY_NAME.items():
        rows.append(
            f"| `{knob.variable}` | `{name}` | `{knob.default}` | {knob.allowed} | {knob.doc} |"
        )
    return "\n".join(rows)
