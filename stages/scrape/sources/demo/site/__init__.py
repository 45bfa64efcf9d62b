"""The demo's site: search results, pictures and mishaps, served on loopback."""
