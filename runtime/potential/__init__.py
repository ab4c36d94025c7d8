"""Explainable potential of customers: repeat purchases and their worth, or the chance of a yes, learnt from the workspace's own records."""
