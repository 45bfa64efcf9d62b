"""What belongs to people, addresses and pictures: gather it, delete it, prove that it is gone.

What belongs to them is gathered first, since afterwards nobody can say what to look for. Then the
list and the catalogue change, the pipeline makes everything anew, and what it does not own (other
versions in DVC's cache, experiments' copies, runs in Prefect's database) is deleted.
"""

import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from dvc.repo import Repo
from prefect.artifacts import create_table_artifact
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.settings import get_current_settings
from pydantic import BaseModel, ConfigDict, Field

from flows import artifacts, children, editing
from stages.core import catalogue, paths
from stages.core.program import InputError
from stages.forget import forgotten as lists
from stages.forget import proof, purge
from stages.forget.forgotten import Forgotten
from stages.forget.proof import SearchReport, Traces

PLOTS, TEMPORARY = Path("dvc_plots"), Path(".dvc/tmp")
PAGE = 200  # the most that Prefect's server gives at once
_PICTURE = re.compile(r"([0-9a-f]{64})(?:-\d+)?")  # an image_id, or a face_id
UNREACHED = """
**Not reached from here, and how to finish:**
- *DVC remotes*: `dvc push && dvc gc --workspace --cloud`, by somebody who may delete there.
- *Git's history* of the catalogue, of metrics and of experiments: `dvc exp remove --all-commits`,
  `git filter-repo --replace-text`, `git gc --prune=now`, then a forced push and fresh clones.
- *Other clones*: `git pull && dvc repro && dvc gc --workspace`; the store there purges itself.
- *Models* trained before are trained anew here; copies elsewhere have learnt from the pictures.
- *Prefect's database*: runs that name the person are deleted; events stay until they expire
  (`PREFECT_SERVER_EVENTS_RETENTION_PERIOD`), pages of a SQLite file until `VACUUM`.
- *Backups* of any of these, and pictures cropped, resized or saved anew: the list knows bytes.
"""


class Removal(BaseModel):
    """What is to be forgotten, by one of the three."""

    model_config = ConfigDict(str_strip_whitespace=True)

    identity: str = Field("", description="Everything of a person: the catalogue's identity")
    url: str = Field("", description="A picture's address, or its page's; the person stays")
    picture: str = Field("", description="A file, or an image_id; the person stays")


@dataclass(frozen=True)
class Case:
    """What is to be forgotten: whose rows go, the list's new hashes, what to search for."""

    identities: frozenset[str]
    hashes: Forgotten
    traces: Traces


def gather(removals: Sequence[Removal]) -> Case:
    """All that belongs to what is to be forgotten; `InputError` when nobody knows it."""
    identities = frozenset(each.identity for each in removals if _kind(each) == "identity")
    urls = {each.url for each in removals if _kind(each) == "url"}
    images = {_image_id(each.picture) for each in removals if _kind(each) == "picture"}
    people = {each.identity: each for each in catalogue.read(paths.CATALOGUE)}
    names = identities | {people[name].query for name in identities & set(people)}
    seeds = lists.of(names, urls, images)
    for identity in people.keys() - identities:
        if lists.of(names).found_in(identity, people[identity].query):
            reason = "goes by a name that is to be forgotten; forget it too, or rename it"
            raise InputError(f"forget.identity: {identity!r} {reason}")
    for identity in sorted(identities - set(people)):
        _refuse_stranger(identity)
    rows = purge.related(_files(), seeds)
    hashes = seeds | rows.hashes
    pictures = frozenset(images | rows.images | rows.faces)
    return Case(identities, hashes, Traces(names, frozenset(urls | rows.urls), pictures))


def _kind(removal: Removal) -> str:
    kinds = [name for name, value in removal if value]
    if len(kinds) != 1:
        raise InputError(f"forget: has {kinds or 'nothing'}; give one of identity, url, picture")
    return kinds[0]


