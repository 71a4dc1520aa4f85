"""Shaders become pipelines once, buffers become bind groups once, for all programs of a device."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..compiler.errors import CompileError
from ..compiler.knobs import knobs
from ..compiler.program import Shader
from .faults import as_error, compile_error
from .native import Driver, NativeError
from .pool import Allocation

BIND_GROUP_CAP = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Pipeline:
    """A compiled shader; ``raw`` keeps ``handle`` alive."""

    name: str
    access: str
    raw: Any
    handle: Any


class Pipelines:
    """Compiled shaders by (text, entry, access). ``created`` counts real compilations."""

    def __init__(
        self, driver: Driver, adapter: str, features: frozenset[str], subgroup: int
    ) -> None:
        self._driver, self._adapter = driver, adapter
        self._features, self._subgroup = features, subgroup
        self._known: dict[tuple[str, str, str], Pipeline] = {}
        self._layouts: dict[str, Any] = {}
        self.created = 0
        self._lock = threading.Lock()

    def layout(self, access: str) -> Any:
        if access not in self._layouts:
            try:
                self._layouts[access] = self._driver.bind_group_layout(access)
            except NativeError as e:
                raise as_error(e.fault, f"a layout '{access}'", self._adapter) from None
        return self._layouts[access]

    def get(self, shader: Shader) -> Pipeline:
        """The shader's pipeline. Raises CompileError with the driver's message and its lines."""
        return self.get_all([shader])[0]

    def get_all(self, shaders: Sequence[Shader]) -> list[Pipeline]:
        """Their pipelines; those that are new are compiled in several threads. See ``get``."""
        keys = []
        missing: dict[tuple[str, str, str], Shader] = {}
        for shader in shaders:
            self._check(shader)
            if knobs.dump_dir:
                dump(shader)
            code = override(shader) if knobs.override_dir else shader.code
            keys.append((code, shader.entry, shader.access))
            self.layout(shader.access)
            if keys[-1] not in self._known:
                missing[keys[-1]] = shader
        for key, made in zip(missing, self._compile_all(missing)):
            self._known[key] = made
        return [self._known[key] for key in keys]

    def _compile_all(self, missing: Mapping[tuple[str, str, str], Shader]) -> list[Pipeline]:
        rows = [(shader, code) for (code, _, _), shader in missing.items()]
        if len(rows) < 2:
            return [self._compile(*row) for row in rows]
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(min(len(rows), os.cpu_count() or 1)) as threads:
            return list(threads.map(lambda row: self._compile(*row), rows))

    def _check(self, shader: Shader) -> None:
        missing = set(shader.features) - self._features
        if missing:
            raise CompileError(
                f"shader '{shader.name}' needs {', '.join(sorted(missing))}",
                why=f"{self._adapter} does not have it",
                fix="compile the program for this device's features",
            )
        peers = shader.workgroup[0]
        if "subgroup" in shader.features and peers != self._subgroup:
            raise CompileError(
                f"shader '{shader.name}' needs subgroups of {peers} invocations",
                why=f"{self._adapter} has {self._subgroup or 'an unknown number'}",
                fix="compile the program for this device",
            )

    def _compile(self, shader: Shader, code: str) -> Pipeline:
        try:
            layout = self.layout(shader.access)
            raw = self._driver.pipeline(shader.name, code, shader.entry, layout)
        except NativeError as e:
            if e.fault.lost or e.fault.kind == "OutOfMemory":
                raise as_error(e.fault, f"compiling '{shader.name}'", self._adapter) from None
            raise compile_error(e.fault, shader.name, code, self._adapter) from None
        with self._lock:
            self.created += 1
        return Pipeline(shader.name, shader.access, raw, raw._internal)


class BindGroups:
    """Bind groups by (access, buffers, sizes), the least recently made dropped beyond a cap."""

    def __init__(self, driver: Driver, pipelines: Pipelines, adapter: str) -> None:
        self._driver, self._pipelines, self._adapter = driver, pipelines, adapter
        self._known: OrderedDict[tuple[Any, ...], Any] = OrderedDict()
        self.created = 0

    def __len__(self) -> int:
        return len(self._known)

    def get(self, title: str, access: str, bound: Sequence[tuple[Allocation, int, int]]) -> Any:
        """wgpu's bind group of (buffer, offset, bytes) a binding; ``title`` is for messages."""
        key = access, *((allocation.number, at, nbytes) for allocation, at, nbytes in bound)
        group = self._known.get(key)
        if group is None:
            parts = [(allocation.raw, at, nbytes) for allocation, at, nbytes in bound]
            try:
                group = self._driver.bind_group(title, self._pipelines.layout(access), parts)
            except NativeError as e:
                raise as_error(e.fault, f"binding '{title}'", self._adapter) from None
            self._known[key] = group
            self.created += 1
            while len(self._known) > BIND_GROUP_CAP:
                self._known.popitem(last=False)
        return group

    def forget(self, numbers: set[int]) -> None:
        """Drops the bind groups of destroyed buffers."""
        for key in [k for k in self._known if any(number in numbers for number, *_ in k[1:])]:
            del self._known[key]


def file_name(shader: Shader) -> str:
    """Where ``knobs.dump_dir`` and ``knobs.override_dir`` keep a shader's text.

    >>> file_name(Shader("add relu", "fn main() {}", (64, 1, 1), "rw"))
    'add_relu-ef32637c.wgsl'
    """
    name = re.sub(r"[^A-Za-z0-9_.]+", "_", shader.name)[:80]
    return f"{name}-{hashlib.sha256(shader.code.encode()).hexdigest()[:8]}.wgsl"


def dump(shader: Shader) -> None:
    """Writes the generated text into ``knobs.dump_dir``."""
    path = Path(knobs.dump_dir or ".") / file_name(shader)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(shader.code, encoding="utf-8")


def override(shader: Shader) -> str:
    """The text in ``knobs.override_dir`` if it has this shader's file, else the shader's own."""
    path = Path(knobs.override_dir or ".") / file_name(shader)
    if not path.is_file():
        return shader.code
    _announce(path)
    return path.read_text(encoding="utf-8")


@functools.cache
def _announce(path: Path) -> None:
    print(f"texelate: using the edited shader {path}", file=sys.stderr)
