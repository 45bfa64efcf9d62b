"""Stage `report`: the whole story on one page."""
