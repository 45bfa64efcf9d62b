"""How far a stage is, as a Prefect artifact: read from the lines that it writes."""

import re
import time
from dataclasses import dataclass
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from stages.core.progress import percent

SECONDS = 2.0  # between two updates


def key(stage: str) -> str:
    """An artifact's key may hold lower-case letters, digits and dashes."""
    return "progress-" + re.sub(r"[^a-z0-9]+", "-", stage.lower()).strip("-")


@dataclass
class ProgressArtifact:
    """The artifact of one stage; it begins with the first line that says how much is done."""

    stage: str
    artifact: UUID | None = None
    updated: float = float("-inf")

    def read(self, line: str) -> None:
        """Bring the artifact up to date with a line, but not more often than every 2 s."""
        done = percent(line)
        if done is None or (time.monotonic() - self.updated < SECONDS and done < 100):
            return
        self._publish(done, line)

    def finish(self) -> None:
        """Say that all is done, where anything was said before."""
        if self.artifact:
            self._publish(100.0, "done")

    def _publish(self, done: float, line: str) -> None:
        self.updated = time.monotonic()
        if self.artifact:
            update_progress_artifact(self.artifact, done, description=line)
        else:
            created = create_progress_artifact(done, key=key(self.stage), description=line)
            assert isinstance(created, UUID)  # async only where there is an event loop
            self.artifact = created
