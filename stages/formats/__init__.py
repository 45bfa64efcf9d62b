"""The shard formats; each module writes and reads one."""
