"""Random numbers from explicit keys: the same key gives the same numbers, on every backend.

Threefry-2x32 with 20 rounds, counted as JAX counts it, so ``key``, ``split``, ``fold_in``,
``bits``, ``uniform`` and ``randint`` give JAX's bits (default, partitionable implementation), and
what is an elementwise function of those gives JAX's numbers up to rounding. Use a key once;
``split`` it to get more.

>>> import texelate as tx
>>> tx.random.uniform(tx.random.key(0), (2,))
Array([0.947667 , 0.9785799], dtype=float32)
"""

from .continuous import *  # noqa: F403
from .counts import *  # noqa: F403
from .discrete import *  # noqa: F403
from .families import *  # noqa: F403
from .gammas import *  # noqa: F403
from .keys import *  # noqa: F403
