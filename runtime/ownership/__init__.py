"""Whose a record is: shared records, teams, the customer pool."""
