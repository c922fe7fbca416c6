"""Routing orders, one a file: `ORDER` is what the file's name gives (`eventnet.order.find_order`)."""
