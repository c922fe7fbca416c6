"""Scenarios: whole experiments on eventnet, and the reproductions of published figures and tables."""
