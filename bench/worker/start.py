"""Starts a worker: ``python start.py ENGINE``, in any environment that has numpy and the peer.

Run by its path. The environment need not know of Texelate, so the package is loaded from where
this file lies, under a name of its own.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path

NAME = "bench"


def load_package() -> None:
    """Make ``bench`` importable, and nothing beside it: our file names shadow no module."""
    folder = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        NAME, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules[NAME] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[NAME])


if __name__ == "__main__":
    sys.path.remove(str(Path(__file__).resolve().parent))
    load_package()
    module, serve = sys.argv[1], importlib.import_module(f"{NAME}.worker.protocol").serve
    serve(lambda: importlib.import_module(f"{NAME}.worker.{module}_engine").Engine())
