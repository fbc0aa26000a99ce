# SPDX-License-Identifier: Apache-2.0
"""Other engines and image tools at work: podman, buildah, skopeo, umoci and dockerd, each with storage, settings and
sockets of the test's own, and nothing of theirs left when the test ends.

Each is a Program (support/program.py): podman("images"), podman.ok(...), podman.start(...). `make()` has it make an
image of its own from a root file system, without a network, so that what one made can be given to another:

    two layers: the tree, and a second one that adds /etc/made-by (the tool's name) and, where the tool can, removes /mnt
    config: User carol, WorkingDir /home/carol, Env MADE_BY=<tool>, Cmd cat /etc/made-by, Label made-by=<tool>
"""

import contextlib
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile

from . import process
from .peers import PATH, need
from .program import Program

# dockerd stands on a cgroup file system or does not start; it is shown an empty directory in a mount namespace
# of its own, as it is only asked for images. The pid namespace ends whatever it started with it.
_DOCKERD = """
mount --make-rprivate /
mount -t tmpfs cgroup /sys/fs/cgroup
mkdir /sys/fs/cgroup/devices
exec "$@"
"""

_DOCKERFILE = """\
FROM scratch
COPY {tree} /
COPY {mark} /etc/made-by
{run}
USER carol
WORKDIR /home/carol
ENV MADE_BY={tool}
LABEL made-by={tool}
CMD ["cat", "/etc/made-by"]
"""


