"""Helpers of all other packages that know nothing of the simulator: files, listings, names, small pictures."""
