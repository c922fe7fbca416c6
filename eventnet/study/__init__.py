"""Studying order: which modules can be sensitive to it, what each order gives and costs, and where two runs part."""

from eventnet.study.answers import ANSWERS
from eventnet.study.orders import Outcome, orders
from eventnet.study.sensitive import Report, Sensitivity, sensitive

__all__ = ["ANSWERS", "Outcome", "Report", "Sensitivity", "orders", "sensitive"]
