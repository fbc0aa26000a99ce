# SPDX-License-Identifier: Apache-2.0
"""Processes: waiting for conditions with a deadline, knowing what a test left behind.

The test process is a child subreaper (prctl(2)): whatever a test starts and whatever those
start stays a descendant of it, also when the process in between was killed. So what is
left when a test ends is exactly the list of descendants, whoever the user.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
import time

# Sanitizer builds and busy machines: one factor for every deadline.
SLOW = float(os.environ.get("CUBBY_TEST_SLOW", "1"))

CLOCK_REALTIME_COARSE = 5  # clock_gettime(2)
PR_SET_CHILD_SUBREAPER = 36

# Processes that somebody here waits for; everything else that becomes a zombie child of ours was
# an orphan, and it is for us to reap it, at once, as init would: the end of a container's first process
# waits until the last zombie of its pid namespace is gone.
_own = {}  # pid: when it was started, as pids come again
# Over 0 while a child is being started whose pid we don't know yet.
_starting = 0


def own(pid):
    """Leave the child `pid` to whoever started it."""
    fields = stat_fields(pid)
    _own[pid] = fields[2] if fields else None
    return pid


@contextlib.contextmanager
def _start():
    global _starting
    _starting += 1
    try:
        yield
    finally:
        _starting -= 1
    reap_orphans()


class _TrackedPopen(subprocess.Popen):
    def _execute_child(self, *args, **kwargs):
        with _start():
            super()._execute_child(*args, **kwargs)
            own(self.pid)


def _tracked(fork):
    def call(*args, **kwargs):
        with _start():
            result = fork(*args, **kwargs)
            pid = result[0] if isinstance(result, tuple) else result
            if pid:
                own(pid)
        return result
    return call


def become_subreaper():
    subprocess.Popen = _TrackedPopen
    for name in ("fork", "forkpty", "posix_spawn", "posix_spawnp"):
        setattr(os, name, _tracked(getattr(os, name)))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_CHILD_SUBREAPER)")
    if threading.current_thread() is threading.main_thread():
        # a shell starts with SIGINT ignored what goes into its background, and so would be all that we start
        if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGCHLD, lambda *_: reap_orphans())


def stat_fields(pid):
    """(state, parent, start time) of a process, None if there is none. Source: proc(5)."""
    try:
        # bytes: this runs in a signal handler too, maybe amidst the import of a codec
        with open(f"/proc/{pid}/stat", "rb") as f:
            text = f.read()
    except (FileNotFoundError, ProcessLookupError):
        return None
    rest = text.rpartition(b")")[2].split()
    return chr(rest[0][0]), int(rest[1]), int(rest[19])


def alive(pid):
    """Whether a process runs; one that only waits to be reaped does not."""
    fields = stat_fields(pid)
    return fields is not None and fields[0] not in "ZX"


def command_line(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as f:
            return f.read().replace(b"\0", b" ").decode(errors="replace").strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def children(pid):
    """Direct children, alive or not."""
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children", "rb") as f:
                found += [int(p) for p in f.read().split()]
    except (FileNotFoundError, ProcessLookupError):
        pass
    return found


def descendants(pid=None):
    """Every live process below `pid` (default: below us)."""
    parents = {}
    states = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            fields = stat_fields(int(entry))
            if fields:
                states[int(entry)], parents[int(entry)], _ = fields
    found = set()
    new = {pid or os.getpid()}
    while new:
        new = {p for p, parent in parents.items() if parent in new} - found
        found |= new
    return {p for p in found if states[p] not in "ZX"}


def reap_orphans():
    if _starting:
        return
    for pid in children(os.getpid()):
        fields = stat_fields(pid)
        if fields and fields[0] == "Z" and _own.get(pid) != fields[2]:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def wait_until(condition, what="condition", timeout=10.0):
    """Call `condition` until it returns something true, and return that."""
    deadline = time.monotonic() + timeout * SLOW
    pause = 0.002
    while True:
        reap_orphans()
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout * SLOW:g} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def wait_gone(pid, timeout=10.0):
    wait_until(lambda: not alive(pid), f"end of process {pid} ({command_line(pid)})", timeout)


def wait_tick():
    """Until what is changed from now on has a later time than what was changed until now: files' times have the kernel's ticks."""
    def now():
        return time.clock_gettime_ns(CLOCK_REALTIME_COARSE)
    began = now()
    wait_until(lambda: now() > began, "the next tick")


def leftovers(allowed=()):
    return {p for p in descendants() if p not in allowed}


def end_leftovers(allowed=()):
    """Kill what is left below us and say what it was."""
    told = []
    for pid in sorted(leftovers(allowed)):
        told.append(f"process {pid}: {command_line(pid) or '?'}")
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    if told:
        try:
            wait_until(lambda: not leftovers(allowed), "end of killed processes", 5)
        except AssertionError:
            told.append("... and not all of them could be killed")
    return told


def status_field(pid, name):
    """A line of /proc/PID/status, without its name."""
    with open(f"/proc/{pid}/status", encoding="utf-8") as f:
        for line in f:
            key, _, value = line.partition(":")
            if key == name:
                return value.strip()
    raise KeyError(name)


def host_ids(pid):
    """(uid, gid) of a process as the host sees them."""
    return int(status_field(pid, "Uid").split()[0]), int(status_field(pid, "Gid").split()[0])


def mounts_below(path):
    """Mount points of our own mount namespace at or below a path."""
    path = os.path.realpath(path)
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8") as f:
        for line in f:
            point = line.split()[4].encode().decode("unicode_escape")
            if point == path or point.startswith(path + "/"):
                found.append(point)
    return found
