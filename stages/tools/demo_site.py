"""Show the demo's web of invented people, or a folder of pictures, until Ctrl-C."""

import argparse
import errno
import sys
import threading
from pathlib import Path
from urllib.parse import quote

from stages.core import catalogue
from stages.core.program import InputError
from stages.scrape.datasets import people
from stages.scrape.sources.demo.site.drawn_web import DrawnWeb
from stages.scrape.sources.demo.site.folder_web import FolderWeb
from stages.scrape.sources.demo.site.hosts import SEARCH
from stages.scrape.sources.demo.site.serving import serving
from stages.scrape.sources.demo.site.web import Web


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m stages.tools.demo_site", description=__doc__)
    parser.add_argument("--folder", type=Path, help="pictures and people.csv to show instead")
    parser.add_argument("--catalogue", type=Path, default=Path("data/celebrities.csv"))
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    options = parser.parse_args()
    try:
        web = _web(options.folder, options.catalogue)
        with serving(web, port=options.port) as routes:
            _print_addresses(web, "http://{}:{}".format(*routes[SEARCH]))
            threading.Event().wait()
    except InputError as error:
        sys.exit(f"demo_site: {error}")
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        sys.exit(f"demo_site: --port {options.port} is in use; 0 takes any free one")
    except KeyboardInterrupt:
        sys.exit(130)


def _web(folder: Path | None, rows: Path) -> Web:
    return FolderWeb(folder, people.read(folder)) if folder else DrawnWeb(catalogue.read(rows))


def _print_addresses(web: Web, base: str) -> None:
    identity, name = next(iter(web.people.items()), ("", ""))
    print(f"Everyone          {base}/", flush=True)
    print(f"One person        {base}/people/{identity}", flush=True)
    print(f"A result page     {base}/{SEARCH}/images/async?q={quote(name)}&first=1", flush=True)


if __name__ == "__main__":
    main()
