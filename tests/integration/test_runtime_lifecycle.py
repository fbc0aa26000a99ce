# SPDX-License-Identifier: Apache-2.0
"""The life of a container under cubby-runtime, as an engine drives it: create, start, state, kill, delete."""

import json
import os
import signal

import pytest

from support import process


@pytest.fixture
def bundle(runtime, busybox_root):
    """A bundle for a shell command."""
    def make(command="sleep 100", **changes):
        config = runtime.config(["sh", "-c", command], busybox_root)
        config.update(changes)
        return runtime.bundle(config)
    return make


@pytest.fixture
def created(runtime, bundle):
    """Create a container with standard streams of its own, as engines do."""
    def make(name="c1", command="sleep 100", options=(), **changes):
        runtime.detached("create", *options, "--bundle", bundle(command, **changes), name,
                         out=os.path.join(runtime.base, f"{name}.out"))
        return name
    return make


@pytest.fixture
def running(runtime, created):
    def make(name="c1", command="sleep 100", **more):
        created(name, command, **more)
        runtime.ok("start", name)
        return name
    return make


def output(runtime, name="c1"):
    with open(os.path.join(runtime.base, f"{name}.out"), encoding="utf-8") as f:
        return f.read()


def test_a_container_goes_through_all_states(runtime, created):
    created(command="echo hello; sleep 100")
    assert runtime.status("c1") == "created"
    assert output(runtime) == ""
    runtime.ok("start", "c1")
    assert runtime.status("c1") == "running"
    process.wait_until(lambda: output(runtime) == "hello\n", "the container's output")
    runtime.ok("kill", "c1", "KILL")
    runtime.wait_status("c1", "stopped")
    runtime.ok("delete", "c1")
    assert "does not exist" in runtime.fails("state", "c1")


def test_commands_say_nothing_when_all_goes_well(runtime, bundle):
    out = os.path.join(runtime.base, "out")
    result = runtime.detached("create", "--bundle", bundle(), "c1", out=out)
    assert os.path.getsize(out) == 0 and result.stderr == ""
    for args in (["start", "c1"], ["kill", "c1", "9"]):
        result = runtime(*args)
        assert (result.code, result.stdout, result.stderr) == (0, "", ""), result
    runtime.wait_status("c1", "stopped")
    result = runtime("delete", "c1")
    assert (result.code, result.stdout, result.stderr) == (0, "", ""), result


def test_state_has_the_fields_of_the_specification_and_of_runc(runtime, bundle):
    path = bundle(annotations={"org.example.key": "value"})
    runtime.detached("create", "--bundle", path, "c1")
    state = runtime.state("c1")
    assert state["id"] == "c1"
    assert state["status"] == "created"
    assert state["bundle"] == path
    assert state["ociVersion"].startswith("1.")
    assert state["annotations"] == {"org.example.key": "value"}
    assert os.path.isdir(state["rootfs"])
    assert state["owner"] == runtime.user.name
    assert state["created"].endswith("Z")
    assert process.alive(state["pid"])
    assert process.host_ids(state["pid"])[0] == runtime.user.uid


def test_run_gives_output_and_exit_status(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "echo out; echo err >&2; exit 7"], busybox_root)
    result = runtime.run_config(config)
    assert (result.code, result.stdout, result.stderr) == (7, "out\n", "err\n")
    assert runtime.ok("list", "-q") == ""


def test_run_takes_standard_input(runtime, busybox_root):
    result = runtime.run_config(runtime.config(["cat"], busybox_root), input="some text\n")
    assert result.stdout == "some text\n"


def test_run_reports_death_by_signal_as_a_shell_does(runtime, busybox_root):
    config = runtime.config(["sh", "-c", "sh -c 'kill -9 $$'; exit $?"], busybox_root)
    assert runtime.run_config(config).code == 137


def test_run_passes_signals_on(runtime, busybox_root, base):
    config = runtime.config(["sh", "-c", "trap 'echo got it; exit 3' TERM; echo ready; "
                                         "while :; do sleep 0.05; done"], busybox_root)
    p = runtime.start("run", "--bundle", runtime.bundle(config), "c1")
    assert p.stdout.readline() == "ready\n"
    p.send_signal(signal.SIGTERM)
    assert p.stdout.readline() == "got it\n"
    assert p.wait(10) == 3


