"""Parts of compiled rules: memory by address, 64 units at a time, generated text, kept code."""
