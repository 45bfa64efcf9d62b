"""Give every face the labels that its picture, its data set and the catalogue know."""

import logging
from pathlib import Path

from stages.core import catalogue, label_schema, schema, tables
from stages.core.labels.known import labels_of
from stages.core.stage import run
from stages.label.attach import attach, crowded
from stages.label.counts import Counts
from stages.label.params import Params

ROWS = 8192  # no pixels: about 5 MB in flight
log = logging.getLogger("label")


def main(
    celebrities: Path,
    faces: Path,
    labeled: Path,
    results: Path,
    params: Params,
    sources: dict[str, str],
) -> None:
    """Label the faces of every source in `sources`, and warn of names that met nothing."""
    people = {person.identity: person for person in catalogue.read(celebrities)}
    files, labels, counts = tables.partitions(faces, sources), labels_of(params.labels), Counts()
    columns = [name for name in schema.FACES.names if name != "face"]
    crowds = crowded(tables.read_batches(files, ["source", "image_id", "face_id"], ROWS))
    rows = tables.read_batches(files, columns, ROWS)
    tables.write_batches(
        labeled, label_schema.labeled(labels), attach(rows, people, labels, crowds, counts)
    )
    tables.write_json(results, counts.summary(params.labels, sources, people))
    for warning in counts.warnings(params.labels, sources, celebrities, people):
        log.warning(warning)
    log.info("%d faces labeled", counts.rows)


if __name__ == "__main__":
    run(main, sources="scrape.sources")
