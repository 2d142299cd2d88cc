# SPDX-License-Identifier: MIT
"""Runs one process and tells what it printed and what it cost."""
import os
import select
import signal
import time

OUTPUT_LIMIT = 1 << 20      # bytes kept of what the process prints


def run(words, timeout):
    """Runs words[0] (a path) and returns status, out, cpu and wall (seconds).

    The status is the exit status, or minus the number of the signal that ended the process; a
    process that outlives the timeout gets SIGKILL, and with it everything in its process group.
    """
    read, write = os.pipe()
    null = os.open(os.devnull, os.O_RDWR)
    begin = time.monotonic()
    try:
        pid = os.posix_spawn(words[0], words, os.environ, setpgroup=0, file_actions=[
            (os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, write, 1),
            (os.POSIX_SPAWN_DUP2, null, 2), (os.POSIX_SPAWN_CLOSE, read)])
    except OSError as error:
        os.close(read)
        return {"status": 127, "out": str(error), "cpu": 0.0, "wall": 0.0}
    finally:
        os.close(write)
        os.close(null)
    out = collect(read, pid, begin + timeout)
    os.close(read)
    _, status, usage = os.wait4(pid, 0)
    wall = time.monotonic() - begin
    kill_group(pid)     # nothing may live on and disturb the next run
    return {"status": os.waitstatus_to_exitcode(status), "out": out.decode("utf-8", "replace"),
            "cpu": usage.ru_utime + usage.ru_stime, "wall": wall}


def collect(read, pid, deadline):
    """Reads until the writers are gone; kills them at the deadline."""
    out = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or len(out) > OUTPUT_LIMIT:
            kill_group(pid)
            return out
        if select.select([read], [], [], left)[0]:
            piece = os.read(read, 65536)
            if not piece:
                return out
            out += piece


def kill_group(pid):
    """Ends what is left of the process group of `pid`."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
