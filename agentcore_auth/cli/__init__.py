"""One module for each command: `run(options)` prints the result and returns the exit code (`cli.terminal`)."""