def peer_environment(base, user):
    """A small environment with a home of the peers' own: cubby's settings are not theirs."""
    top = os.path.join(base, "peers")
    env = {"PATH": PATH, "USER": user.name, "LOGNAME": user.name, "LANG": "C.UTF-8", "TERM": "dumb",
           "TMPDIR": os.path.join(top, "tmp"), "HOME": os.path.join(top, "home"),
           "XDG_RUNTIME_DIR": os.path.join(top, "run"), "XDG_CONFIG_HOME": os.path.join(top, "config")}
    for name in ("TMPDIR", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        os.makedirs(env[name], mode=0o700, exist_ok=True)
    # what Debian's containers-common says may have been changed on this host
    write(os.path.join(env["XDG_CONFIG_HOME"], "containers", "policy.json"),
          '{"default": [{"type": "insecureAcceptAnything"}]}')
    write(os.path.join(env["XDG_CONFIG_HOME"], "containers", "registries.conf"),
          'unqualified-search-registries = []\nshort-name-mode = "permissive"\n')
    return env


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    return path


class Peer(Program):
    """One of them; `name` is the program's."""

    def __init__(self, name, options, env, base, user):
        self.name = name
        super().__init__(need(name), options, env, base, user)

    def __call__(self, *args, timeout=120, **more):
        return super().__call__(*args, timeout=timeout, **more)

    def context(self, tree, run=""):
        """A directory to build from: a Dockerfile, a copy of the tree, the mark."""
        path = tempfile.mkdtemp(prefix="context.", dir=self.base)
        shutil.copytree(tree, os.path.join(path, "tree"), symlinks=True)
        write(os.path.join(path, "mark"), self.name + "\n")
        write(os.path.join(path, "Dockerfile"),
              _DOCKERFILE.format(tree="tree", mark="mark", tool=self.name, run=run))
        return path


def _storage(base, driver="vfs"):
    """vfs works everywhere, also where / is an overlay already."""
    top = os.path.join(base, "peers")
    return ["--root", os.path.join(top, "storage"), "--runroot", os.path.join(top, "storage-run"),
            "--storage-driver", driver]


class Buildah(Peer):
    """Shares its storage with Podman of the same test, as on any host."""

    def __init__(self, env, base, user, driver="vfs"):
        super().__init__("buildah", _storage(base, driver), env, base, user)

    def make(self, name, tree):
        """An image in its storage, by its own commands."""
        c = self.ok("from", "scratch")
        self.ok("add", c, tree, "/")
        self.ok("config", "--user", "carol", "--workingdir", "/home/carol", "--env", "MADE_BY=buildah",
                "--label", "made-by=buildah", "--cmd", '["cat", "/etc/made-by"]', c)
        self.ok("commit", "--rm", c, name + "-first")
        c = self.ok("from", "--pull-never", name + "-first")
        mark = write(os.path.join(self.base, "peers", "mark-buildah"), "buildah\n")
        self.ok("add", c, mark, "/etc/made-by")
        self.ok("run", "--isolation", "chroot", "--user", "root", c, "--", "rmdir", "/mnt")
        self.ok("commit", "--rm", c, name)
        self.ok("rmi", name + "-first")
        return name


class Podman(Peer):
    """Makes no cgroups. As an ordinary user it leaves a pause process, which end() ends."""

    def __init__(self, env, base, user, driver="vfs"):
        # Debian 12's crun refuses hosts where cgroup v1 controllers and v2 are mounted side by side. So there
        # root hides v2 from it, and an ordinary user takes runc, which makes no cgroups if it can't.
        hybrid = os.path.exists("/sys/fs/cgroup/unified/cgroup.controllers")
        runtime = "runc" if hybrid and not user.is_root else "crun"
        self.hide = hybrid and user.is_root
        env = {**env, "CONTAINERS_CONF": write(os.path.join(base, "peers", "containers.conf"), self.settings(runtime))}
        super().__init__("podman", [*_storage(base, driver), "--tmpdir", os.path.join(base, "peers", "libpod")],
                         env, base, user)

    def argv(self, *args):
        hide = ["unshare", "--mount", "sh", "-euc", 'umount -l /sys/fs/cgroup/unified; exec "$@"', "podman"]
        return [*(hide if self.hide else []), *super().argv(*args)]

    @staticmethod
    def settings(runtime):
        return ("[containers]\n"
                f'cgroups = "{"disabled" if runtime == "crun" else "enabled"}"\n'
                'netns = "none"\nlog_driver = "k8s-file"\n'
                # its own are over what a root without CAP_SYS_RESOURCE may set
                'default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]\n'
                "[engine]\n"
                f'runtime = "{runtime}"\ncgroup_manager = "cgroupfs"\nevents_logger = "file"\n')

    def make(self, name, tree):
        """An image in its storage, from a Dockerfile, with a layer for each step."""
        self.ok("build", "--isolation", "chroot", "--layers", "-t", name,
                self.context(tree, "RUN rmdir /mnt"))
        return name

    def end(self):
        """Its containers, its pause process, and then what conmon may still have running for it."""
        if not os.path.isdir(self.options[1]):
            return
        self("rm", "-f", "-a", "-t", "0")
        for path in (os.path.join(self.env["XDG_RUNTIME_DIR"], "libpod", "tmp", "pause.pid"),
                     os.path.join(self.base, "peers", "libpod", "pause.pid")):
            with contextlib.suppress(OSError, ValueError):
                with open(path, encoding="ascii") as f:
                    pid = int(f.read())
                os.kill(pid, signal.SIGKILL)
                process.wait_gone(pid)
        process.wait_until(lambda: not [p for p in process.descendants()
                                        if self.base in process.command_line(p)
                                        and "podman" in process.command_line(p)], "the end of podman's helpers")


class Skopeo(Peer):
    def __init__(self, env, base, user, driver="vfs"):
        super().__init__("skopeo", [], env, base, user)
        self.storage = f"[{driver}@{base}/peers/storage+{base}/peers/storage-run]"

    def stored(self, name):
        """An image in the storage of Podman and Buildah, as skopeo wants it written. An ordinary user's skopeo
        enters a user namespace by itself for it."""
        return f"containers-storage:{self.storage}{name}"

    def digest(self, image, *options):
        """Of the manifest (or index, with --raw), computed from its bytes."""
        path = write(os.path.join(self.base, "peers", "manifest.json"), self.raw(image, *options))
        return self.ok("manifest-digest", path)

    def raw(self, image, *options):
        """The manifest's own bytes."""
        return self("inspect", "--raw", *options, image, check=True).stdout

    def config(self, image, *options):
        return self.json("inspect", "--config", *options, image)

    def layers(self, image, *options):
        """Digests of an image's blobs, lowest first."""
        return [d["digest"] for d in json.loads(self.raw(image, *options))["layers"]]


class Umoci(Peer):
    def __init__(self, env, base, user):
        super().__init__("umoci", [], env, base, user)

    def make(self, name, tree):
        """An OCI layout PATH:TAG."""
        layout, _, tag = name.partition(":")
        rootless = [] if self.user.is_root else ["--rootless"]
        bundle = os.path.join(tempfile.mkdtemp(prefix="umoci.", dir=self.base), "bundle")
        self.ok("init", "--layout", layout)
        self.ok("new", "--image", f"{layout}:{tag}")
        self.ok("unpack", *rootless, "--image", f"{layout}:{tag}", bundle)
        root = os.path.join(bundle, "rootfs")
        shutil.copytree(tree, root, symlinks=True, dirs_exist_ok=True)
        self.ok("repack", "--refresh-bundle", "--image", f"{layout}:{tag}", bundle)
        write(os.path.join(root, "etc", "made-by"), "umoci\n")
        os.rmdir(os.path.join(root, "mnt"))
        self.ok("repack", "--image", f"{layout}:{tag}", bundle)
        self.ok("config", "--image", f"{layout}:{tag}", "--config.user", "carol", "--config.workingdir", "/home/carol",
                "--config.env", "MADE_BY=umoci", "--config.label", "made-by=umoci",
                "--config.cmd", "cat", "--config.cmd", "/etc/made-by")
        shutil.rmtree(os.path.dirname(bundle))
        return name


class Docker(Peer):
    """A dockerd of the test's own and its client. Images only: it can't run containers (see _DOCKERD). Root only.

    It has the host's network, so that it reaches registries on loopback, and changes nothing of it.
    """

    def __init__(self, env, base, user):
        self.top = os.path.join(base, "dockerd")
        os.mkdir(self.top, mode=0o700)
        self.socket = os.path.join(self.top, "sock")
        self.log = os.path.join(self.top, "log")
        super().__init__("docker", ["--host", f"unix://{self.socket}"], env, base, user)
        argv = [need("dockerd"), "--config-file", write(os.path.join(self.top, "daemon.json"), "{}"),
                "--data-root", os.path.join(self.top, "data"), "--exec-root", os.path.join(self.top, "exec"),
                "--pidfile", os.path.join(self.top, "pid"), "--host", f"unix://{self.socket}",
                "--bridge=none", "--iptables=false", "--ip6tables=false", "--ip-masq=false", "--ip-forward=false",
                "--userland-proxy=false"]
        need("containerd")
        with open(self.log, "w", encoding="utf-8") as log:
            self.daemon = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-euc", _DOCKERD,
                 "dockerd", *argv], env=env, cwd=self.top, stdin=subprocess.DEVNULL, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)
        try:
            process.wait_until(self.answers, "dockerd to answer", 60)
        except BaseException:
            self.end()
            raise

    def answers(self):
        if self.daemon.poll() is not None:
            with open(self.log, encoding="utf-8", errors="replace") as f:
                raise AssertionError("dockerd does not start:\n" + "".join(f.readlines()[-20:]))
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.stat(self.socket).st_mode):
                return self("version").code == 0
        return False

    def make(self, name, tree):
        """An image in its storage, from a Dockerfile without a RUN."""
        self.ok("build", "-t", name, self.context(tree), env={"DOCKER_BUILDKIT": "0"})
        return name

    def pids(self):
        """Of dockerd, containerd and their children."""
        return process.descendants(self.daemon.pid)

    def end(self):
        """Its first process is the init of a pid namespace: all others end with it."""
        pids = self.pids()
        self.daemon.kill()
        self.daemon.wait()
        process.wait_until(lambda: not [p for p in pids if process.alive(p)], "the end of dockerd")
