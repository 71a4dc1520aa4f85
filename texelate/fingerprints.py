"""FarmHash's Fingerprint64 of bytes, as TensorFlow and BigQuery use it.

Source: google/farmhash, farmhashna (MIT licence), by Geoff Pike.
"""

from __future__ import annotations

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def _word(s: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(s[at : at + size], "little")


def _rotate(x: int, by: int) -> int:
    x &= _MASK
    return (x >> by | x << (64 - by)) & _MASK


def _mix(x: int) -> int:
    x &= _MASK
    return x ^ x >> 47


def _two(u: int, v: int, mul: int) -> int:
    """128 bits to 64, as Murmur does."""
    a = _mix((u ^ v) * mul)
    return _mix((v & _MASK ^ a) * mul) * mul & _MASK


def _short(s: bytes) -> int:
    """At most 16 bytes."""
    n = len(s)
    mul = _K2 + n * 2
    if n >= 8:
        a, b = _word(s, 0) + _K2, _word(s, n - 8)
        return _two(_rotate(b, 37) * mul + a & _MASK, (_rotate(a, 25) + b) * mul & _MASK, mul)
    if n >= 4:
        return _two(n + (_word(s, 0, 4) << 3), _word(s, n - 4, 4), mul)
    if n:
        y, z = s[0] + (s[n >> 1] << 8), n + (s[-1] << 2)
        return _mix(y * _K2 & _MASK ^ z * _K0 & _MASK) * _K2 & _MASK
    return _K2


def _ends(s: bytes, first: int, mul: int) -> tuple[int, int, int, int, int]:
    """What 17 to 64 bytes have in common: words of both ends, and their two sums."""
    n = len(s)
    a, b = _word(s, 0) * first, _word(s, 8)
    c, d = _word(s, n - 8) * mul, _word(s, n - 16) * _K2
    y = _rotate(a + b, 43) + _rotate(c, 30) + d
    return a, y & _MASK, (a + _rotate(b + _K2, 18) + c) & _MASK, b, c


def _medium(s: bytes) -> int:
    """17 to 64 bytes."""
    n = len(s)
    mul = _K2 + n * 2 & _MASK
    if n <= 32:
        _, y, z, _, _ = _ends(s, _K1, mul)
        return _two(y, z, mul)
    a, y, other, _, _ = _ends(s, _K2, mul)
    z = _two(y, other, mul)
    e, f = _word(s, 16) * mul, _word(s, 24)
    g, h = (y + _word(s, n - 32)) * mul, (z + _word(s, n - 24)) * mul
    last = e + _rotate(f + a, 18) + g & _MASK
    return _two(_rotate(e + f, 43) + _rotate(g, 30) + h & _MASK, last, mul)


def _weak(s: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """16 bytes of 32, with two seeds."""
    w, x, y, z = (_word(s, at + i) for i in (0, 8, 16, 24))
    a += w
    b, c = _rotate(b + a + z, 21), a
    a += x + y
    return a + z & _MASK, b + _rotate(a, 44) + c & _MASK


def _long(s: bytes) -> int:
    """Over 64 bytes, 64 at a time, and the last 64 once more."""
    y = 81 * _K1 + 113 & _MASK
    z = _mix(y * _K2 + 113) * _K2 & _MASK
    x, v, w = 81 * _K2 + _word(s, 0) & _MASK, (0, 0), (0, 0)
    last = (len(s) - 1) // 64 * 64
    for at in range(0, last, 64):
        x, y, z, v, w = _block(s, at, x, y, z, v, w, _K1, 1)
    mul = _K1 + ((z & 255) << 1)
    first = w[0] + ((len(s) - 1) & 63)
    v = (v[0] + first & _MASK, v[1])
    w = (first + v[0] & _MASK, w[1])
    x, y, z, v, w = _block(s, len(s) - 64, x, y, z, v, w, mul, 9)
    return _two(
        _two(v[0], w[0], mul) + _mix(y) * _K0 + z & _MASK, _two(v[1], w[1], mul) + x & _MASK, mul
    )


def _block(
    s: bytes, at: int, x: int, y: int, z: int, v: tuple[int, int], w: tuple[int, int],
    mul: int, weight: int,
) -> tuple[int, int, int, tuple[int, int], tuple[int, int]]:  # fmt: skip
    x = _rotate(x + y + v[0] + _word(s, at + 8), 37) * mul & _MASK
    y = _rotate(y + v[1] + _word(s, at + 48), 42) * mul & _MASK
    x ^= w[1] * weight & _MASK
    y = y + v[0] * weight + _word(s, at + 40) & _MASK
    z = _rotate(z + w[0], 33) * mul & _MASK
    v, w = (
        _weak(s, at, v[1] * mul, x + w[0]),
        _weak(s, at + 32, z + w[1], y + _word(s, at + 16)),
    )
    return z, y, x, v, w


def fingerprint64(s: bytes) -> int:
    """64 bits of ``s`` that are the same on every machine.

    >>> fingerprint64(b"a")
    12917804110809363939
    """
    if len(s) <= 16:
        return _short(s)
    return _medium(s) if len(s) <= 64 else _long(s)
