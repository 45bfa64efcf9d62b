"""How rows are grouped and which side each group is on."""
