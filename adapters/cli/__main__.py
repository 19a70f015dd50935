"""`python -m adapters.cli`: what the launcher calls."""

from adapters.cli.main import main

main()
