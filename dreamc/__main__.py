"""`python -m dreamc`."""

from dreamc.cli import main

main()
