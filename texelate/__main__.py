"""``python -m texelate`` is the ``texelate`` command."""

from .cli import main

if __name__ == "__main__":
    main()
