"""The data funnel: from addresses to training rows, with what each step left out."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from stages.report.figures import Figures


@dataclass(frozen=True)
class Step:
    """One step of the funnel: how many went in, how many came out, and why others did not."""

    name: str
    entered: int
    left: int
    reasons: dict[str, int]


def funnel(figures: Figures, sources: Iterable[str]) -> list[Step]:
    """The steps from URLs to training rows, from each stage's own counts."""
    scraped = [figures["scrape"][source] for source in sources]
    cropped = [figures["crop"][source] for source in sources]
    tried, kept = _total(scraped, "tried"), _total(scraped, "kept")
    faces = _total(cropped, "faces")
    checked, thinned = figures["validate"], figures["undersample"]
    return [
        Step("fetch pictures", tried, kept, _merged(scraped)),
        Step("find one face", kept, faces, _merged(cropped)),
        Step("validate labels", checked["rows"], checked["valid"], checked["reasons"]),
        Step(
            "balance training faces",
            checked["valid"],
            checked["valid"] - thinned["dropped"],
            {"over the cap of its bin": thinned["dropped"]} if thinned["dropped"] else {},
        ),
    ]


def _total(figures: list[Figures], name: str) -> int:
    return sum(each[name] for each in figures)


def _merged(figures: list[Figures]) -> dict[str, int]:
    """Reasons of several sources together, most frequent first."""
    counts: Counter[str] = Counter()
    for each in figures:
        counts.update(each["left_out"])
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
