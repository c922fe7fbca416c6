"""`python -m eventnet` is `eventnet`."""

from eventnet.cli import app

app()
