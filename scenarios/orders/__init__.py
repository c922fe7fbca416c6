"""Subjects of comparisons of routing orders: networks that ship, with inputs, and anytime answers on digits."""
