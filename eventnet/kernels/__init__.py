"""What compiled rules are made of: memory by address, 64 units at a time, generated text, kept code."""
