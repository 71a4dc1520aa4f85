"""The peers: who is measured, and how each one's worker is started.

A peer is a command that speaks the protocol of :mod:`texelate.bench.worker.protocol`. It may live
in any environment, in any language; the runner knows nothing else of it. Peers that are not
installed beside Texelate live in environments of their own, in ``TEXELATE_PEERS`` (by default
``~/.cache/texelate/peers``), so that nobody's dependencies meet ours.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
SETUP = "texelate bench --setup"


@dataclass(frozen=True)
class Peer:
    """A name, a sentence, and what starts its worker.

    ``engine`` is the worker's module (or, of Node's peers, what follows the script's name),
    ``module`` the import that shows that it is installed, ``requirements`` what is installed by
    :mod:`texelate.bench.setup` in the environment ``home``. Only ``usual`` ones run unasked.
    """

    name: str
    about: str
    engine: str
    module: str
    home: str = ""
    requirements: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    usual: bool = True

    @property
    def node(self) -> bool:
        """Whether it runs in Node."""
        return self.home == "node"

    @property
    def command(self) -> tuple[str, ...] | None:
        """What starts the worker; None where the peer is not installed."""
        if self.node:
            node, there = shutil.which("node"), (folder("node") / "node_modules" / self.module)
            script = (str(HERE / "js" / "worker.mjs"), self.engine, str(folder("node")))
            return (node, *script) if node and there.exists() else None
        python = self.python
        return (python, str(HERE / "worker" / "start.py"), self.engine) if python else None

    @property
    def python(self) -> str | None:
        """The interpreter of a peer in Python: ours where it is installed there."""
        if importlib.util.find_spec(self.module) is not None:
            return sys.executable
        own = interpreter(self.home) if self.home else None
        return str(own) if own is not None and own.exists() else None


def folder(home: str) -> Path:
    """Where the environment of that name is."""
    root = os.environ.get("TEXELATE_PEERS")
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return (Path(root) if root else Path(cache) / "texelate" / "peers") / home


def interpreter(home: str) -> Path:
    """The Python of the environment of that name."""
    place, program = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return folder(home) / place / program


_TINYGRAD = ("tinygrad==0.14.0", "dawn-python==0.3.0", "numpy>=2")
_TORCH = ("torch==2.13.0", "numpy>=2")
_ONNX = ("onnxruntime==1.30.0", "onnx>=1.19", "numpy>=2")
_WEBGPU = {"DEV": "WEBGPU"}

PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        Peer("webgpu", "Texelate on WebGPU (wgpu-native)", "texelate", "texelate"),
        Peer("numpy", "NumPy on the CPU, with its BLAS", "numpy", "numpy"),
        Peer("torch", "PyTorch, on its GPU or the CPU", "torch", "torch", "torch", _TORCH),
        Peer("jax", "JAX, jitted, on its GPU or the CPU", "jax", "jax", "jax", ("jax==0.10.2",)),
        Peer(
            "onnxruntime", "ONNX Runtime on the CPU", "onnxruntime", "onnxruntime",
            "onnxruntime", _ONNX,
        ),
        Peer(
            "tinygrad", "tinygrad on WebGPU (Dawn), TinyJit", "tinygrad", "tinygrad",
            "tinygrad", _TINYGRAD, _WEBGPU,
        ),
        Peer("tfjs-webgpu", "TensorFlow.js on WebGPU", "tfjs-webgpu", "@tensorflow/tfjs", "node"),
        Peer("tfjs-wasm", "TensorFlow.js on the CPU", "tfjs-wasm", "@tensorflow/tfjs", "node"),
        Peer(
            "tfjs-cpu", "TensorFlow.js in plain JavaScript", "tfjs-cpu", "@tensorflow/tfjs", "node",
            usual=False,
        ),
        Peer(
            "onnxruntime-web", "ONNX Runtime Web on WebGPU", "ort", "onnxruntime-web", "node",
        ),
        Peer("jax-js", "jax-js on WebGPU, jitted", "jaxjs", "@jax-js/jax", "node"),
        Peer(
            "tinygrad-beam", "tinygrad with its kernel search, BEAM=2", "tinygrad", "tinygrad",
            "tinygrad", _TINYGRAD, {**_WEBGPU, "BEAM": "2"}, usual=False,
        ),
    )
}  # fmt: skip
