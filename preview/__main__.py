"""`python -m preview`: see preview.cli."""

import sys

from preview.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
