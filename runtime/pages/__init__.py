"""The pages of end users: routes, their Jinja pages, and what every page has in common."""
