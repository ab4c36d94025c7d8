"""The REST API under /api/v1: a plain table of routes, and the OpenAPI document made from it.

routes.py is the table; a view takes a `Call` and gives an answer; serving.py is what every call goes through.
"""
