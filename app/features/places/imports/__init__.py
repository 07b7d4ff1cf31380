"""Bringing suppliers, sites and contacts from a sheet: read, previewed, confirmed, all in one transaction."""
