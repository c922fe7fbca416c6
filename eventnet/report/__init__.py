"""A run as one HTML page that needs nothing else: its events, their costs, and their causes."""

from eventnet.report.curves import Curve, Mark, curves_of
from eventnet.report.description import Panel, describe
from eventnet.report.page import render
from eventnet.report.writing import Report, write_report

__all__ = ["Curve", "Mark", "Panel", "Report", "curves_of", "describe", "render", "write_report"]
