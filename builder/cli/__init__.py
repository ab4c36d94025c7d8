"""Commands of the design half."""
