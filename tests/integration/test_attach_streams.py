# SPDX-License-Identifier: Apache-2.0
"""--attach and --preserve-fd of run and create."""

import os

BOTH = ("sh", "-c", "echo out; echo err >&2")


def test_run_attached_to_some_streams(cubby, busybox_root):
    root = ("--rootfs", busybox_root)
    done = cubby("run", "--name", "one", "-a", "stdout", *root, *BOTH)
    assert (done.code, done.stdout, done.stderr) == (0, "out\n", "")
    done = cubby("run", "-a=stderr", "--rm", *root, *BOTH)
    assert (done.code, done.stdout, done.stderr) == (0, "", "err\n")
    done = cubby("run", "--attach", "stdout,stderr", "--rm", *root, *BOTH)
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
    done = cubby("run", "-i", "-a", "stdin", "--name", "two", *root, "cat", input="hello")
    assert done.stdout.strip() == cubby.inspect("two")["Id"] and cubby.ok("logs", "two") == "hello"
    done = cubby("run", "-i", "-a", "stdout", "--rm", *root, "cat", input="hello")
    assert done.stdout == "hello"
    said = cubby("logs", "one")
    assert (said.stdout, said.stderr) == ("out\n", "err\n")
    said = cubby.fails("run", "-a", "video", *root, "true", code=125)
    assert 'invalid stream "video" for --attach - must be one of stdin, stdout, or stderr' in said
    cubby.ok("create", "--name", "three", "-a", "stdout", *root, *BOTH)
    config = cubby.inspect("three")["Config"]
    assert (config["AttachStdin"], config["AttachStdout"], config["AttachStderr"]) == (False, True, False)


def test_file_descriptors_are_passed_on(cubby, busybox_root, base):
    with open(os.path.join(base, "file"), "w+", encoding="ascii") as f:
        f.write("content")
        f.flush()
        f.seek(0)
        number = os.dup2(f.fileno(), 17)
        try:
            assert cubby.ok("run", "--rm", "--preserve-fd", "17", "--rootfs", busybox_root, "sh", "-c",
                            "ls /proc/self/fd | grep -x 17; cat <&17", pass_fds=[number]) == "17\ncontent"
        finally:
            os.close(number)
    assert "is not available" in cubby.fails("run", "--preserve-fd", "17", "--rootfs", busybox_root, "true", code=125)
