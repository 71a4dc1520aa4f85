"""The ``texelate`` command. Everything heavy loads when ``main``, its entry point, is called."""

from __future__ import annotations


def main() -> None:
    """Runs the command line (``texelate --help``)."""
    from .app import run

    run()
