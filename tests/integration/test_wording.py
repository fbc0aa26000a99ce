# SPDX-License-Identifier: Apache-2.0
"""What is said of bad input, and with which exit status: unknown names, wrong states, wrong kinds, conflicting options.
Scripts match podman's words, so podman is given the same lines, and has to say the same.

"up" runs, "new" was only created, "old" has ended with 0; {root} is a root file system.
"""

import shlex

import pytest

from support import process

NO_CONTAINER = "no such container"
IMPROPER = "container state improper"
NO_NAME = "you must provide at least one name or id"
NO_ARGUMENTS = "no arguments are needed with --all"
LATEST = "--latest and containers cannot be used together"
ALL_LATEST = "--all and --latest cannot be used together"
FLAG = "unknown flag: --nosuch"

# line, exit status, phrase on stderr: many commands say the same
FAMILIES = [(f"{command} nosuch", 125, NO_CONTAINER) for command in (
    "start", "restart", "init", "logs", "stop", "kill", "pause", "unpause", "wait", "attach", "port", "top", "stats",
    "export", "commit", "mount", "unmount", "healthcheck run", "container inspect")] + [
    (f"{command}", 125, NO_NAME) for command in ("restart", "init", "stop", "kill", "pause", "unpause", "rm")] + [
    (f"{command} --all up", 125, NO_ARGUMENTS) for command in ("restart", "stop", "kill", "pause", "unpause", "rm")] + [
    (f"{command} --all --latest", 125, ALL_LATEST) for command in ("stop", "kill", "pause", "unpause", "rm")] + [
    (f"{command} --latest up", 125, LATEST) for command in ("stop", "kill", "rm", "wait", "logs", "attach")] + [
    (f"{command} --nosuch", 125, FLAG) for command in ("run", "ps", "exec", "rm", "images", "build")]

