"""Where the command line starts, as `agentcore-auth` and as `python -m agentcore_auth`.

Ctrl-C ends it without a traceback while its modules are imported, too.
"""

import signal
import sys


def main() -> int:
    """Run the command line's command; gives its exit code."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from agentcore_auth.cli.main import main as run  # noqa: PLC0415

    if is_default:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return run()


if __name__ == "__main__":
    sys.exit(main())
