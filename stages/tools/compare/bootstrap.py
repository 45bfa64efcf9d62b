"""Whether two models' figures differ by more than chance: bootstrap intervals of the difference.

People are drawn with replacement, each with all faces of theirs (the cluster bootstrap: Field and
Welsh 2007, "Bootstrapping clustered data"), since the faces of one person are not independent.
Intervals are the middle 95 % of the differences (the percentile method: Efron and Tibshirani 1993,
"An Introduction to the Bootstrap", chapter 13). With few people they are too narrow.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from stages.core.labels.kinds import Label
from stages.evaluate import metrics
from stages.evaluate.metrics import Floats

RESAMPLES = 2000
LEVEL = 95  # per cent
SEED = 1
HELD = 2_000_000  # weights in memory, 16 MB for each revision
# When all of five people do better by chance, which happens once in 16 times, so does every
# resample: five people are too few for 95 %.
LEAST_PEOPLE = 6


def intervals(
    label: Label, before: Floats, after: Floats, paired: bool
) -> dict[str, tuple[Floats, Floats]]:
    """The lower and upper bound, (G,) each, of every figure's difference (after − before).

    before, after: sums of `metrics.parts` per figure's part, person and group, (S, people, G).
    paired: both revisions have the same people and faces, so both use the same draws. No group may
    be empty in either revision.
    """
    resampled: dict[str, list[Floats]] = {}
    for drawn, drawn_after in _draws(before.shape[1], after.shape[1], paired):
        old = metrics.of_sums(label, _drawn_sums(drawn, before))
        new = metrics.of_sums(label, _drawn_sums(drawn_after, after))
        for name in old.keys() - {"n"}:
            resampled.setdefault(name, []).append(new[name] - old[name])
    ends = (50 - LEVEL / 2, 50 + LEVEL / 2)
    # A resample may contain nobody of a group; then that group's figure is NaN and is ignored.
    spans = {name: np.nanpercentile(np.concatenate(each), ends, axis=0)
             for name, each in resampled.items()}  # fmt: skip
    return {name: (low, high) for name, (low, high) in spans.items()}


def _drawn_sums(drawn: Floats, sums: Floats) -> Floats:
    """Sums over each draw's people: (B, people) and (S, people, G) to (S, B, G)."""
    # A single flat product: numpy does not use BLAS for stacked ones that are not contiguous.
    parts, people, groups = sums.shape
    flat = np.ascontiguousarray(sums.swapaxes(0, 1)).reshape(people, parts * groups)
    return (drawn @ flat).reshape(len(drawn), parts, groups).swapaxes(0, 1)


def _draws(people: int, people_after: int, paired: bool) -> Iterator[tuple[Floats, Floats]]:
    """How often each person is drawn, (B, people) per revision, in chunks; B sum to RESAMPLES."""
    first, second = np.random.default_rng(SEED), np.random.default_rng(SEED + 1)
    rows = max(1, HELD // max(people, people_after))
    for start in range(0, RESAMPLES, rows):
        size = min(rows, RESAMPLES - start)
        drawn = _weights(first, size, people)
        yield drawn, drawn if paired else _weights(second, size, people_after)


def _weights(rng: np.random.Generator, size: int, people: int) -> Floats:
    chosen = rng.integers(0, people, (size, people)) + people * np.arange(size)[:, None]
    counts = np.bincount(chosen.ravel(), minlength=size * people)
    return counts.reshape(size, people).astype(np.float64)


def per_person(
    parts: Floats, people: npt.NDArray[np.int64], count: int, groups: npt.NDArray[np.bool_]
) -> Floats:
    """Sums (S, count, G) of faces' parts (S, N), by number of person (N,) and group (G, N)."""
    weighed = (part * group for part in parts for group in groups)
    sums = [np.bincount(people, each, minlength=count) for each in weighed]
    table = np.stack(sums).astype(np.float64)
    return table.reshape(len(parts), len(groups), count).swapaxes(1, 2)
