"""Forgetting people: the list of hashes, the purge of the store, the proof that nothing is left.

`normal_forms` says which writings are the same, `forgotten` is the list, `contents` reads whatever
a file holds, `purge` cleans the store, `proof` searches everything for what must be gone.
"""
