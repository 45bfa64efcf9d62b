"""docs/params.md and the comments of params.yaml say what the models say."""

from typing import Any

import pytest
import yaml
from pydantic import Field

from stages.core import preflight
from stages.core.program import Section, read_params
from stages.tools import params_page
from tests.project import ROOT

PARAMS, DEFAULTS = (read_params(ROOT / name) for name in ("params.yaml", "conf/base.yaml"))


def test_the_page_is_what_the_models_say() -> None:
    """If not: python -m stages.tools.params_page."""
    assert (ROOT / "docs/params.md").read_text() == params_page.page(DEFAULTS)


def test_the_comments_of_params_yaml_are_what_the_models_say() -> None:
    """If not: python -m stages.tools.params_page."""
    assert (ROOT / "params.yaml").read_text() == params_page.commented(PARAMS)


def models(model: type[Section]) -> list[type[Section]]:
    inner = (field.annotation for field in model.model_fields.values())
    return [
        model,
        *(each for each in inner if isinstance(each, type) and issubclass(each, Section)),
    ]


@pytest.mark.parametrize("section", preflight.sections())
def test_every_key_has_a_meaning_that_fits_its_line(section: str) -> None:
    for model in models(preflight.sections()[section]):
        for key, field in model.model_fields.items():
            assert field.description, f"{section}.{key}"
            assert field.description.endswith("."), f"{section}.{key}"
    assert max(map(len, (ROOT / "params.yaml").read_text().splitlines())) <= 100


@pytest.mark.parametrize(
    ("value", "text"),
    [({}, "{}"), ({"celeba": 0.0}, "celeba: 0.0"), ({"a b": -0.25, "c": 1.0}, "a b: -0.25")],
)
def test_comments_change_no_value(value: dict[str, Any], text: str) -> None:
    params = PARAMS | {"crop": PARAMS["crop"] | {"precropped": value}}
    written = params_page.commented(params)
    assert yaml.safe_load(written) == params
    assert text in written


def test_types_and_ranges_in_words() -> None:
    class Model(Section):
        share: float = Field(gt=0, lt=1)
        count: int | None = Field(ge=1, le=10)
        names: list[str]
        side: tuple[int, int]

    words = [params_page.allowed(each) for each in Model.model_json_schema()["properties"].values()]
    assert words == [
        "number above 0 below 1", "whole number from 1 to 10 or null", "list of text",
        "[whole number, whole number]",
    ]  # fmt: skip
