"""Fetching pictures politely and safely from hosts nobody vouches for.

`crawler` ties it together; below it, in order of a request: `cached_fetcher` (what the store knows
already), `politeness` (may we ask, and when), `guard` and `connector` (to which addresses),
`fetch` and `outcome` (one URL's answer), `budget` (what it may cost), `network` (whose fault it is
when none comes), `partition_progress` and `assembly` (what became of a partition, and its rows).
"""
