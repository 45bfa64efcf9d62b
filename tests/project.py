"""A small copy of the project in a folder of its own, to run the real DAG in."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
HEADER = "identity,query,edition,gender,race,birth_date,job,look_alike"


@dataclass
class Project:
    """Files, `dvc`, and the demo site's request log."""

    folder: Path

    @property
    def catalogue(self) -> Path:
        return self.folder / "data" / "celebrities.csv"

    def write_catalogue(self, rows: list[str]) -> None:
        self.catalogue.write_text("\n".join([HEADER, *rows]) + "\n")

    def set_params(self, **sections: dict[str, Any]) -> None:
        """Change single parameters: `set_params(crop={"margin": 0.3})`."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, values in sections.items():
            params[section] |= values
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def copy(self, folder: Path) -> "Project":
        """Another like this one, outputs, cache and git's history too."""
        return Project(shutil.copytree(self.folder, folder, symlinks=True))

    def commit(self, message: str) -> None:
        """Everything that git does not ignore."""
        self.run("git", "add", ".")
        self.run("git", "commit", "--quiet", f"--message={message}")

    def run(self, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """A command in the project's folder, with this Python's programs first in the path."""
        programs = Path(sys.executable).parent
        environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}"}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, text=True, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        if check and done.returncode:
            raise AssertionError(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}")
        return done

    def repro(self, *targets: str) -> str:
        return self.run("dvc", "repro", *targets).stdout

    def requests(self) -> list[dict[str, Any]]:
        """Every request the demo site answered so far, in order."""
        log = self.folder / ".store" / "demo-requests.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def files(self, *folders: str) -> dict[str, bytes]:
        """The bytes of every file below some folders, by path."""
        found = (path for folder in folders for path in (self.folder / folder).rglob("*"))
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in found
            if path.is_file() and path.name != ".gitignore"
        }


def create(folder: Path, rows: list[str]) -> Project:
    """Copy code, DAG and parameters; no outputs, no store, no git."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("stages", "flows"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("dvc.yaml", "params.yaml", ".dvcignore"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data").mkdir()
    shutil.copy(ROOT / "data" / "forgotten.csv", folder / "data")
    project = Project(folder)
    project.write_catalogue(rows)
    project.run("dvc", "init", "--no-scm", "--quiet")
    project.run("dvc", "config", "core.analytics", "false")
    return project


def clone(folder: Path) -> Project:
    """Every file that git holds or would hold, as it is now, in a repository of its own."""
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        # Outputs of a run in the checkout are not part of what a newcomer gets.
        if (ROOT / name).is_file() and name.split("/")[0] not in {"results", "report", "models"}:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)
    (folder / "dvc.lock").unlink(missing_ok=True)
    made = Project(folder)
    made.run("git", "init", "--quiet", "--initial-branch=main")
    made.run("git", "config", "user.name", "a")
    made.run("git", "config", "user.email", "a@example.org")
    made.commit("The project")
    return made


def run_demo(folder: Path) -> Project:
    """What `make demo` leaves, of eight of its people, which a split needs; not committed."""
    made = clone(folder)
    header, *rows = (ROOT / "data" / "celebrities.csv").read_text().splitlines()
    chosen = [row for row in rows if row.startswith("oriel")] + rows[:7]  # the README's
    made.catalogue.write_text("\n".join([header, *chosen]) + "\n")
    made.set_params(
        scrape={"max_results": 20}, train={"models": ["compact"], "image_size": 32, "epochs": 1}
    )
    made.run("python", "-m", "stages.tools.offline_plots", ".dvc/plots/page.html")
    made.repro()
    return made
