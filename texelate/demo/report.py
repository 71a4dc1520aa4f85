"""The report: one self-contained page about what the demo did."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..cli.kernels import hottest
from ..cli.page import write
from ..data.handwritten import Split
from .charts import accuracy_chart, confusion_chart, loss_chart

if TYPE_CHECKING:
    from .run import Outcome
    from .train import Training

SHOWN_RIGHT = 24


def write_report(folder: Path, outcome: Outcome, data: Split) -> Path:
    """Writes ``folder/index.html`` and returns its path."""
    from markupsafe import Markup

    page = folder / "index.html"
    write(
        page,
        "report.html.j2",
        outcome=outcome,
        train_count=len(data.train_labels),
        test_count=len(data.test_labels),
        losses=Markup(loss_chart(outcome.trainings)),
        accuracies=Markup(accuracy_chart(outcome.trainings, 0.97)),
        networks=[_network(training, data) for training in outcome.trainings],
    )
    return page


def _network(training: Training, data: Split) -> dict[str, Any]:
    from markupsafe import Markup

    right = training.predicted == data.test_labels
    order = np.argsort(training.confidence)
    wrong_ones = [_sample(training, data, i) for i in order if not right[i]]
    right_ones = [_sample(training, data, i) for i in np.flatnonzero(right)[:SHOWN_RIGHT]]
    return {
        "training": training,
        "confusion": Markup(confusion_chart(_confusion(data.test_labels, training.predicted))),
        "wrong": wrong_ones,
        "right": right_ones,
        "hottest": hottest(training.kernels) if training.kernels else None,
    }


def _confusion(labels: NDArray[np.int32], predicted: NDArray[np.int32]) -> NDArray[np.int64]:
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    return counts


def _sample(training: Training, data: Split, index: int) -> dict[str, Any]:
    return {
        "cells": _cells(data.test_images[index]),
        "label": int(data.test_labels[index]),
        "read": int(training.predicted[index]),
        "sure": float(training.confidence[index]),
    }


def _cells(image: NDArray[np.float32]) -> list[tuple[int, int, str]]:
    """The inked pixels of a scan: column, row, opacity."""
    return [(int(x), int(y), f"{image[y, x]:.2g}") for y, x in np.argwhere(image > 0)]
