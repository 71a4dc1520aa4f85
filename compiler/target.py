"""What the code generator may use: a description of an adapter, plain data.

Two families want opposite kernels. A GPU wants many invocations, workgroup memory and coalesced
loads; a software adapter (llvmpipe, SwiftShader) has a few cores with SIMD, pays dearly for
barriers and wants big register blocks. Numbers from ``docs/design/measurements.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from typing import Any

from .ir.dtypes import DType, float16
from .ir.kernel import F16
from .tuned import UNTUNED, Tuned

MOST_BATCHED = 64  # of what adapters allow (some a million); more make no launch cheaper
WINDOW_ALIGN = 256  # WebGPU's greatest alignment of a binding's offset


@dataclass(frozen=True, slots=True)
class Target:
    """Limits and features, by default those every WebGPU implementation has.

    ``max_batched_buffers``: of a kernel that shares a launch among independent small maps, as many
    as the adapter allows; others have no more than every browser allows. ``subgroup``: how many
    invocations a subgroup has, 0 where shaders cannot rely on one number. ``has_host``: NumPy is
    there to compute between programs; not in a browser. ``tuned``: schedules that were measured on
    the adapter.
    """

    is_software: bool = False
    max_invocations: int = 256
    max_workgroup_bytes: int = 16384
    max_storage_buffers: int = 8
    max_batched_buffers: int = 8
    max_groups: int = 65535
    max_binding_bytes: int = 128 << 20
    features: frozenset[str] = frozenset()
    subgroup: int = 0
    has_host: bool = True
    tuned: Tuned = UNTUNED

    @staticmethod
    def of(
        software: bool,
        limits: Mapping[str, int],
        features: Collection[str] = (),
        subgroup: int = 0,
    ) -> Target:
        """The target of an adapter with these ``limits`` (WebGPU's names, in any style)."""
        limit = {k.replace("-", "").replace("_", "").lower(): v for k, v in limits.items()}
        base = Target()
        buffers = limit.get("maxstoragebufferspershaderstage", base.max_storage_buffers)
        return Target(
            software,
            limit.get("maxcomputeinvocationsperworkgroup", base.max_invocations),
            limit.get("maxcomputeworkgroupstoragesize", base.max_workgroup_bytes),
            min(buffers, base.max_storage_buffers),
            min(buffers, MOST_BATCHED),
            limit.get("maxcomputeworkgroupsperdimension", base.max_groups),
            limit.get("maxstoragebufferbindingsize", base.max_binding_bytes),
            frozenset(features),
            subgroup if "subgroup" in features else 0,
        )

    @staticmethod
    def software() -> Target:
        """A software adapter with the default limits."""
        return Target(is_software=True)

    @staticmethod
    def gpu() -> Target:
        """A discrete GPU with the default limits."""
        return Target()

    def packs(self, dtype: DType) -> bool:
        """Whether buffers hold several elements of ``dtype`` a 32-bit word."""
        return dtype.is_narrow and not (dtype is float16 and F16 in self.features)

    def window(self, nbytes: int) -> int:
        """Bytes of each binding for a buffer of ``nbytes``, 0 where one binding has it all."""
        most = self.max_binding_bytes & ~(WINDOW_ALIGN - 1)
        return most if nbytes > self.max_binding_bytes else 0

    def bindings(self, nbytes: int) -> int:
        """How many bindings a buffer of ``nbytes`` takes."""
        window = self.window(nbytes)
        return -(-nbytes // window) if window else 1

    def to_json(self) -> dict[str, Any]:
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {**plain, "features": sorted(self.features), "tuned": self.tuned.fingerprint}
