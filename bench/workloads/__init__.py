"""The workloads, one file each (or each kind)."""

from __future__ import annotations

import importlib

from ..workload import Workload

FILES = (
    "matmul", "conv", "elementwise", "rows", "attention", "indexing", "mlp", "cnn", "mobilenet",
    "minilm", "lstm", "calls",
)  # fmt: skip


def workloads(small: bool = False) -> dict[str, Workload]:
    """All of them by name; ``small`` has sizes that only show that everything works."""
    modules = [importlib.import_module(f"{__name__}.{file}") for file in FILES]
    listed = [w for module in modules for w in (module.SMALL if small else module.ALL)]
    return {workload.name: workload for workload in listed}