def test_run_keep_leaves_the_stopped_container(runtime, busybox_root):
    assert runtime.run_config(runtime.config(["true"], busybox_root), "--keep").code == 0
    assert runtime.status("c1") == "stopped"
    runtime.ok("delete", "c1")


def test_run_detach_returns_at_once(runtime, bundle):
    pid_file = os.path.join(runtime.base, "pid")
    runtime.detached("run", "--detach", "--pid-file", pid_file, "--bundle", bundle(), "c1")
    assert runtime.status("c1") == "running"
    with open(pid_file, encoding="utf-8") as f:
        assert int(f.read()) == runtime.state("c1")["pid"]


def test_pid_file_of_create(runtime, created):
    pid_file = os.path.join(runtime.base, "pid")
    created(options=["--pid-file", pid_file])
    with open(pid_file, encoding="utf-8") as f:
        assert int(f.read()) == runtime.state("c1")["pid"]


def test_an_id_in_use_is_refused(runtime, created):
    created()
    said = runtime.fails("create", "--bundle", os.path.join(runtime.base, "bundle1"), "c1")
    assert 'container id "c1" is in use' in said
    assert runtime.status("c1") == "created"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "a b", "a\nb", "é"])
def test_hostile_ids_are_refused(runtime, bundle, name):
    assert "invalid container id" in runtime.fails("create", "--bundle", bundle(), "--", name)


def test_a_second_start_is_refused(runtime, running):
    running()
    assert "only a created one can be started" in runtime.fails("start", "c1")


def test_start_of_a_created_container_that_was_killed(runtime, created):
    created()
    os.kill(runtime.state("c1")["pid"], signal.SIGKILL)
    runtime.wait_status("c1", "stopped")
    assert "stopped" in runtime.fails("start", "c1")
    runtime.ok("delete", "c1")


def test_a_created_container_can_be_killed_and_deleted(runtime, created):
    created()
    runtime.ok("kill", "c1", "KILL")
    runtime.wait_status("c1", "stopped")
    runtime.ok("delete", "c1")
    assert runtime.ok("list", "-q") == ""


def test_a_created_container_can_be_deleted_at_once(runtime, created):
    created()
    pid = runtime.state("c1")["pid"]
    runtime.ok("delete", "c1")
    process.wait_gone(pid)


def test_a_running_container_is_deleted_only_by_force(runtime, running):
    running()
    pid = runtime.state("c1")["pid"]
    assert "cannot delete container c1 that is not stopped: running" in runtime.fails("delete", "c1")
    assert process.alive(pid)
    runtime.ok("delete", "--force", "c1")
    assert not process.alive(pid)
    assert runtime.ok("list", "-q") == ""


def test_an_unknown_container(runtime):
    for args in (["state"], ["start"], ["kill"], ["delete"], ["pause"], ["resume"], ["ps"], ["events"],
                 ["update", "--pids-limit", "1"]):
        assert 'container "nope" does not exist' in runtime.fails(*args, "nope", code=1)
    assert 'container "nope" does not exist' in runtime.fails("exec", "nope", "true")
    runtime.ok("delete", "--force", "nope")


@pytest.mark.parametrize("word", ["HUP", "SIGHUP", "hup", "1"])
def test_kill_takes_names_and_numbers(runtime, running, word):
    running(command="trap 'echo hangup' HUP; echo ready; while :; do sleep 0.05; done")
    process.wait_until(lambda: "ready" in output(runtime), "the trap")
    runtime.ok("kill", "c1", word)
    process.wait_until(lambda: "hangup" in output(runtime), "the signal's effect")


def test_kill_sends_sigterm_by_itself(runtime, running):
    running(command="trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done")
    process.wait_until(lambda: "ready" in output(runtime), "the trap")
    runtime.ok("kill", "c1")
    runtime.wait_status("c1", "stopped")


