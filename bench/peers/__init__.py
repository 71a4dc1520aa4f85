"""The peers: who is measured, and how each one's worker is started.

A peer is a command that speaks the protocol of :mod:`bench.peers.protocol`. It may live in any
environment, in any language; the runner knows nothing else of it.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Peer:
    """A name, the command that starts its worker, and what its environment adds.

    ``setup`` is the command that installs it, for the message when it is missing.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    setup: str = ""

    @property
    def installed(self) -> bool:
        """Whether the program that the command starts is there."""
        return Path(self.command[0]).exists()


def venv_folder(name: str) -> Path:
    """The folder of a peer's own environment (ignored by git)."""
    return ROOT / "bench" / f".venv-{name}"


def venv_python(name: str) -> str:
    """The interpreter of a peer's own environment."""
    folder, program = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
    return str(venv_folder(name) / folder / program)


def _python_peer(name: str, python: str, setup: str = "", **env: str) -> Peer:
    module = f"bench.peers.{name.split('-')[0]}_worker"
    return Peer(name, (python, "-m", module), env, setup)


_SETUP = "python -m bench.setup_peers"

PEERS: dict[str, Peer] = {
    peer.name: peer
    for peer in (
        _python_peer("texelate", sys.executable),
        _python_peer("tinygrad", venv_python("tinygrad"), _SETUP),
        _python_peer("tinygrad-beam", venv_python("tinygrad"), _SETUP, BEAM="2"),
        _python_peer("numpy", sys.executable),
    )
}
