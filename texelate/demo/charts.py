"""The report's charts: altair specifications, rendered to SVG that follows the page's colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .train import Training

COLORS = ("#1b8a83", "#d9822b")  # one a network; both read on light and on dark
MISREAD = "#d0453e"
INK, GRID = "currentColor", "#88888833"
Confusion = NDArray[np.int64]


def smoothed(values: Sequence[float], window: int = 11) -> list[float]:
    """The mean over the last ``window`` values (fewer at the start).

    >>> smoothed([1.0, 3.0, 5.0], window=2)
    [1.0, 2.0, 4.0]
    """
    sums = np.cumsum([0.0, *values])
    starts = np.maximum(np.arange(1, len(values) + 1) - window, 0)
    ends = np.arange(1, len(values) + 1)
    return [float(v) for v in (sums[ends] - sums[starts]) / (ends - starts)]


def loss_chart(trainings: Sequence[Training]) -> str:
    """Loss of each step, on a logarithmic axis, as SVG."""
    import altair as alt

    values = [
        {"network": t.network.name, "step": i, "loss": loss, "raw": raw}
        for t in trainings
        for i, (raw, loss) in enumerate(zip(t.losses, smoothed(t.losses)), 1)
    ]
    base = _by_network(values, trainings).encode(x=alt.X("step:Q", title="step"))
    scale = alt.Scale(type="log", nice=False)
    raw = base.mark_line(opacity=0.25, strokeWidth=1)
    mean = base.mark_line(strokeWidth=2)
    return _svg(
        raw.encode(y=alt.Y("raw:Q", scale=scale, title="loss"))
        + mean.encode(y=alt.Y("loss:Q", scale=scale, title="loss")),
        width=470,
        height=270,
    )


def accuracy_chart(trainings: Sequence[Training], required: float) -> str:
    """Accuracy on the held-out digits after each epoch, with the mark to reach, as SVG."""
    import altair as alt

    values: list[dict[str, Any]] = [
        {"network": t.network.name, "epoch": i, "accuracy": accuracy}
        for t in trainings
        for i, accuracy in enumerate(t.accuracies, 1)
    ]
    lowest = min(accuracy for t in trainings for accuracy in t.accuracies)
    scale = alt.Scale(domain=[max(0.8, lowest), 1.0], clamp=True)
    lines = (
        _by_network(values, trainings)
        .mark_line(strokeWidth=2)
        .encode(
            x=alt.X("epoch:Q", title="epoch"),
            y=alt.Y(
                "accuracy:Q", scale=scale, axis=alt.Axis(format=".0%"), title="held-out accuracy"
            ),
        )
    )
    mark = (
        alt.Chart(alt.Data(values=[{"required": required}]))
        .mark_rule(strokeDash=[4, 4], opacity=0.6, color=INK)
        .encode(y="required:Q")
    )
    return _svg(lines + mark, width=470, height=270)


def confusion_chart(counts: Confusion) -> str:
    """Which digit (row) was read as which (column), as SVG: green what is right, red the rest."""
    import altair as alt

    values = [
        {"digit": i, "read": j, "count": int(counts[i, j]), "right": i == j}
        for i, j in np.ndindex(*counts.shape)
    ]
    base = alt.Chart(alt.Data(values=values)).encode(
        x=alt.X("read:O", title="read as", axis=alt.Axis(labelAngle=0, orient="top")),
        y=alt.Y("digit:O", title="digit"),
    )
    shade = {
        "condition": [
            {"test": "datum.right", "value": COLORS[0]},
            {"test": "datum.count > 0", "value": MISREAD},
        ],
        "value": "#888888",
    }
    right, wrong = "0.3 + 0.6 * datum.count / 45", "0.45 + 0.15 * datum.count"
    share = f"datum.count == 0 ? 0.07 : datum.right ? {right} : {wrong}"
    cells = (
        base.transform_calculate(share=share)
        .mark_rect(cornerRadius=3)
        .encode(color=alt.ColorValue(**shade), opacity=alt.Opacity("share:Q", scale=None))
    )
    numbers = base.transform_filter("datum.count > 0").mark_text(color=INK).encode(text="count:Q")
    return _svg(cells + numbers, width=330, height=330)


def _by_network(values: list[dict[str, Any]], trainings: Sequence[Training]) -> Any:
    import altair as alt

    names = [t.network.name for t in trainings]
    scale = alt.Scale(domain=names, range=list(COLORS))
    color = alt.Color(
        "network:N", scale=scale, legend=alt.Legend(title=None, orient="top", offset=4)
    )
    return alt.Chart(alt.Data(values=values)).encode(color=color)


def _svg(chart: Any, *, width: int, height: int) -> str:
    """Text in the page's own colour, so that one picture serves the light and the dark theme."""
    import vl_convert

    axis = {
        "labelColor": INK, "titleColor": INK, "domain": False, "ticks": False,
        "gridColor": GRID, "labelFontSize": 11, "titleFontSize": 12, "titleFontWeight": 500,
        "labelPadding": 6, "titlePadding": 10,
    }  # fmt: skip
    spec = chart.properties(width=width, height=height, background="transparent").to_dict()
    spec["config"] = {
        "axis": axis, "view": {"stroke": None}, "font": "sans-serif",
        "legend": {
            "labelColor": INK, "labelFontSize": 12, "symbolStrokeWidth": 3, "symbolOpacity": 1,
        },
    }  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg
