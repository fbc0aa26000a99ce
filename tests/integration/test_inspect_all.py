# SPDX-License-Identifier: Apache-2.0
"""inspect: its kinds, sizes, and the members of podman's document."""

import json

# What podman 4.3 and 5.4 say of a container, but for what there is no counterpart of.
MEMBERS = {
    None: """Id Created Path Args State Image ImageDigest ImageName Rootfs Pod ResolvConfPath HostnamePath HostsPath
        StaticDir OCIConfigPath OCIRuntime ConmonPidFile PidFile Name RestartCount Driver MountLabel ProcessLabel
        AppArmorProfile EffectiveCaps BoundingCaps ExecIDs GraphDriver Mounts Dependencies NetworkSettings Namespace
        IsInfra IsService Config HostConfig""",
    "State": """OciVersion Status Running Paused Restarting OOMKilled Dead Pid ConmonPid ExitCode Error StartedAt
        FinishedAt CgroupPath CheckpointedAt RestoredAt""",
    "NetworkSettings": """EndpointID Gateway IPAddress IPPrefixLen IPv6Gateway GlobalIPv6Address GlobalIPv6PrefixLen
        MacAddress Bridge SandboxID HairpinMode LinkLocalIPv6Address LinkLocalIPv6PrefixLen Ports SandboxKey""",
    "Config": """Hostname Domainname User AttachStdin AttachStdout AttachStderr Tty OpenStdin StdinOnce Env Cmd Image
        Volumes WorkingDir Entrypoint OnBuild Labels Annotations StopSignal CreateCommand Umask Timeout StopTimeout
        Passwd sdNotifyMode""",
    "HostConfig": """Binds CgroupManager CgroupMode ContainerIDFile LogConfig NetworkMode PortBindings RestartPolicy
        AutoRemove VolumeDriver VolumesFrom CapAdd CapDrop Dns DnsOptions DnsSearch ExtraHosts GroupAdd IpcMode Cgroup
        Cgroups Links OomScoreAdj PidMode Privileged PublishAllPorts ReadonlyRootfs SecurityOpt Tmpfs UTSMode UsernsMode
        ShmSize Runtime ConsoleSize Isolation CpuShares Memory NanoCpus CgroupParent BlkioWeight BlkioWeightDevice
        BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuPeriod CpuQuota
        CpuRealtimePeriod CpuRealtimeRuntime CpusetCpus CpusetMems Devices DiskQuota KernelMemory MemoryReservation
        MemorySwap MemorySwappiness OomKillDisable PidsLimit Ulimits CpuCount CpuPercent IOMaximumIOps
        IOMaximumBandwidth CgroupConf""",
}


def test_members_are_podmans(cubby, own_root):
    cubby.ok("run", "-d", "--name", "web", "--add-host", "a:10.0.0.1", "--group-add", "5", "--shm-size", "1m",
             "--device", "/dev/null:/dev/nil:rw", "--timeout", "900", "cubby/hello", "sleep", "100")
    document = cubby.inspect("web")
    for section, words in MEMBERS.items():
        there = document[section] if section else document
        assert set(words.split()) - set(there) == set(), section
    host = document["HostConfig"]
    assert (host["ExtraHosts"], host["GroupAdd"], host["ShmSize"]) == (["a:10.0.0.1"], ["5"], 1 << 20)
    assert host["Devices"] == [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/nil", "CgroupPermissions": "rw"}]
    assert document["Config"]["Timeout"] == 900
    assert document["GraphDriver"]["Name"] == "overlay" and document["GraphDriver"]["Data"]["UpperDir"]
    assert document["ImageDigest"].startswith("sha256:")
    assert "SizeRw" not in document
    sized = cubby.json("inspect", "--size", "web")[0]
    assert sized["SizeRootFs"] > sized["SizeRw"] > 0
    assert cubby.ok("inspect", "-f", "{{.HostConfig.Memory}} {{.NetworkSettings.IPAddress}}.{{.Config.OnBuild}}",
                    "web").startswith("0 .")


def test_kinds_of_objects(cubby, own_root):
    cubby.ok("create", "--name", "thing", "--rootfs", own_root, "true")
    cubby.ok("volume", "create", "store")
    assert cubby.json("inspect", "--type", "volume", "store")[0]["Name"] == "store"
    assert [("State" in o, o["Name"]) for o in cubby.json("inspect", "thing", "store")] == [(True, "thing"), (False, "store")]
    assert cubby.ok("inspect", "--latest", "--format", "{{.Name}}") == "thing"
    for words, said in ((["nosuch"], 'no such object: "nosuch"'),
                        (["--type", "container", "nosuch"], "no such container"),
                        (["--type", "image", "thing"], "image not known"),
                        (["--type", "volume", "thing"], "no such volume"),
                        (["--type", "network", "thing"], "network not found"),
                        (["--type", "shoe", "thing"], 'invalid type "shoe": must be "image", "container", "pod"'),
                        (["-l", "thing"], "--latest and arguments cannot be used together"),
                        (["-l", "--type", "image"], 'latest is not supported for type "image"'),
                        (["-s", "--type", "volume", "store"], 'size is not supported for type "volume"'),
                        ([], "no names or ids specified")):
        assert said in cubby.fails("inspect", *words, code=125)
    some = cubby("inspect", "thing", "nosuch")
    assert some.code == 125 and len(json.loads(some.stdout)) == 1
