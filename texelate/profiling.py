"""``profile``: what each kernel costs on the device."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import backends
from .compiler.errors import AdapterError

if TYPE_CHECKING:
    from .runtime import Profile


def profile() -> Profile:
    """Times every kernel that runs inside ``with texelate.profile() as p:``.

    ``p.events`` has an entry for each dispatch, in order: ``title`` (what was fused), ``program``,
    ``start`` and ``nanoseconds``, ``flops``, ``nbytes``. ``p.chrome_trace(path)`` writes them for
    chrome://tracing or ui.perfetto.dev. Times are the device's own timestamps; where it has none,
    wall time of each dispatch (``p.timed_by`` says which). Pending operations run when they are
    looked at, so look at results inside the ``with``; profiled calls wait for the device.

    Raises AdapterError on the NumPy backend, which has no kernels.

    >>> import texelate as tx
    >>> if tx.default_device():
    ...     with tx.profile() as p:
    ...         y = tx.block_until_ready(tx.numpy.sin(tx.numpy.ones(8)) + 1)
    ...     assert len(p.events) == 1
    """
    device = getattr(backends.current(), "device", None)
    if device is None:
        raise AdapterError(
            "there is nothing to profile on the NumPy backend",
            fix='use texelate.backend("webgpu"), on a machine with an adapter',
        )
    found: Profile = device.profile()
    return found
