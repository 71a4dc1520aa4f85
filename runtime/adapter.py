"""Which adapters there are, and which one to use."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ..compiler.errors import AdapterError
from ..compiler.knobs import knobs
from . import native

Kind = Literal["discrete", "integrated", "virtual", "software"]
INSTALL = "on Debian and Ubuntu, mesa-vulkan-drivers is a software adapter that always works"

_KINDS: Mapping[str, Kind] = {
    "DiscreteGPU": "discrete",
    "IntegratedGPU": "integrated",
    "CPU": "software",
}
_SOFTWARE = re.compile(r"llvmpipe|softpipe|swiftshader|basic render|warp", re.IGNORECASE)
_PREFERENCE: tuple[Kind, ...] = ("discrete", "integrated", "virtual", "software")


@dataclass(frozen=True, slots=True)
class AdapterInfo:
    """An adapter: ``index`` counts from the one that is preferred.

    ``limits`` has WebGPU's names in snake_case (``max_buffer_size`` …), ``features`` wgpu's names.
    ``subgroup``: how many invocations a subgroup has, 0 where that varies or is not told.
    """

    index: int
    name: str
    backend: str
    kind: Kind
    driver: str
    software: bool
    limits: Mapping[str, int] = field(hash=False, repr=False)
    features: frozenset[str] = field(repr=False)
    subgroup: int = 0

    def __str__(self) -> str:
        return f"{self.index}: {self.name} ({self.backend}, {self.kind})"


def adapters() -> list[AdapterInfo]:
    """All adapters of this machine, best first; empty when there is none."""
    return [info for info, _ in _enumerate()]


def choose(selector: str | int | None = None) -> tuple[AdapterInfo, Any]:
    """The adapter that ``selector`` names, with wgpu's own object of it.

    An index, a part of a name, or a backend ("Vulkan", "Metal", "D3D12", "OpenGL"); by default the
    environment's TEXELATE_ADAPTER, else the first. Raises AdapterError, which lists what there is.
    """
    found = _enumerate()
    wanted = (knobs.adapter or "") if selector is None else str(selector)
    index = match([info for info, _ in found], wanted)
    if index is None:
        listing = "\n    ".join(["", *(str(info) for info, _ in found)]) if found else " none"
        what = f"no adapter matches {wanted!r}" if wanted and found else "no GPU adapter was found"
        fix = "set TEXELATE_ADAPTER to an index, part of a name, or a backend"
        raise AdapterError(what, why=f"adapters:{listing}", fix=fix if found else INSTALL)
    return found[index]


def match(infos: Sequence[AdapterInfo], wanted: str) -> int | None:
    """The position of the first adapter that ``wanted`` names ("": any), or None."""
    wanted = wanted.strip().lower()
    if wanted.isdecimal():
        return int(wanted) if int(wanted) < len(infos) else None
    by_backend = [i for i, info in enumerate(infos) if info.backend.lower() == wanted]
    by_name = [i for i, info in enumerate(infos) if wanted in info.name.lower()]
    return next(iter(by_backend + by_name), None)


def forget() -> None:
    """Looks for adapters anew next time (one may have vanished)."""
    _enumerate.cache_clear()


@functools.cache
def _enumerate() -> tuple[tuple[AdapterInfo, Any], ...]:
    described = [(_describe(raw), raw) for raw in native.enumerate_raw()]
    described.sort(key=lambda pair: _rank(pair[0]))
    return tuple((replace(info, index=i), raw) for i, (info, raw) in enumerate(described))


def _rank(info: AdapterInfo) -> tuple[int, bool]:
    return _PREFERENCE.index(info.kind), info.backend.startswith("OpenGL")


def _describe(raw: Any) -> AdapterInfo:
    about = raw.info
    name = about["device"] or about["description"] or "unnamed adapter"
    kind = _KINDS.get(about["adapter_type"], "virtual")
    if _SOFTWARE.search(name):
        kind = "software"
    return AdapterInfo(
        index=0,
        name=name,
        backend=about["backend_type"],
        kind=kind,
        driver=about["description"],
        software=kind == "software",
        limits={k.replace("-", "_"): int(v) for k, v in raw.limits.items()},
        features=frozenset(raw.features),
        subgroup=_subgroup(name, about),
    )


def _subgroup(name: str, about: Mapping[str, Any]) -> int:
    """llvmpipe tells the bits of its vectors in its name, and a subgroup is one vector of floats.

    https://gitlab.freedesktop.org/mesa/mesa, lp_screen.c (name) and lvp_device.c (subgroupSize).
    """
    if bits := re.search(r"llvmpipe \(.*, (\d+) bits\)", name):
        return int(bits[1]) // 32
    low, high = about.get("subgroup_min_size", 0), about.get("subgroup_max_size", -1)
    return int(low) if low == high else 0
