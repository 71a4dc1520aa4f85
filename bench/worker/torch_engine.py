"""PyTorch, eager: on the GPU where it has one, else on the CPU. TF32 off: float32 means float32."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..workload import Step
from . import engine


class Engine(engine.Engine):
    """NCHW; steps without gradients of their own run in inference mode."""

    method, channels_first = "torch", True

    def __init__(self) -> None:
        import torch

        self._torch = torch
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        torch.backends.cuda.matmul.allow_tf32 = False
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cuda.matmul.allow_fp16_reduced_precision_reduction = False
        torch.zeros(1, device=self._device)

    def hello(self) -> dict[str, Any]:
        gpu = self._device.type == "cuda"
        return {
            "device": {
                "kind": "gpu" if gpu else "cpu",
                "adapter": self._torch.cuda.get_device_name() if gpu else "cpu",
                "backend": f"CUDA {self._torch.version.cuda}, TF32 off" if gpu else "eager",
                "driver": "",
            },
            "versions": {"torch": self._torch.__version__},
        }

    def put(self, array: np.ndarray) -> Any:
        return self._torch.from_numpy(array.copy()).to(self._device)

    def get(self, value: Any) -> np.ndarray:
        return value.detach().cpu().numpy()  # type: ignore[no-any-return]

    def wait(self, values: Sequence[Any]) -> None:
        if self._device.type == "cuda":
            self._torch.cuda.synchronize()

    def compile(self, step: Step, carry: int) -> Step:
        return step if carry else self._torch.inference_mode()(step)