def test_kill_refuses_what_is_no_signal(runtime, running):
    running()
    assert 'unknown signal "NOSUCH"' in runtime.fails("kill", "c1", "NOSUCH")
    assert runtime.status("c1") == "running"


def test_kill_of_a_stopped_container(runtime, running):
    running(command="true")
    runtime.wait_status("c1", "stopped")
    assert "container not running" in runtime.fails("kill", "c1", "9")
    runtime.ok("kill", "--all", "c1", "9")


def test_kill_all_reaches_every_process(runtime, running):
    running(command="trap : TERM; for i in 1 2; do "
                    "sh -c 'trap \"echo got; exit\" TERM; echo ready; while :; do sleep 0.05; done' & "
                    "done; while :; do wait; sleep 0.1; done")
    process.wait_until(lambda: output(runtime).count("ready") == 2, "both children")
    runtime.ok("kill", "--all", "c1", "TERM")
    process.wait_until(lambda: output(runtime).count("got") == 2, "both children getting it")
    assert runtime.status("c1") == "running"


def test_list_as_table_json_and_ids(runtime, running, created):
    running("one")
    created("two")
    assert runtime.ok("list", "--quiet").split() == ["one", "two"]
    lines = runtime.ok("list").splitlines()
    assert lines[0].split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
    assert [line.split()[0] for line in lines[1:]] == ["one", "two"]
    listed = runtime.json("list", "--format", "json")
    assert [(c["id"], c["status"]) for c in listed] == [("one", "running"), ("two", "created")]
    assert listed[0]["pid"] == runtime.state("one")["pid"]


def test_list_of_nothing(runtime):
    assert runtime.json("list", "-f", "json") == []
    assert runtime.ok("list", "-q") == ""
    assert len(runtime.ok("list").splitlines()) == 1


def test_ps_shows_the_processes_by_their_host_ids(runtime, running):
    running(command="sleep 77 & sleep 78; true")
    pid = runtime.state("c1")["pid"]
    table = process.wait_until(lambda: [t for t in [runtime.ok("ps", "c1")] if "sleep 77" in t and "sleep 78" in t],
                               "both programs")[0]
    assert "PID" in table.splitlines()[0]
    pids = runtime.json("ps", "--format", "json", "c1")
    assert len(pids) == 3 and pid in pids
    assert all(process.alive(p) for p in pids)
    assert len(table.splitlines()) == 4
    short = runtime.ok("ps", "c1", "-o", "pid,args")
    assert short.splitlines()[0].split() == ["PID", "COMMAND"]


def test_an_engine_that_inherits_the_zombie_sees_it_stopped(runtime, created):
    """Under conmon the init's parent is the monitor: a zombie until it reaps."""
    created(command="exit 3")
    runtime.ok("start", "c1")
    runtime.wait_status("c1", "stopped")
    assert runtime.state("c1")["pid"] == 0


def test_two_containers_do_not_see_each_other(runtime, running):
    running("one")
    running("two", command="ps; echo end; sleep 100")
    process.wait_until(lambda: "end" in output(runtime, "two"), "the process list")
    assert "sleep 100" not in [line.split(None, 3)[-1] for line in output(runtime, "two").splitlines()
                               if "sh -c" not in line]


def test_deleting_leaves_no_trace(runtime, running):
    running()
    runtime.ok("delete", "--force", "c1")
    assert [n for n in os.listdir(runtime.state_dir) if not n.startswith(".")] == []


def test_state_is_read_while_another_command_holds_the_container(runtime, busybox_root):
    """A hook may ask for the state of the very container that is being made."""
    config = runtime.config(["true"], busybox_root)
    out = os.path.join(runtime.base, "hook.out")
    script = os.path.join(runtime.base, "hook")
    with open(script, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\ncat >/dev/null\n{' '.join(runtime.argv('state', 'c1'))} >{out}\n")
    os.chmod(script, 0o755)
    config["hooks"] = {"poststart": [{"path": script, "timeout": 10}]}
    assert runtime.run_config(config).code == 0
    with open(out, encoding="utf-8") as f:
        assert json.load(f)["id"] == "c1"
