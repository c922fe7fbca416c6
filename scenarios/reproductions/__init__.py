"""Reproductions of published figures and tables: each puts the published number beside the measured one.

A file NAME.py here is the reproduction NAME, with `-` for `_`: its function of the same name takes a `Request` and
returns a `Report`. What they share stands in common/.
"""
