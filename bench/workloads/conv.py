"""Convolutions: the shapes that image networks are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import conv_reference


@dataclass(frozen=True)
class Conv(Workload):
    """``x [1, size, size, channels]`` by ``w [kernel, kernel, channels / groups, filters]``.

    Padded by half the kernel on each side.
    """

    kind: str
    size: int
    channels: int
    filters: int
    kernel: int
    stride: int = 1
    groups: int = 1

    @property
    def name(self) -> str:
        return f"conv-{self.kind}"

    @property
    def title(self) -> str:
        by = f"{self.kernel}×{self.kernel}" + (f" /{self.stride}" if self.stride > 1 else "")
        to = f"{self.channels}→{self.filters}" if self.groups == 1 else f"{self.channels} depthwise"
        return f"conv {by} {self.size}×{self.size}×{to}"

    @property
    def flops(self) -> int:
        side, deep = -(-self.size // self.stride), self.channels // self.groups
        return 2 * side**2 * self.filters * deep * self.kernel**2

    @property
    def pad(self) -> int:
        """Zeros on each side."""
        return self.kernel // 2

    def inputs(self) -> Arrays:
        rng, deep = np.random.default_rng(0), self.channels // self.groups
        taps = self.kernel**2 * deep
        return {
            "x": normal(rng, 1, self.size, self.size, self.channels),
            "w": normal(rng, self.kernel, self.kernel, deep, self.filters, scale=taps**-0.5),
        }

    def reference(self, x: Any, w: Any) -> Any:
        return conv_reference(x, w, self.stride, self.pad, self.groups)

    def texelate(self) -> Step:
        from texelate.nn import functional as F

        options: Any = {"strides": self.stride, "padding": self.pad, "groups": self.groups}
        return lambda x, w: F.conv2d(x, w, **options)

    def tinygrad(self) -> Step:
        options: Any = {"stride": self.stride, "padding": self.pad, "groups": self.groups}
        return lambda x, w: x.conv2d(w, **options)

    def torch(self) -> Step:
        from torch.nn import functional as F

        options: Any = {"stride": self.stride, "padding": self.pad, "groups": self.groups}
        return lambda x, w: F.conv2d(x, w, **options)

    def jax(self) -> Step:
        from jax import lax

        def conv(x: Any, w: Any) -> Any:
            return lax.conv_general_dilated(
                x, w, (self.stride, self.stride), [(self.pad, self.pad)] * 2,
                dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=self.groups,
            )  # fmt: skip

        return conv

    def onnx(self, g: Any) -> Step:
        options: Any = {"strides": [self.stride] * 2, "pads": [self.pad] * 4, "group": self.groups}
        return lambda x, w: g.Conv(x, w, **options)

    def constants(self, name: str) -> bool:
        return name == "w"


ALL = [
    Conv("3x3", 56, 64, 64, 3),
    Conv("1x1", 56, 64, 256, 1),
    Conv("depthwise", 112, 96, 96, 3, groups=96),
    Conv("strided", 56, 128, 128, 3, stride=2),
    Conv("7x7", 224, 3, 64, 7, stride=2),
]
SMALL = [Conv("3x3", 5, 2, 3, 3), Conv("depthwise", 6, 4, 4, 3, groups=4, stride=2)]
