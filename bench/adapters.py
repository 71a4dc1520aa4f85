"""Choosing the Vulkan driver that every peer must use: through the loader's environment."""

from __future__ import annotations

import os
from pathlib import Path

from ..compiler.errors import AdapterError

FOLDERS = (
    "/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d", "/usr/local/share/vulkan/icd.d",
    "/usr/lib/chromium",  # SwiftShader comes with Debian's chromium-common
)  # fmt: skip
SHORT = {"lavapipe": "lvp", "llvmpipe": "lvp"}


def environment(name: str, folders: tuple[str, ...] = FOLDERS) -> dict[str, str]:
    """What makes every process see only the driver whose description file is named so.

    ``name`` is "lavapipe", "swiftshader", "nvidia", "radeon", "intel", or a path. AdapterError
    lists what there is.
    """
    if os.path.isfile(name):
        return _only(Path(name))
    files = [file for folder in folders for file in sorted(Path(folder).glob("*icd*.json"))]
    wanted = SHORT.get(name.lower(), name.lower())
    found = next((file for file in files if wanted in file.name.lower()), None)
    if found is None:
        there = ", ".join(file.name for file in files) or "none"
        raise AdapterError(f"no Vulkan driver is named {name!r}", why=f"there are: {there}")
    return _only(found)


def _only(file: Path) -> dict[str, str]:
    """Both variables: loaders before 1.3.207 know only the first."""
    return dict.fromkeys(("VK_ICD_FILENAMES", "VK_DRIVER_FILES"), str(file))
