"""Parts that several reproductions share: the report, signals, the video task and its network."""
