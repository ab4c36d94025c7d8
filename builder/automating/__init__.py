"""What the automation designer is given: kinds in families, starters, the draft in words, and dry runs put into words."""
