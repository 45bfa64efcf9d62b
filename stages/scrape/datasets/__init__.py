"""What sources of ready data sets share: files, annotations, codes. Everything read is hostile."""