SAME = [
    ("container exists nosuch", 1, ""),
    ("container exists up", 0, ""),
    ("container prune --force --filter status=exited", 125, "status is an invalid filter"),
    ("container prune extra", 125, "takes no arguments"),
    ("rename nosuch x", 125, NO_CONTAINER),
    ("rename up old", 125, "already in use"),
    ("rename up up", 0, ""),
    ("rename up a/b", 125, "names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*"),
    ("start -a up new", 125, "you cannot start and attach multiple containers at once"),
    ("init up", 125, IMPROPER),
    ("logs", 125, "specify at least one container name or ID to log"),
    ("pause old", 125, "is not running, can't pause: " + IMPROPER),
    ("unpause up", 125, "is not paused, can't unpause: " + IMPROPER),
    ("unpause --all", 0, ""),
    ("stop -i nosuch", 0, ""),
    ("stop --cidfile /nosuch", 125, "reading CIDFile: open /nosuch: no such file or directory"),
    ("stop --all --cidfile /nosuch", 125, "--all, --latest, and --cidfile cannot be used together"),
    ("stop --filter foo=bar", 125, "foo is an invalid filter"),
    ("stop --filter foo", 125, 'invalid filter "foo"'),
    ("stop new old", 0, ""),
    ("kill new", 125, "can only kill running containers."),
    ("kill old", 125, IMPROPER),
    ("kill -s FOO up", 125, "invalid signal: FOO"),
    ("kill -s 999 up", 125, "valid signals are 1 through 64"),
    ("kill -s", 125, "flag needs an argument"),
    ("wait", 125, 'wait" requires a name, id, or the "--latest" flag'),
    ("wait --condition foo up", 125, "unknown container state: foo"),
    ("wait -i x up", 125, 'invalid duration "x"'),
    ("rm nosuch", 1, NO_CONTAINER),
    ("rm up", 2, "running or paused containers cannot be removed without force: " + IMPROPER),
    ("rm up nosuch", 1, NO_CONTAINER),
    ("rm -f nosuch", 0, ""),
    ("rm -i nosuch", 0, ""),
    ("rm --depend nosuch", 1, NO_CONTAINER),
    ("rm -t 5 old", 125, "--force option must be specified to use the --time option"),
    ("attach", 125, 'attach" requires a name, id, or the "--latest" flag'),
    ("attach old", 125, "you can only attach to running containers"),
    ("exec", 125, "exec requires the name or ID of a container or the --latest"),
    ("exec up", 255, "must provide a non-empty command to start an exec session: invalid argument"),
    ("exec nosuch ls", 125, NO_CONTAINER),
    ("exec new ls", 255, "can only create exec sessions on running containers"),
    ("exec -d old ls", 125, IMPROPER),
    ("exec up nosuch", 127, "not found in $PATH"),
    ("exec up /etc", 126, ""),
    ("exec -w /nosuch up true", 127, "No such file or directory"),
    ("exec -u nosuch up true", 255, "unable to find user nosuch: no matching entries in passwd file"),
    ("exec --env-file /nosuch up true", 125, "open /nosuch: no such file or directory"),
    ("exec --preserve-fds 5 up true", 125, "is not available - the preserve-fds option requires"),
    ("ps --filter foo=bar", 125, "foo is an invalid filter"),
    ("ps --filter status=foo", 125, "unknown container state: foo"),
    ("ps --filter before=nosuch", 125, NO_CONTAINER),
    ("ps --filter until=foo", 125, "failed to parse value as time or duration"),
    ("ps --last 3 --latest", 125, "last and latest are mutually exclusive"),
    ("ps -q --size", 125, "quiet conflicts with size and namespace"),
    ("ps --ns --size", 125, "size and namespace options conflict"),
    ("ps extra", 125, "takes no arguments"),
    ("inspect", 125, "no names or ids specified"),
    ("inspect nosuch", 125, 'no such object: "nosuch"'),
    ("inspect --type foo up", 125, 'invalid type "foo": must be "image", "container", "pod", "network", "volume", or'),
    ("inspect --type image up", 125, "up: image not known"),
    ("inspect --type volume up", 125, "no such volume"),
    ("inspect --type network up", 125, "network not found"),
    ("inspect --latest up", 125, "--latest and arguments cannot be used together"),
    ("inspect --latest --type image", 125, 'latest is not supported for type "image"'),
    ("cp new:/nosuch /tmp", 125, '"/nosuch" could not be found on container new'),
    ("cp /nosuch new:/", 125, '"/nosuch" could not be found on the host'),
    ("stats --latest up", 125, "--all, --latest and containers cannot be used together"),
    ("run --name up --rootfs {root} true", 125, "already in use by"),
    ("create --name a/b --rootfs {root} true", 125, "names must match"),
    ("create --restart foo --rootfs {root} true", 125, '"foo" is not a valid restart policy'),
    ("run --rootfs /nosuch true", 125, "/nosuch: no such file or directory"),
    ("run --rm --rootfs {root} nosuch", 127, "not found in $PATH"),
    ("run --rm --rootfs {root} /etc", 126, ""),
    ("run --rm --user nosuch --rootfs {root} true", 126, "unable to find user nosuch: no matching entries in passwd"),
    ("run --rm --pull never nosuchimage", 125, "image not known"),
    ("run --cap-add FOO --rootfs {root} true", 125, "unknown capability"),
    ("run --stop-signal FOO --rootfs {root} true", 125, "invalid signal"),
    ("run --network container:nosuch --rootfs {root} true", 125, NO_CONTAINER),
    ("run -a foo --rootfs {root} true", 125,
     'invalid stream "foo" for --attach - must be one of stdin, stdout, or stderr'),
    ("run --rm --restart always --rootfs {root} true", 125, "--restart"),
    ("volume inspect nosuch", 125, "no such volume"),
    ("volume rm nosuch", 1, "no such volume"),
    ("volume create a/b", 125, "names must match"),
    ("volume exists nosuch", 1, ""),
    ("volume rm", 125, "choose either one or more volumes or all"),
    ("secret inspect nosuch", 125, "no such secret"),
    ("secret rm nosuch", 125, "no such secret"),
    ("image inspect nosuch", 125, "image not known"),
    ("image exists nosuch", 1, ""),
    ("rmi nosuch", 1, "image not known"),
    ("rmi", 125, "image name or ID must be specified"),
    ("tag nosuch a", 125, "image not known"),
    ("history nosuch", 125, "image not known"),
    ("save nosuch", 125, "image not known"),
    ("version extra", 125, "takes no arguments"),
    ("build /nosuch", 125, 'context must be a directory: "/nosuch"'),
    ("build {root}/bin/busybox", 125, "context must be a directory"),
    ("build {root}", 125, "no such file or directory"),
    ("build -f /nosuch {root}", 125, "/nosuch: no such file or directory"),
]

