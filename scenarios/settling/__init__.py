"""Networks that settle: recall of patterns by flips, and an answer that is kept up to date pixel by pixel."""
