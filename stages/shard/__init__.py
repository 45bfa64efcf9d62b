"""Stage `shard`: join faces and labels, shuffle in bounded memory, write both formats."""
