"""How shards are written: the join, the shuffle in bounded memory, the two formats."""