# line, exit status, phrase: Cubby alone, for the reason beside it
OWN = [
    ("nosuchcommand", 125, "unknown command: cubby nosuchcommand"),          # Docker's words
    ("rename", 125, "needs exactly 2 arguments, got 0"),                     # podman: "accepts 2 arg(s), received 0"
    ("run", 125, "needs at least 1 argument, got 0"),                        # the same
    ("start", 125, NO_NAME),                                                 # podman has another sentence for start only
    ("start --all up", 125, NO_ARGUMENTS),                                   # the same
    ("top old", 125, "top can only be used on running containers"),          # podman without cgroups: never
    ("stop --ignore --cidfile /nosuch", 0, ""),                              # podman's page says so, 4.3 fails
    ("wait --ignore nosuch", 0, ""),                                         # podman 4.3 lacks it
    ("inspect --size --type volume x", 125, 'size is not supported for type "volume"'),     # podman forgets this one
    ("diff nosuch", 125, 'no such object: "nosuch"'),                        # podman: "layer not known"
    ("cp nosuch:/a /tmp", 125, NO_CONTAINER),                                # podman: "does not exist"
    ("ps --sort foo", 125, "created, command, id, image, names, runningfor, size, status"),  # the order of the words
    ("logs --since x up", 125, "--since x: not a time"),                     # podman: "unable to interpret time value"
]


def containers(program, root):
    program.ok("run", "-d", "--name", "up", "--rootfs", root, "sleep", "1000")
    program.ok("create", "--name", "new", "--rootfs", root, "true")
    program.ok("run", "--name", "old", "--rootfs", root, "true")


def problems(program, root, rows):
    """Sentences on those rows that `program` does not agree with."""
    def one(row):
        line, code, phrase = row
        done = program(*shlex.split(line.format(root=root)))
        sentence = done.stderr.startswith("Error: ") if code > 1 else not done.stderr or code
        if done.code == code and phrase.lower() in done.stderr.lower() and sentence:
            return None
        return f"{line}: expected {code} and {phrase!r}, got {done.code} and {done.stderr!r}"
    return [p for p in map(one, rows) if p]


def test_bad_input(cubby, busybox_root):
    containers(cubby, busybox_root)
    assert problems(cubby, busybox_root, FAMILIES + SAME + OWN) == []


def test_ambiguous_ids(cubby, busybox_root):
    ids = []
    while len({i[0] for i in ids}) == len(ids):
        ids.append(cubby.ok("create", "--rootfs", busybox_root, "true"))
    prefix = next(i[0] for i in ids if sum(j[0] == i[0] for j in ids) > 1)
    for command in ("inspect", "start", "stop", "kill", "rm", "logs", "wait", "pause", "container inspect"):
        done = cubby(*command.split(), prefix)
        assert done.code in (125, 2) and "more than one" in done.stderr, done


@pytest.mark.root
@pytest.mark.parametrize("part", range(7))
def test_podman_says_the_same(podman, busybox_root, part):
    before = process.descendants()
    containers(podman, busybox_root)
    assert problems(podman, busybox_root, (FAMILIES[::4] + SAME)[part::7]) == []
    podman.ok("rm", "-f", "-a", "-t", "0")
    process.wait_until(lambda: process.descendants() <= before, "the end of podman's processes")
