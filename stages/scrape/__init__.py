"""Stage `scrape`: fetch or import the pictures of one source."""
