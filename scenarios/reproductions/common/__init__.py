"""What several reproductions have in common: the report, signals, the video task and its network."""
