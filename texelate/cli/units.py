"""Numbers as people read them."""

from __future__ import annotations


def three_digits(value: float) -> str:
    """Three significant digits without an exponent.

    >>> [three_digits(v) for v in (0, 0.1234, 1.234, 12.34, 999)]
    ['0', '0.123', '1.23', '12.3', '999']
    """
    if value == 0:
        return "0"
    return (
        f"{value:.{0 if value >= 99.95 else 1 if value >= 9.995 else 2 if value >= 0.9995 else 3}f}"
    )


def si(value: float) -> str:
    """A count with an SI prefix; whole below a thousand.

    >>> si(999), si(1234), si(12_345_678), si(0)
    ('999', '1.23 k', '12.3 M', '0')
    """
    if value < 999.5:
        return f"{value:.0f}"
    power = 1
    while value >= 999.5 * 1000**power and power < 4:
        power += 1
    return f"{three_digits(value / 1000**power)} {'kMGT'[power - 1]}"


def duration(nanoseconds: float) -> str:
    """A time in the unit that suits it.

    >>> duration(850), duration(12_300), duration(4_560_000), duration(31e9)
    ('850 ns', '12.3 µs', '4.56 ms', '31.0 s')
    """
    units = ((1e3, "ns", 1.0), (1e6, "µs", 1e3), (1e9, "ms", 1e6), (float("inf"), "s", 1e9))
    unit, scale = next((u, s) for limit, u, s in units if nanoseconds < limit)
    return f"{three_digits(nanoseconds / scale)} {unit}"
