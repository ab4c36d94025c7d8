"""The tier designer's server: real distributions behind cuts, proposals for them, warnings, rule tests."""
