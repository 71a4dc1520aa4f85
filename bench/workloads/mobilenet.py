"""A network of MobileNetV2's shape: 1×1 and depthwise convolutions, batch norm folded in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..workload import Arrays, Step, Workload, normal
from .common import conv_reference

# Table 2 of Sandler et al., arXiv:1801.04381: expansion, channels, repetitions, first stride.
TABLE = (
    (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
    (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
)  # fmt: skip


@dataclass(frozen=True)
class MobileNet(Workload):
    """Logits of one image ``x [1, size, size, 3]``; ``rows`` of the paper's table are used."""

    size: int = 224
    rows: int = 7
    stem: int = 32
    last: int = 1280
    classes: int = 1000

    @property
    def name(self) -> str:
        return "mobilenet"

    @property
    def title(self) -> str:
        return f"MobileNetV2-shaped forward, {self.size}×{self.size}"

    @property
    def tolerance(self) -> tuple[float, float]:
        return 1e-3, 1e-4  # of fifty layers

    @property
    def params(self) -> dict[str, Any]:
        return {**super().params, "blocks": list(self.blocks())}

    def blocks(self) -> Iterator[tuple[int, int, int, int]]:
        """Channels in, channels within, channels out, stride, of each inverted residual."""
        channels = self.stem
        for expansion, out, repetitions, first in TABLE[: self.rows]:
            for k in range(repetitions):
                yield channels, channels * expansion, out, first if k == 0 else 1
                channels = out

    def shapes(self) -> Iterator[tuple[int, ...]]:
        """Of the filters, HWIO, and of the classifier, in order."""
        yield 3, 3, 3, self.stem
        out = self.stem
        for channels, within, out, _ in self.blocks():
            if within > channels:
                yield 1, 1, channels, within
            yield 3, 3, 1, within
            yield 1, 1, within, out
        yield 1, 1, out, self.last
        yield self.last, self.classes

    @property
    def flops(self) -> int:
        side, total = -(-self.size // 2), 2 * self.last * self.classes
        total += 2 * side**2 * 27 * self.stem
        out = self.stem
        for channels, within, out, stride in self.blocks():
            expand = channels * within if within > channels else 0
            total += 2 * side**2 * expand
            side = -(-side // stride)
            total += 2 * side**2 * within * (9 + out)
        return total + 2 * side**2 * out * self.last

    def inputs(self) -> Arrays:
        rng = np.random.default_rng(0)
        arrays = {"x": normal(rng, 1, self.size, self.size, 3)}
        for k, shape in enumerate(self.shapes()):
            arrays[f"w{k}"] = normal(rng, *shape, scale=(2 / np.prod(shape[:-1])) ** 0.5)
            arrays[f"b{k}"] = normal(rng, shape[-1], scale=0.1)
        return arrays

    def constants(self, name: str) -> bool:
        return name != "x"

    def network(self, conv: Any, relu6: Any, head: Any) -> Step:
        """The step, of a peer's convolution, activation, and mean with classifier."""

        def run(x: Any, *flat: Any) -> Any:
            weights = iter(zip(flat[::2], flat[1::2]))
            x = relu6(conv(x, *next(weights), 2, 1))
            for channels, within, out, stride in self.blocks():
                y = relu6(conv(x, *next(weights), 1, 1)) if within > channels else x
                y = relu6(conv(y, *next(weights), stride, within))
                y = conv(y, *next(weights), 1, 1)
                x = x + y if stride == 1 and channels == out else y
            x = relu6(conv(x, *next(weights), 1, 1))
            return head(x, *next(weights))

        return run

    def reference(self, *inputs: Any) -> Any:
        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            return conv_reference(x, w, stride, w.shape[0] // 2, groups) + b

        def head(x: Any, w: Any, b: Any) -> Any:
            return x.mean(axis=(1, 2)) @ w + b

        return self.network(conv, lambda x: np.clip(x, 0, 6), head)(*inputs)

    def texelate(self) -> Step:
        from texelate.nn import functional as F

        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            pad = w.shape[0] // 2
            return F.conv2d(x, w, strides=stride, padding=pad, groups=groups) + b

        return self.network(conv, F.relu6, lambda x, w, b: x.mean(axis=(1, 2)) @ w + b)

    def tinygrad(self) -> Step:
        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            return x.conv2d(w, b, groups, stride, padding=w.shape[2] // 2)

        return self.network(conv, lambda x: x.relu6(), lambda x, w, b: x.mean((2, 3)) @ w + b)

    def torch(self) -> Step:
        from torch.nn import functional as F

        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            return F.conv2d(x, w, b, stride, w.shape[2] // 2, groups=groups)

        return self.network(conv, F.relu6, lambda x, w, b: x.mean((2, 3)) @ w + b)

    def jax(self) -> Step:
        import jax

        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            pads, layout = [(w.shape[0] // 2,) * 2] * 2, ("NHWC", "HWIO", "NHWC")
            options: Any = {"dimension_numbers": layout, "feature_group_count": groups}
            return jax.lax.conv_general_dilated(x, w, (stride, stride), pads, **options) + b

        return self.network(conv, jax.nn.relu6, lambda x, w, b: x.mean((1, 2)) @ w + b)

    def onnx(self, g: Any) -> Step:
        def conv(x: Any, w: Any, b: Any, stride: int, groups: int) -> Any:
            pads = [g.array(w).shape[2] // 2] * 4
            return g.Conv(x, w, b, strides=[stride] * 2, pads=pads, group=groups)

        def head(x: Any, w: Any, b: Any) -> Any:
            return g.Gemm(g.Flatten(g.GlobalAveragePool(x)), w, b)

        return self.network(conv, lambda x: g.Clip(x, g.scalar(0.0), g.scalar(6.0)), head)


ALL = [MobileNet()]
SMALL = [MobileNet(12, 2, 4, 8, 5)]
