"""Two engines with one meaning: `reference` to read and to test against, `compiled` to run."""
