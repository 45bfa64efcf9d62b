"""The README's own code blocks run as they stand, in their order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT, Project

pytestmark = pytest.mark.slow

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def project(demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What `make demo` leaves, in a git repository."""
    return demo.copy(tmp_path_factory.mktemp("readme") / "faceline")


@pytest.fixture(scope="module")
def said(project: Project) -> str:
    """What all shell blocks print, run as one script that stops at the first failure."""
    script = "set -ex\n" + "\n".join(blocks("bash"))
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PREFECT_HOME": str(project.folder.parent / "prefect"),
        "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.org",
        "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.org",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-c", script], cwd=project.folder, env=environment, text=True, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
    return done.stdout


def test_the_four_ways_in_do_what_they_say(project: Project, said: str) -> None:
    assert "results/compact/metrics.json" in said  # dvc metrics diff
    assert "Finished in state Completed()" in said  # the flow
    assert "Finished in state Cached(" in said
    assert "COMPLE" in said  # prefect flow-run ls
    assert "Ran experiment" in said
    assert "| Experiment" in said or "| rev" in said  # dvc exp show --md
    page = (project.folder / "dvc_plots" / "index.html").read_text()
    assert "vegaEmbed" in page
    assert not re.search(r"<script[^>]+src=", page)
    assert "Stage 'scrape@demo' didn't change, skipping" in said
    people = len(project.catalogue.read_text().splitlines()) - 1
    fetched = re.findall(r"scrape: demo: (\d+) partitions, (\d+) to fetch", said)
    assert fetched == [(f"{people + 1}", "1"), (f"{people + 1}", "1"), (f"{people}", "0")]
    asked = {entry["path"] for entry in project.requests() if "Ada%20Lorne" in entry["path"]}
    assert asked
    assert "ada-lorne" not in project.catalogue.read_text()
    assert (Path("/tmp") / "somebody.png").exists()


def pattern(line: str) -> str:
    """A shown line, whatever its numbers and generated names are, and however wide its columns."""
    words = [re.escape(word) for word in line.split()]
    return r"\s+".join(re.sub(r"\d+(?:\\\.\d+)*", r"[-\\d.]+", word) for word in words)


@pytest.mark.parametrize("line", [line for each in blocks("text") for line in each.splitlines()])
def test_it_prints_what_the_readme_shows(said: str, line: str) -> None:
    assert re.search(pattern(line), said), line


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_the_shards_are_read_as_shown(project: Project, said: str, number: int) -> None:
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "HF_HOME": str(project.folder.parent / "hf")}
    done = subprocess.run(
        [sys.executable, "-c", blocks("python")[number]], cwd=project.folder, env=environment,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()
