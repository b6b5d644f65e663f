"""`python -m agentcore_auth`: the same as the console script `agentcore-auth`."""

import sys

from agentcore_auth.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
