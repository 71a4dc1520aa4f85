"""Sees to it that there is a graphics adapter: if none, installs Mesa's software Vulkan driver.

Does nothing (in half a second) where an adapter exists. Where none can be had, says that the numpy
backend will be used; that is not an error.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = ["mesa-vulkan-drivers", "libvulkan1"]
PROBE = "import sys, wgpu; sys.exit(not wgpu.gpu.enumerate_adapters_sync())"


def adapter_exists() -> bool:
    """Asked in a process of its own: only a new one sees a driver installed meanwhile."""
    probe = [sys.executable, "-c", PROBE]
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def apt_get() -> list[str] | None:
    """The command for apt-get that asks nothing, or None where it is not at hand."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return ["apt-get"]
    sudo = ["sudo", "-n"]
    if shutil.which("sudo") and not subprocess.run([*sudo, "true"], capture_output=True).returncode:
        return [*sudo, "apt-get"]
    return None


def install(apt: list[str]) -> bool:
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    commands = [[*apt, "update", "-qq"], [*apt, "install", "-y", "-qq", *PACKAGES]]
    for command in commands:
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        if done.returncode:
            print(f"texelate: `{' '.join(command)}` failed:\n{done.stderr.strip()}", flush=True)
            return False
    return True


def main() -> None:
    if adapter_exists():
        return
    apt = apt_get()
    if apt is not None:
        packages = " ".join(PACKAGES)
        print(f"texelate: no graphics adapter; installing Mesa's software driver ({packages})")
        if install(apt) and adapter_exists():
            print("texelate: the software adapter is ready")
            return
    print("texelate: no graphics adapter, and no driver could be installed: using numpy instead")


if __name__ == "__main__":
    main()
