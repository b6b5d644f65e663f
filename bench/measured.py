"""Runs a command and adds a line to a file of what it cost: [CPU seconds, seconds, bytes of memory at its peak].

usage: measured.py FILE COMMAND [ARGUMENT ...]

A process of its own, because the system counts a program's memory from that of whoever started it; this one imports
next to nothing. So it can stand in for the Python of a program that others start, too.
"""

import json
import os
import sys
import time

file, *command = sys.argv[1:]
began = time.monotonic()
process = os.posix_spawnp(command[0], command, os.environ)
_, status, usage = os.wait4(process, 0)
cost = [
    usage.ru_utime + usage.ru_stime,
    time.monotonic() - began,
    usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
]
with open(file, "a", encoding="utf-8") as record:  # noqa: PTH123  # pathlib would be half of what this imports
    record.write(json.dumps(cost) + "\n")
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
