"""Invented people: facts that are kept, facts that are invented, and what a shot says of itself."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core.code import closure
from stages.core.labels import known
from stages.scrape.sources.demo.painter.person import LAST_DAY, age_on, invent_person
from stages.scrape.sources.demo.painter.shapes import ANIMALS
from stages.scrape.sources.demo.painter.shot import compose_shot
from stages.scrape.sources.demo.painter.vocabulary import (
    EXPRESSIONS,
    GENDERS,
    JOBS,
    LOOK_ALIKES,
    RACES,
)
from tests.project import ROOT

KNOWN = {
    "gender": "female",
    "race": "indian",
    "birth_date": "1971-03-09",
    "job": "musician",
    "look_alike": "turtle",
}
slugs = st.text("abcdefghijklmnopqrstuvwxyz-", min_size=1, max_size=20)


def test_known_facts_are_kept() -> None:
    who = invent_person("asha-rao", KNOWN)
    assert (who.gender, who.race, who.job, who.look_alike) == (
        "female",
        "indian",
        "musician",
        "turtle",
    )
    assert who.birth_date == datetime.date(1971, 3, 9)


@pytest.mark.parametrize("facts", [{}, dict.fromkeys(KNOWN, ""), dict.fromkeys(KNOWN, "x")])
def test_unknown_facts_come_from_the_name(facts: dict[str, str]) -> None:
    assert invent_person("asha-rao", facts) == invent_person("asha-rao", {})


def test_a_birth_date_in_the_future_is_not_believed() -> None:
    assert invent_person("a", {"birth_date": "2090-01-01"}).birth_date < datetime.date(2004, 1, 1)


def test_job_and_birth_date_do_not_change_the_face() -> None:
    plain, busy = (
        invent_person("a", KNOWN),
        invent_person("a", KNOWN | {"job": "model", "birth_date": ""}),
    )
    assert (plain.face, plain.traits) == (busy.face, busy.traits)


def test_another_animal_is_another_face() -> None:
    hamster = invent_person("a", KNOWN | {"look_alike": "hamster"}).face
    wolf = invent_person("a", KNOWN | {"look_alike": "wolf"}).face
    assert hamster.cheek > wolf.cheek
    assert hamster.length < wolf.length


def test_the_painter_draws_the_classes_of_the_labels() -> None:
    assert known.GENDER.classes == GENDERS
    assert known.RACE.classes == RACES
    assert known.EXPRESSION.classes == EXPRESSIONS
    assert known.JOB.classes == JOBS
    assert known.LOOK_ALIKE.classes == LOOK_ALIKES


def test_the_painter_needs_nothing_of_the_project_but_itself() -> None:
    painter = Path("stages/scrape/sources/demo/painter")
    used = closure(path.relative_to(ROOT) for path in (ROOT / painter).glob("*.py"))
    assert {path.parent.relative_to(ROOT) for path in used} == {painter}


def test_every_animal_has_a_shape() -> None:
    assert set(ANIMALS) == set(LOOK_ALIKES)


def test_names_spread_over_all_classes() -> None:
    crowd = [invent_person(f"star-{number}", {}) for number in range(300)]
    assert {who.gender for who in crowd} == set(GENDERS)
    assert {who.race for who in crowd} == set(RACES)
    assert {who.look_alike for who in crowd} == set(LOOK_ALIKES)
    assert {who.job for who in crowd} == set(JOBS)
    assert len({who.face for who in crowd}) == 300


@given(slugs, st.integers(0, 1000))
def test_a_shot_is_true_to_the_calendar(slug: str, index: int) -> None:
    who = invent_person(slug, {})
    taken = compose_shot(who, index)
    assert taken == compose_shot(who, index)
    assert who.birth_date < taken.taken <= LAST_DAY
    assert taken.age == age_on(who.birth_date, taken.taken)
    assert 18 <= taken.age <= 80


@given(slugs, st.integers(0, 1000))
def test_a_shot_keeps_its_bounds(slug: str, index: int) -> None:
    who = invent_person(slug, {})
    taken = compose_shot(who, index)
    assert taken.expression in EXPRESSIONS
    assert 160 <= taken.width <= 320
    assert 1.15 * taken.width <= taken.height <= 1.3 * taken.width
    assert abs(taken.tilt) <= 14
    if who.gender == "female" or who.traits.beard is None:
        assert taken.no_beard


@pytest.mark.parametrize("born", ["1850-02-28", "1988-02-29", "2009-12-30", "2020-05-05"])
def test_any_birth_date_can_be_pictured(born: str) -> None:
    who = invent_person("a", {"birth_date": born})
    for index in range(20):
        taken = compose_shot(who, index)
        assert who.birth_date < taken.taken <= LAST_DAY
        assert taken.age >= min(16, age_on(who.birth_date, LAST_DAY))


def test_shots_differ() -> None:
    who = invent_person("a", {})
    shots = [compose_shot(who, index) for index in range(60)]
    assert {each.expression for each in shots} == set(EXPRESSIONS)
    assert len({each.seed for each in shots}) == 60


def test_age_counts_birthdays() -> None:
    born = datetime.date(2000, 6, 15)
    assert age_on(born, datetime.date(2020, 6, 14)) == 19
    assert age_on(born, datetime.date(2020, 6, 15)) == 20
