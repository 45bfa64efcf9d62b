"""The demo's hosts. They end in `.test`, which no name server knows."""

SEARCH = "search.demo.test"
PICTURES, CDN = "pictures.demo.test", "cdn.demo.test"
HOSTS = (SEARCH, PICTURES, CDN)
BASE = f"http://{SEARCH}"
