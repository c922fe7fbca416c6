"""What routing orders are compared on: networks that ship, with inputs, and which order answers soonest on digits."""
