"""String functions against TensorFlow.js's published examples, and Fingerprint64's test vectors."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import texelate as tx
from texelate import strings
from texelate.fingerprints import fingerprint64


def random_bytes(count: int) -> bytes:
    """ACMRandom(10): the bytes of the vectors in farmhash's and TensorFlow.js's tests."""
    seed, out = 10, []
    for _ in range(count):
        seed = seed * 16807 % (2**31 - 1)
        out.append(seed >> 1 & 255)
    return bytes(out)


VECTORS = {  # length: fingerprint
    0: 0x9AE16A3B2F90404F,
    1: 0x49D8A5E3FA93C327,
    2: 0xFD259ABB0FF2BF12,
    3: 0x781F1C6437096AC2,
    4: 0x0F1369D6C0B45716,
    5: 0x02D8CEC6394DE09A,
    7: 0x1FAF6C6D43626C48,
    9: 0xC93EFD6DBE139BE8,
    12: 0x65ABBC967C87D515,
    16: 0x3F61450A03CFF5AF,
    20: 0x5D2FE297E45FED1A,
    26: 0xEB665983AEB9AB94,
    33: 0x3A5F3890B124B4A3,
    42: 0xF0C1CD66D7D9F246,
    53: 0xCF7E3E4B1EFEBA6D,
    67: 0x0CED753B45740875,
    84: 0xA585E0BE01846FF4,
    105: 0xFB6496DEB356CDDA,
    132: 0xF2E4C5B6DB6C154A,
    166: 0x4498451C3BCA85A0,
    208: 0xD604355FA4D0B14E,
    261: 0xBB165E6B84BA9CDF,
    327: 0x9EBFAB4519B1348C,
    409: 0x5921974BA2E9A5C2,
    512: 0xA86A96E7A44282E3,
    640: 0xDD731DFEE500AA3C,
    800: 0xA69F3400E6C98357,
    1000: 0x5C63B66443990BEC,
}


@pytest.mark.parametrize("length", VECTORS)
def test_fingerprints(length: int) -> None:
    assert fingerprint64(random_bytes(length)) == VECTORS[length]


def test_hash_buckets_keep_shapes() -> None:
    got = strings.hash_buckets([[["a"], ["b"]], [["c"], ["d"]]], 10)
    assert got.tolist() == [[[9], [2]], [[2], [5]]]
    assert strings.hash_buckets(["a", "b"], 1).tolist() == [0, 0]
    assert strings.hash_buckets([], 2**31).shape == (0,)


def test_splitting() -> None:
    def split(x: Any, *options: Any) -> Any:
        tokens, splits = strings.split(x, *options)
        return [tokens[a:b].tolist() for a, b in itertools.pairwise(splits)]

    text = ["#a", "b#", "#c#", "", "d##e"]
    assert split(text, "#") == [["a"], ["b"], ["c"], [], ["d", "e"]]
    want = [["", "a"], ["b", ""], ["", "c", ""], [], ["d", "", "e"]]
    assert split(text, "#", False) == want
    assert split(["a-b]c^d"], "-]^") == [["a", "b", "c", "d"]]
    assert split(["héy"], "") == [["h", "é", "y"]]


SIX = ["a", "b", "c", "d", "e", "f"]
PAD = ("LP", "RP")
GRAMS: list[tuple[Any, ...]] = [
    ([0, 4, 6], 2, {"pad": PAD}, "LP|a a|b b|c c|d d|RP LP|e e|f f|RP", [0, 5, 8]),
    ([0, 4, 6], 2, {"pad": PAD, "pad_width": 4}, "LP|a a|b b|c c|d d|RP LP|e e|f f|RP", [0, 5, 8]),
    ([0, 4, 6], 3, {}, "a|b|c b|c|d", [0, 2, 2]),
    ([0, 4, 4, 6], 3, {"preserve_short": True}, "a|b|c b|c|d e|f", [0, 2, 2, 3]),
    ([0, 4, 6], [4, 3], {"preserve_short": True}, "a|b|c|d a|b|c b|c|d e|f", [0, 3, 4]),
    ([0, 4, 6], 3, {"pad": PAD, "pad_width": 1}, "LP|a|b a|b|c b|c|d c|d|RP LP|e|f e|f|RP",
     [0, 4, 6]),
    ([0, 4, 6], 5, {"pad": PAD, "pad_width": 1, "preserve_short": True},
     "LP|a|b|c|d a|b|c|d|RP LP|e|f|RP", [0, 2, 3]),
    ([0, 1, 4, 6], 5, {}, "", [0, 0, 0, 0]),
    ([0, 1, 4, 6], 3, {"pad": PAD},
     "LP|LP|a LP|a|RP a|RP|RP LP|LP|b LP|b|c b|c|d c|d|RP d|RP|RP LP|LP|e LP|e|f e|f|RP f|RP|RP",
     [0, 3, 8, 12]),
]  # fmt: skip


@pytest.mark.parametrize(("splits", "widths", "options", "grams", "rows"), GRAMS)
def test_ngrams(splits: Any, widths: Any, options: Any, grams: str, rows: Any) -> None:
    got, ends = strings.ngrams(SIX, splits, widths, "|", **options)
    assert got.tolist() == grams.split()
    assert ends.tolist() == rows


def test_replacing() -> None:
    got = strings.regex_replace([["ab12", "x"]], r"([a-z])(\d)", r"\2\1")
    np.testing.assert_array_equal(got, [["a1b2", "x"]])
    assert strings.regex_replace(["aaa"], "a", "b", replace_all=False).tolist() == ["baa"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: strings.split([1, 2]),
        lambda: strings.split("a b"),
        lambda: strings.hash_buckets(["a"], 0),
        lambda: strings.regex_replace(["a"], "(", ""),
        lambda: strings.ngrams(SIX, [0, 6], 0),
        lambda: strings.ngrams(SIX, [0, 5], 2),
        lambda: strings.ngrams(SIX, [0, 4, 2, 6], 2),
    ],
)
def test_bad_input(call: Any) -> None:
    with pytest.raises((tx.ShapeError, tx.ArgumentError)):
        call()
