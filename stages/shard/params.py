"""The `shard` section of `params.yaml`."""

from pydantic import Field

from stages.core.program import Section


class Params(Section):
    """How the dataset is cut into shards."""

    shard_mb: float = Field(gt=0, le=1024, description="Faces per shard, megabytes.")
    seed: int = Field(description="Seed of the shuffle.")
