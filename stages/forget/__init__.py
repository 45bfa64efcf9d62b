"""Forgetting people: a list of hashes that is honoured everywhere, and the proof that it was.

`normal` says which writings are the same, `forgotten` is the list, `contents` reads whatever a
file holds, `purge` cleans the store, `proof` searches everything for what must be gone.
"""
