"""What `compare` says of two revisions: of their data, of what made it, and of their models."""
