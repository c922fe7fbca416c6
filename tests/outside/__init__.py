"""An independent simulator, written from the documentation: docs/explanation/how-it-works.md, docs/how-to/orders.md,
and counting.md, neurons.md and learning.md of docs/reference.

Plain Python: a heap, and numbers that count what is done to them. Nothing here knows eventnet or NumPy but `networks`,
which draws networks and holds both beside each other.
"""
