"""Fetching pictures politely and safely from hosts nobody vouches for.

`crawler` ties it together; below it, in order of a request: `politeness` (may we, and when),
`guard` (whom may we connect to), `fetch` (one URL's answer), `memory` (what is known already),
`picture` (is it one), `progress` (what became of a partition).
"""
