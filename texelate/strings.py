"""Strings, on the host: NumPy arrays in and out; hashes and splits are arrays of integers.

Rows of different lengths are ragged (``texelate.ragged``): all tokens, and where each row starts.

>>> from texelate import strings
>>> strings.split(["a b", "c"])
(array(['a', 'b', 'c'], dtype='<U1'), array([0, 2, 3], dtype=int32))
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .compiler.errors import ArgumentError, ShapeError
from .fingerprints import fingerprint64
from .traceback import public

Table = np.ndarray[Any, Any]


def _strings(x: Any, name: str, rank: int | None = None) -> Table:
    got = np.asarray(x)
    if got.size and got.dtype.kind not in "UT":
        raise ArgumentError(f"{name} takes strings, got {got.dtype}")
    if rank is not None and got.ndim != rank:
        raise ShapeError(f"{name} takes an array of rank {rank}, got shape {got.shape}")
    return got.astype(np.str_)


def _ragged(rows: list[list[str]]) -> tuple[Table, Table]:
    tokens = np.array([token for row in rows for token in row], np.str_)
    return tokens, np.append(0, np.cumsum([len(row) for row in rows])).astype(np.int32)


@public
def split(x: Any, delimiters: str = " ", skip_empty: bool = True) -> tuple[Table, Table]:
    """Each string of ``x`` [n] cut at every character of ``delimiters``: tokens and row splits.

    Without delimiters each character is a token. Empty tokens are left out unless ``skip_empty``
    is False; an empty string has none. Raises ArgumentError for what is no string, ShapeError for
    another rank.

    >>> split(["a,b;c", ""], ",;")
    (array(['a', 'b', 'c'], dtype='<U1'), array([0, 3, 3], dtype=int32))
    """
    pattern = f"[{re.escape(delimiters)}]"
    rows = []
    for s in _strings(x, "split", 1).tolist():
        row = (re.split(pattern, s) if delimiters else list(s)) if s else []
        rows.append([token for token in row if token or not skip_empty])
    return _ragged(rows)


@public
def ngrams(
    tokens: Any,
    row_splits: Any,
    widths: int | Sequence[int],
    separator: str = " ",
    *,
    pad: tuple[str, str] | None = None,
    pad_width: int = -1,
    preserve_short: bool = False,
) -> tuple[Table, Table]:
    """Neighbouring tokens of each row joined: all n-grams of each width, and their row splits.

    With ``pad`` (left, right) rows are widened by ``pad_width`` of those (-1: width - 1, the most
    that makes sense). ``preserve_short`` joins the whole of rows that are too short for any.
    Raises ArgumentError for widths below 1, ShapeError for splits that do not fit.

    >>> ngrams(["a", "b", "c"], [0, 3], 2)
    (array(['a b', 'b c'], dtype='<U3'), array([0, 2], dtype=int32))
    """
    words, splits = _strings(tokens, "ngrams", 1).tolist(), np.asarray(row_splits, np.int64)
    sizes = [widths] if isinstance(widths, int) else list(widths)
    if not sizes or min(sizes) < 1:
        raise ArgumentError(f"ngrams: widths {widths!r} must be at least 1")
    ends = splits.ndim == 1 and splits.size and splits[0] == 0 and splits[-1] == len(words)
    if not ends or (np.diff(splits) < 0).any():
        raise ShapeError(f"ngrams: row_splits {splits.tolist()} of {len(words)} tokens")
    left, right = pad or ("", "")
    most = 0 if pad is None else pad_width
    rows = []
    for start, stop in itertools.pairwise(splits.tolist()):
        row, grams = words[start:stop], []
        for n in sizes:
            around = n - 1 if most < 0 else min(most, n - 1)
            padded = [left] * around + row + [right] * around
            grams += [separator.join(padded[i : i + n]) for i in range(len(padded) - n + 1)]
        if preserve_short and row and not grams:
            grams = [separator.join([left] * max(most, 0) + row + [right] * max(most, 0))]
        rows.append(grams)
    return _ragged(rows)


@public
def hash_buckets(x: Any, buckets: int) -> Table:
    """A number from 0 to ``buckets`` - 1 for each string, always the same: i32 of x's shape.

    FarmHash's Fingerprint64 of the UTF-8 bytes, modulo ``buckets``: TensorFlow's
    StringToHashBucketFast. Raises ArgumentError for fewer than 1 or over 2³¹ buckets.

    >>> hash_buckets(["Hello", "TensorFlow", "2.x"], 3)
    array([0, 2, 2], dtype=int32)
    """
    if not isinstance(buckets, int) or not 1 <= buckets <= 2**31:
        raise ArgumentError(f"hash_buckets: {buckets!r} buckets, between 1 and 2**31")
    got = _strings(x, "hash_buckets")
    codes = [fingerprint64(s.encode()) % buckets for s in got.ravel().tolist()]
    return np.array(codes, np.int32).reshape(got.shape)


@public
def regex_replace(x: Any, pattern: str, replacement: str, replace_all: bool = True) -> Table:
    r"""Strings with what ``pattern`` (of Python's ``re``) finds replaced: everywhere, or once.

    ``\1`` in the replacement is the first group. Raises ArgumentError for a pattern that is none.

    >>> regex_replace(["a1b22"], "[0-9]+", "#")
    array(['a#b#'], dtype='<U4')
    """
    try:
        rule = re.compile(pattern)
    except re.error as e:
        raise ArgumentError(f"regex_replace: pattern {pattern!r}: {e}") from e
    got = _strings(x, "regex_replace")
    out = [rule.sub(replacement, s, 0 if replace_all else 1) for s in got.ravel().tolist()]
    return np.array(out, np.str_).reshape(got.shape)


__all__ = ["hash_buckets", "ngrams", "regex_replace", "split"]
