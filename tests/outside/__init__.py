"""An independent simulator, written from the documentation: docs/explanation/how-it-works.md, orders.md, counting.md, neurons.md,
learning.md.

Plain Python: a heap, and numbers that count what is done to them. Nothing here knows eventnet or NumPy but `networks`,
which draws networks and holds both beside each other.
"""
