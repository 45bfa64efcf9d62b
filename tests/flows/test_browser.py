"""A celebrity is added in the browser: Prefect's real UI in Chromium, on the small demo.

With FACELINE_SCREENSHOTS=docs the demo has all its people, and leaves the pictures of docs/ there.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.flows.ui_program import Ui, free_port, started
from tests.project import ROOT, Project

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
from playwright.sync_api import Locator, Page, Route, TimeoutError, expect  # noqa: E402

pytestmark = pytest.mark.slow

SCREENSHOTS = os.environ.get("FACELINE_SCREENSHOTS")
ADDED = {"Identity": "ada-lorne", "Query": "Ada Lorne", "Birth Date": "1961-03-02"}
CHOSEN = {"Gender": "female", "Race": "white", "Job": "actor", "Look Alike": "cat"}
RUN = "add-ada-lorne"
LONG = 900.0  # seconds for a run; alone on two cores it takes one minute
SOON = 180.0  # seconds for a page
UNHEARD = 30.0  # seconds after which a click is taken to be lost
ATTEMPTS, BUSY = 5, 503
# Prefect's page asks it for the settings of its telemetry, which is off.
ALLOWED_OUTSIDE = {"sr-client-cfg.amplitude.com"}


@pytest.fixture(scope="module")
def chromium() -> str:
    found = [shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")]
    return next(filter(None, found), None) or pytest.skip("no Chromium in PATH")


@pytest.fixture(scope="module")
def project(chromium: str, demo: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The demo, run and committed, so that only the added class costs something."""
    made = demo.copy(tmp_path_factory.mktemp("browser") / "faceline")
    if SCREENSHOTS:
        shutil.copy(ROOT / "data" / "celebrities.csv", made.catalogue)
        made.set_params(train={"epochs": 12})
        made.repro()
    made.commit("The demo, run")
    return made


@pytest.fixture(scope="module")
def program(project: Project) -> Iterator[Ui]:
    with started(project.folder, free_port()) as running:
        yield running


@pytest.fixture
def page(program: Ui, chromium: str) -> Iterator[Page]:
    """Chromium on the UI, without the internet; fails when the page wants something of it."""
    outside: set[str] = set()

    def only_here(route: Route) -> None:
        host = urlsplit(route.request.url).hostname or ""
        if host == "127.0.0.1":
            route.continue_()
        else:
            outside.add(host)
            route.abort()

    expect.set_options(timeout=SOON * 1000)
    with playwright.sync_playwright() as api:
        browser = api.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        context = browser.new_context(
            viewport={"width": 1280, "height": 800}, locale="en-GB", timezone_id="UTC",
            reduced_motion="reduce", base_url=program.url.removesuffix("/api"),
        )  # fmt: skip
        context.route(re.compile("^https?:"), only_here)
        made = context.new_page()
        made.set_default_timeout(SOON * 1000)
        yield made
        browser.close()
    assert outside <= ALLOWED_OUTSIDE


