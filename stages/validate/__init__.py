"""What Great Expectations is asked, and the pages it makes of the answers."""
