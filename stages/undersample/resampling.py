"""Which rows to take so that no bin has too many or too few: random under- and oversampling."""

from collections.abc import Callable

import numpy as np
from imblearn.over_sampling import RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.utils import resample

from stages.undersample.bins import Indices
from stages.undersample.params import RATIO, Params


def choose(bins: Indices, params: Params) -> Indices:
    """Which rows to take, some of them repeatedly, as increasing indices. bins: of each row, (N,).

    The cap comes first; both limits follow from the original sizes of the bins.
    """
    counts = np.unique(bins, return_counts=True)[1].tolist()
    most, fewest = cap_rows(params.cap, counts), floor_rows(params.floor, counts)
    kept = resampled(bins, lambda size: min(size, most), params.seed)
    return kept[resampled(bins[kept], lambda size: max(size, fewest), params.seed)]


def resampled(bins: Indices, resize: Callable[[int], int], seed: int) -> Indices:
    """Rows drawn at random, as increasing indices. resize: from a bin's size to the wanted one."""
    present, counts = np.unique(bins, return_counts=True)
    wanted = {int(b): resize(int(n)) for b, n in zip(present, counts, strict=True)}
    total = sum(wanted.values())
    rows = np.arange(bins.size)
    if list(wanted.values()) == counts.tolist():
        return rows
    if len(wanted) == 1:  # imbalanced-learn refuses a single class
        more = np.empty(0, int) if total < rows.size else rows
        drawn = total - more.size
        extra = resample(rows, replace=drawn > rows.size, n_samples=drawn, random_state=seed)
        kept = np.concatenate([more, extra])
    else:
        how = RandomUnderSampler if total < rows.size else RandomOverSampler
        sampler = how(sampling_strategy=wanted, random_state=seed)
        sampler.fit_resample(rows[:, None], bins)
        kept = sampler.sample_indices_
    return np.sort(np.asarray(kept, dtype=np.int64))


def cap_rows(cap: int | str, counts: list[int]) -> int:
    """The most rows that a bin may keep. counts: the sizes of the bins that have any."""
    if cap == "none" or not counts:
        return max(counts, default=0)
    if cap == "median":
        return int(np.median(counts))
    ratio = RATIO.fullmatch(str(cap))
    return int(float(ratio[1]) * min(counts)) if ratio else int(cap)


def floor_rows(floor: int | str, counts: list[int]) -> int:
    """The fewest rows that a bin must have. counts: the sizes of the bins that have any."""
    if floor == "none" or not counts:
        return 0
    return int(np.median(counts)) if floor == "median" else int(floor)
