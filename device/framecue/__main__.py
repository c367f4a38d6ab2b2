"""`python -m framecue` is the `framecue` command."""

from framecue.cli import main

main()