def _image_id(picture: str) -> str:
    if match := _PICTURE.fullmatch(picture):
        return match[1]
    path = Path(picture)
    if not path.is_file():
        allowed = "must be a file, or 64 digits 0-9, a-f"
        raise InputError(f"forget.picture = {picture!r}: no such file; {allowed}")
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _refuse_stranger(identity: str) -> None:
    """`InputError` for a name that nothing here knows: a typing error would be proven forgotten."""
    named = lists.of([identity])
    if named.names <= lists.read(paths.FORGOTTEN).names or purge.related(_files(), named).urls:
        return
    raise InputError(f"forget.identity = {identity!r}: in no catalogue, list or table here")


def _files() -> Iterator[Path]:
    for place in places():
        yield from proof.files(place)


def places() -> list[Path]:
    """The workspace, and what DVC keeps outside of it."""
    return [Path(), *(path for path in _kept_by_dvc() if _is_outside(path))]


def _kept_by_dvc() -> tuple[Path, Path]:
    """The cache; and what DVC remembers of paths and files, which it can do without."""
    with Repo() as repo:
        return Path(repo.cache.local.path), Path(repo.site_cache_dir)


def _is_outside(path: Path) -> bool:
    return not path.resolve().is_relative_to(Path().resolve())


def add_to_list(case: Case) -> None:
    """Put the hashes on the list, and take the people out of the catalogue."""
    for identity in case.identities:
        editing.drop(paths.CATALOGUE, identity)
    lists.write(paths.FORGOTTEN, lists.read(paths.FORGOTTEN) | case.hashes)


def clean(case: Case, own: UUID, log: Callable[[str], None]) -> None:
    """Delete what the pipeline does not make anew. `own` is this flow's run."""
    cache, index = _kept_by_dvc()
    if _is_outside(cache):
        log("DVC's cache is shared: finish with dvc gc --workspace --projects FOLDER ...")
    else:
        _collect(log)
    experiments = (path for path in TEMPORARY.iterdir() if path.is_dir())  # locks are files
    for folder in (*experiments, PLOTS, index):
        shutil.rmtree(folder, ignore_errors=True)
    log(f"contact sheets deleted: {artifacts.forget()}")
    with get_client(sync_client=True) as client:
        log(f"runs deleted that named what is forgotten: {_delete_runs(client, case, own)}")


def _collect(log: Callable[[str], None]) -> None:
    log("every other version of the data leaves DVC's cache, also of those who stay")
    done = children.run([sys.executable, "-m", "dvc", "gc", "--workspace", "--force"], log)
    if done.code:
        raise InputError(f"dvc gc: {done.last[-1] if done.last else 'failed'}")


def _delete_runs(client: SyncPrefectClient, case: Case, own: UUID) -> int:
    """Delete runs whose parameters or logs name it; our own keeps running and loses the former."""
    logs = _pages(client.read_logs)
    naming = {each.flow_run_id for each in logs if case.traces.count(each.message)} - {None}
    runs = _pages(client.read_flow_runs)
    naming |= {run.id for run in runs if case.traces.count(run.model_dump_json())}
    if own in naming:
        client.update_flow_run(own, parameters={"removals": []})
    for run in naming - {own}:
        client.delete_flow_run(run)
    return len(naming - {own})


def _pages(read: Callable[..., list[Any]]) -> Iterator[Any]:
    """All that a client's function reads. The server's own text search needs a newer SQLite."""
    place = 0
    while page := read(limit=PAGE, offset=place):
        yield from page
        place += len(page)


def prove(case: Case) -> list[SearchReport]:
    """Search everything, and show the outcome."""
    home = get_current_settings().home  # Prefect's own database is not ours to search
    reports = proof.search(places(), case.traces, skip=[home])
    looked = {
        "names": len(case.traces.names),
        "addresses": len(case.traces.urls),
        "pictures and faces": len(case.traces.pictures),
    }
    table = [
        {"place": each.place, "files": each.files, "bytes": each.bytes, "found": len(each.found)}
        for each in reports
    ]
    searched = ", ".join(f"{count} {what}" for what, count in looked.items())
    create_table_artifact(table, "forgotten", f"Searched for {searched}.\n{UNREACHED}")
    return reports
