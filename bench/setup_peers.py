"""Make the peers' own environments: ``python -m bench.setup_peers``.

Each lives in ``bench/.venv-<peer>`` (ignored by git), so that no peer's dependencies meet ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import venv

from .peers import ROOT, venv_folder, venv_python

REQUIREMENTS = {"tinygrad": ("tinygrad==0.14.0", "dawn-python==0.3.0", "numpy>=2")}
PROBES = {"tinygrad": "from bench.peers.tinygrad_worker import hello; print(hello()['device'])"}


def install(peer: str) -> None:
    """Make the peer's environment where it is missing, install, and ask which device it sees."""
    folder, python = venv_folder(peer), venv_python(peer)
    if not folder.exists():
        print(f"{peer}: making {folder.relative_to(ROOT)}")
        venv.create(folder, with_pip=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *REQUIREMENTS[peer]], check=True)
    subprocess.run([python, "-c", PROBES[peer]], check=True, cwd=ROOT)


def main(argv: list[str] | None = None) -> int:
    """Install the peers that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench.setup_peers", description=__doc__)
    parser.add_argument("peers", nargs="*", default=list(REQUIREMENTS), metavar="PEER")
    chosen = parser.parse_args(argv).peers
    if unknown := set(chosen) - set(REQUIREMENTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(REQUIREMENTS)}")
    for peer in chosen:
        install(peer)
    return 0


if __name__ == "__main__":
    sys.exit(main())
