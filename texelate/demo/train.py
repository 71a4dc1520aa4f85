"""Training, testing, and the comparison with the numpy backend."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

import texelate as tx

from ..data.handwritten import Images, Labels, Split
from .augment import augment
from .models import BATCH, Network

RATE = 0.008
Report = Callable[[int, int, float], None]
"""``report(step, steps, loss)``, called after each epoch."""


@dataclass
class Training:
    """How a network learned, and how it does on the digits it has not seen."""

    network: Network
    losses: list[float]
    accuracies: list[float]  # on the held-out digits, after each epoch
    predicted: Labels
    confidence: NDArray[np.float32]  # the probability given to each prediction
    seconds: float
    first_step: float  # seconds, with compilation
    parameters: int
    difference: float | None = None  # from the numpy backend, greatest over the first steps
    kernels: list[Any] = field(default_factory=list)

    @property
    def accuracy(self) -> float:
        """The fraction of held-out digits read correctly, after training."""
        return self.accuracies[-1]

    @property
    def steps_per_second(self) -> float:
        """Warm steps; the first, which compiles, is left out."""
        return (len(self.losses) - 1) / (self.seconds - self.first_step)


def batches(data: Split, epochs: int, seed: int) -> Iterator[list[tuple[Images, Labels]]]:
    """For each epoch its batches: shuffled, augmented, all of one size."""
    random = np.random.RandomState(seed)
    for _ in range(epochs):
        order = random.permutation(len(data.train_labels))
        images = augment(data.train_images, random)
        starts = range(0, len(order) - BATCH + 1, BATCH)
        picks = [order[start : start + BATCH] for start in starts]
        yield [(images[pick], data.train_labels[pick]) for pick in picks]


def learning_rate(step: int, steps: int) -> np.float32:
    """Falls from RATE to zero along a cosine (https://arxiv.org/abs/1608.03983)."""
    return np.float32(RATE * (0.5 + 0.5 * math.cos(math.pi * step / steps)))


def train(network: Network, data: Split, *, epochs: int, seed: int, report: Report) -> Training:
    """Trains on ``data`` and tests after every epoch."""
    params = network.init(tx.random.key(seed))
    state = tx.optim.adam(RATE).init(params)
    predict = tx.jit(
        lambda params, images: tx.nn.functional.softmax(network.logits(params, images))
    )
    size = sum(math.prod(leaf.shape) for leaf in tx.tree.leaves(params))
    steps = epochs * (len(data.train_labels) // BATCH)
    losses: list[float] = []
    accuracies: list[float] = []
    started = time.perf_counter()
    first_step = 0.0
    for epoch in batches(data, epochs, seed):
        pending: list[Any] = []
        for images, labels in epoch:
            rate = learning_rate(len(losses) + len(pending), steps)
            params, state, loss = network.step(params, state, images, labels, rate)
            pending.append(loss)
            if not first_step:
                tx.block_until_ready(loss)
                first_step = time.perf_counter() - started
        losses += [float(loss) for loss in pending]  # read once an epoch: reading waits
        probabilities = np.asarray(predict(params, data.test_images))
        predicted = probabilities.argmax(axis=1).astype(np.int32)
        accuracies.append(float((predicted == data.test_labels).mean()))
        report(len(losses), steps, losses[-1])
    return Training(
        network, losses, accuracies, predicted, probabilities.max(axis=1),
        time.perf_counter() - started, first_step, size,
    )  # fmt: skip


def numpy_losses(
    network: Network, data: Split, *, epochs: int, seed: int, count: int
) -> list[float]:
    """The first ``count`` losses of the same training, computed by the numpy backend."""
    steps = epochs * (len(data.train_labels) // BATCH)
    losses: list[float] = []
    with tx.backend("numpy"):
        params = network.init(tx.random.key(seed))
        state = tx.optim.adam(RATE).init(params)
        for epoch in batches(data, epochs, seed):
            for images, labels in epoch:
                rate = learning_rate(len(losses), steps)
                params, state, loss = network.step(params, state, images, labels, rate)
                losses.append(float(loss))
                if len(losses) == count:
                    return losses
    return losses
