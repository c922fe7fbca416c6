"""`python -m eventnet` is `eventnet`."""

from eventnet.cli.program import app

app()
