"""Public links: forms that people without an account fill in, and queries they make."""
