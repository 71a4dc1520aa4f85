"""Installs peers into environments of their own, so that no peer's dependencies meet ours."""

from __future__ import annotations

import shutil
import subprocess
import venv
from collections.abc import Iterable

from .peers import HERE, PEERS, Peer, folder, interpreter


def install(peers: Iterable[Peer]) -> dict[str, str]:
    """Install those that are missing; for each that could not be, what was wrong."""
    failures: dict[str, str] = {}
    peers = list(peers)
    if any(peer.engine == "ort" for peer in peers):
        peers.append(PEERS["onnxruntime"])  # writes the models
    for home in dict.fromkeys(peer.home for peer in peers if peer.home and not peer.command):
        try:
            _node() if home == "node" else _python(home, _requirements(peers, home))
        except (OSError, subprocess.CalledProcessError) as error:
            said = getattr(error, "stderr", None) or str(error)
            failures[home] = said.strip().splitlines()[-1]
    return failures


def _requirements(peers: Iterable[Peer], home: str) -> list[str]:
    return sorted({need for peer in peers if peer.home == home for need in peer.requirements})


def _python(home: str, requirements: list[str]) -> None:
    python = interpreter(home)
    if not python.exists():
        venv.create(folder(home), with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, *requirements])


def _node() -> None:
    """The packages of ``js/package.json``, whose versions are exact."""
    npm, target = shutil.which("npm"), folder("node")
    if npm is None:
        raise FileNotFoundError("npm is not on the path; install Node.js")
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "js" / "package.json", target)
    _run([npm, "install", "--no-audit", "--no-fund", "--prefix", str(target)])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