def test_a_celebrity_is_added_in_the_browser(project: Project, page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Deployments").click()
    expect(page.get_by_text("nightly-refresh")).to_be_visible()
    screenshot(page, "deployments")
    page.get_by_text("nightly-refresh").click()
    fill_the_form(page)
    open_the_pipeline_run(page)
    stages = project.run("dvc", "stage", "list", "--name-only").stdout.split()
    every_task_ends_well(page, stages)
    the_faces_are_shown(page)
    the_metrics_are_shown(page)
    assert "ada-lorne,Ada Lorne,,female,white,1961-03-02,actor,cat" in project.catalogue.read_text()
    assert (project.folder / "data/faces/demo/ada-lorne.parquet").exists()


def fill_the_form(page: Page) -> None:
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    page.get_by_role("button", name="Submit").wait_for()
    page.wait_for_load_state("networkidle")  # what is typed before the form is whole is lost
    page.get_by_role("button", name="Add item").first.click()
    page.get_by_label("Run Name").fill(RUN)
    for label, text in ADDED.items():
        page.get_by_label(label).fill(text)
    for label, choice in CHOSEN.items():
        choose(page, label, choice)
    for label, text in {**ADDED, "Run Name": RUN}.items():
        expect(page.get_by_label(label)).to_have_value(text)
    screenshot(page, "form", height=1000)
    submit(page)


def choose(page: Page, label: str, choice: str) -> None:
    """Once more where the page was drawn anew meanwhile, which closes the list."""
    for _ in range(ATTEMPTS):
        with suppress(TimeoutError):
            page.get_by_label(label).click(timeout=UNHEARD * 1000)
            option = page.get_by_role("option", name=choice, exact=True)
            option.click(timeout=UNHEARD * 1000)
            return
    pytest.fail(f"{choice} cannot be chosen as {label}")


def submit(page: Page) -> None:
    """Once more, as anybody would, where the server's SQLite was too busy, or nothing happened."""
    for _ in range(ATTEMPTS):
        with suppress(TimeoutError):
            created = re.compile("/create_flow_run$")
            with page.expect_response(created, timeout=UNHEARD * 1000) as answer:
                page.get_by_role("button", name="Submit").click(timeout=UNHEARD * 1000)
            if answer.value.status != BUSY:
                break
    expect(page.get_by_text(f"{RUN} scheduled to start now")).to_be_visible()


def open_the_pipeline_run(page: Page) -> None:
    """From the run that was submitted to the one of the pipeline in it."""
    page.locator("a[href='/v2/runs']").click()
    page.get_by_role("link", name=RUN).first.click()
    page.get_by_role("tab", name="Subflow Runs").click()
    below = page.get_by_role("tabpanel").locator("a[href*='/runs/flow-run/']").first
    appears(page, below)
    below.click()
    expect(page.get_by_text("Parent Run")).to_be_visible()


def every_task_ends_well(page: Page, stages: list[str]) -> None:
    ended = page.get_by_text(re.compile("^(Completed|Failed|Crashed|Cancelled)$")).first
    appears(page, ended)
    assert ended.inner_text() == "Completed", page.locator("body").inner_text()
    page.get_by_role("tab", name="Task Runs").click()
    assert len(stages) >= 10
    for stage in stages:
        task = page.get_by_role("listitem").filter(
            has=page.get_by_role("link", name=stage, exact=True)
        )
        expect(task.first).to_contain_text(re.compile("Completed|Cached"))
    screenshot(page, "run")


def the_faces_are_shown(page: Page) -> None:
    open_artifact(page, "contact-sheet")
    picture = page.get_by_role("img", name="Some faces of the dataset")
    expect(picture).to_be_visible()
    page.wait_for_function("picture => picture.naturalWidth > 0", arg=picture.element_handle())
    screenshot(page, "faces")
    page.go_back()
    page.go_back()


def the_metrics_are_shown(page: Page) -> None:
    open_artifact(page, "metrics")
    for word in ("evaluate@compact", "HEAD", "this run", "change"):
        expect(page.get_by_role("table").get_by_text(word, exact=True).first).to_be_visible()
    screenshot(page, "metrics")


def open_artifact(page: Page, key: str) -> None:
    """From the run's page to its newest version."""
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text(key, exact=True).first.click()
    page.locator("a[href*='/artifacts/artifact/']").first.click()


def appears(page: Page, what: Locator) -> None:
    """Wait for something on a run's page, which may not look again by itself.

    As it draws its graph without end, on the run's own cores, it is only looked at now and then.
    """
    address, until = page.url, time.monotonic() + LONG
    while True:
        with suppress(TimeoutError):
            what.wait_for(timeout=10_000)
            return
        failed = page.get_by_text(re.compile("^(Failed|Crashed|Cancelled)$")).first.is_visible()
        assert not failed, page.locator("body").inner_text()
        assert time.monotonic() < until, page.locator("body").inner_text()
        page.goto("about:blank")
        time.sleep(10)
        page.goto(address)


def screenshot(page: Page, name: str, height: int = 800) -> None:
    if SCREENSHOTS:
        page.set_viewport_size({"width": 1280, "height": height})
        page.wait_for_timeout(3000)  # for what moves into its place
        path = Path(SCREENSHOTS) / f"ui-{name}.jpg"
        page.screenshot(path=ROOT / path, type="jpeg", quality=80)
        page.set_viewport_size({"width": 1280, "height": 800})
