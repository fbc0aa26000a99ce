# SPDX-License-Identifier: Apache-2.0
"""Who runs the tests. The suites are run twice, by root and by an ordinary user."""

import os
import pwd
import shutil
import subprocess


def _subordinate(path, name, uid):
    """First range of a user in /etc/subuid or /etc/subgid as (start, count), or None."""
    try:
        with open(path, encoding="utf-8") as f:
            lines = f.read().splitlines()
    except FileNotFoundError:
        return None
    for line in lines:
        fields = line.strip().split(":")
        if len(fields) == 3 and fields[0] in (name, str(uid)):
            return int(fields[1]), int(fields[2])
    return None


class User:
    """The user whom the tests run as."""

    def __init__(self):
        self.uid = os.geteuid()
        self.gid = os.getegid()
        try:
            entry = pwd.getpwuid(self.uid)
            self.name, self.home = entry.pw_name, entry.pw_dir
        except KeyError:
            self.name, self.home = str(self.uid), "/"
        self.is_root = self.uid == 0
        self.subuid = _subordinate("/etc/subuid", self.name, self.uid)
        self.subgid = _subordinate("/etc/subgid", self.name, self.uid)

    def __str__(self):
        return self.name

    @property
    def has_subordinate_ids(self):
        return bool(self.subuid and self.subgid and shutil.which("newuidmap"))

    def in_namespace(self, argv):
        """The command that runs argv as root of a user namespace with all ids of this user."""
        if self.is_root:
            return list(argv)
        if self.has_subordinate_ids:
            return ["unshare", "--user", "--map-auto", "--map-root-user",
                    "--setuid", "0", "--setgid", "0", "--", *argv]
        return ["unshare", "--user", "--map-root-user", "--", *argv]

    def remove_tree(self, path):
        """rm -rf, also of files that belong to the user's subordinate ids."""
        if not os.path.lexists(path):
            return
        remove = ["rm", "-rf", "--one-file-system", path]
        if not self.is_root:
            # most trees are all the user's own, and a namespace is dear
            subprocess.run(remove, check=False, stderr=subprocess.DEVNULL)
            if not os.path.lexists(path):
                return
        command = self.in_namespace(remove)
        # another test's cubby that chooses ids may be looking into this store: SQLite makes files then
        if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode:
            subprocess.run(self.in_namespace(["chmod", "-R", "u+rwX", path]), check=False,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            subprocess.run(command, check=True)
