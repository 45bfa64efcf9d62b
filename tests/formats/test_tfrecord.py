"""Writing shards where the disk is full; reading them is in test_batches.py."""

import errno
from pathlib import Path

import pytest

from stages.core.labels.known import labels_of
from stages.formats import tfrecord
from tests.shards_fixture import LABELED, draw


def test_a_full_disk_is_an_error_of_the_system(tmp_path: Path) -> None:
    writer = tfrecord.Writer(tmp_path, labels_of(LABELED), 32)
    (tmp_path / "shard").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as error:
        writer.write("shard", draw(200, LABELED, 32, seed=0))
    assert error.value.errno == errno.ENOSPC
