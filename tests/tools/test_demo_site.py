"""The program that shows the demo's web: where to look, and what it says when it cannot."""

import re
import socket
import subprocess
import sys
import urllib.request

import pytest

from stages.tools import demo_site
from tests.project import ROOT


def test_it_prints_addresses_that_answer() -> None:
    command = [sys.executable, "-m", "stages.tools.demo_site"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        lines = [program.stdout.readline() for _ in range(3)]
        for line in lines:
            with urllib.request.urlopen(re.findall(r"http://\S+", line)[0], timeout=20) as answer:
                assert answer.status == 200
        program.terminate()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--catalogue", "nowhere.csv"], r"^demo_site: nowhere\.csv"),
        (["--folder", "nowhere"], r"^demo_site: nowhere"),
    ],
)
def test_a_wrong_path_is_one_line(
    arguments: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo_site", *arguments])
    with pytest.raises(SystemExit, match=message):
        demo_site.main()


def test_a_port_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        monkeypatch.setattr(sys, "argv", ["demo_site", "--port", port])
        monkeypatch.chdir(ROOT)
        with pytest.raises(SystemExit, match=f"^demo_site: --port {port} is in use"):
            demo_site.main()
