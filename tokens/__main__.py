"""`python -m tokens`: see tokens.cli."""

import sys

from tokens.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
