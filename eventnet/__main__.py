"""`python -m eventnet` is `eventnet`."""

from eventnet.cli.commands import app

app()
