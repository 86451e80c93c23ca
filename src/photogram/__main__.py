"""`python -m photogram` is the command line."""

from photogram.cli import main

main()
