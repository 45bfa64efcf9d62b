"""What every stage stands on: programs, tables, labels, the store. Knows no stage."""
