# SPDX-License-Identifier: Apache-2.0
"""`cubby network`: what it says and records. No container runs here."""

import concurrent.futures
import os
import re
import signal

from support.process import wait_until


def created(cubby, *args):
    return cubby.ok("network", "create", *args)


def refused(cubby, *args, code=125):
    done = cubby("network", *args)
    assert done.code == code and done.stderr.startswith("Error: "), done
    return done.stderr


def test_create_and_look(cubby):
    assert created(cubby) == "network1"
    assert created(cubby, "--subnet", "10.213.1.0/24", "--ip-range", "10.213.1.128/25", "--gateway", "10.213.1.9",
                   "--subnet", "fd31:7::/64", "--label", "app=web", "-o", "mtu=1400", "-o", "isolate=true",
                   "--dns", "192.0.2.53", "lab") == "lab"
    assert created(cubby, "--internal", "--disable-dns", "--ipv6", "--interface-name", "inner0", "inner") == "inner"
    assert created(cubby, "--ignore", "inner") == "inner"

    seen = cubby.json("network", "inspect", "lab")
    assert len(seen) == 1
    lab = seen[0]
    assert re.fullmatch("[0-9a-f]{64}", lab["id"])
    assert lab["network_interface"] == "cubby-" + lab["id"][:8]
    assert lab["subnets"] == [
        {"subnet": "10.213.1.0/24", "gateway": "10.213.1.9",
         "lease_range": {"start_ip": "10.213.1.128", "end_ip": "10.213.1.254"}},
        {"subnet": "fd31:7::/64", "gateway": "fd31:7::1"}]
    assert lab["ipv6_enabled"] and lab["dns_enabled"] and not lab["internal"]
    assert lab["options"] == {"isolate": "true", "mtu": "1400"} and lab["labels"] == {"app": "web"}
    assert lab["ipam_options"] == {"driver": "host-local"} and lab["driver"] == "bridge"
    assert lab["network_dns_servers"] == ["192.0.2.53"] and lab["containers"] == {}

    # a template has podman's names
    assert cubby.ok("network", "inspect", "-f", "{{.Name}} {{.IPv6Enabled}} {{.DNSEnabled}} {{.NetworkInterface}} "
                    "{{len .Subnets}}", "inner") == "inner true false inner0 2"
    assert cubby.ok("network", "inspect", "-f", "{{range .Subnets}}[{{.Gateway}}{{if .LeaseRange}}{{.LeaseRange.StartIP}}{{end}}]"
                    "{{end}}", "inner") == "[][]"
    rows = cubby.ok("network", "ls").splitlines()
    assert rows[0].split() == ["NETWORK", "ID", "NAME", "DRIVER"]
    assert [row.split()[1:] for row in rows[1:]] == [[n, "bridge"] for n in ("bridge", "inner", "lab", "network1")]
    assert cubby.ok("network", "ls", "--no-trunc", "--noheading", "--filter", "name=^lab$").split()[0] == lab["id"]
    for filters, names in ((["label=app"], "lab"), (["label!=app", "name=n"], "inner network1"),
                           (["id=" + lab["id"][:12]], "lab"), (["until=1h"], ""), (["driver=macvlan"], ""),
                           (["dangling=true"], "bridge inner lab network1"), (["dangling=false"], "")):
        args = [word for one in filters for word in ("--filter", one)]
        assert cubby.ok("network", "ls", "-q", *args).split() == names.split(), filters

    for name in ("lab", lab["id"], lab["id"][:10], "bridge", "podman", "default"):
        assert cubby("network", "exists", name).code == 0
    assert cubby("network", "exists", "nothing").code == 1
    assert cubby.ok("network", "inspect", "-f", "{{.Name}}", "podman") == "bridge"

    assert cubby.ok("network", "update", "--dns-add", "192.0.2.54", "--dns-drop", "192.0.2.53", "lab") == "lab"
    assert cubby.ok("network", "inspect", "-f", "{{.NetworkDNSServers}}", "lab") == "[192.0.2.54]"
    assert "no DNS server" in refused(cubby, "update", "--dns-drop", "192.0.2.99", "lab")


def test_refusals(cubby):
    created(cubby, "--subnet", "10.213.1.0/24", "lab")
    for args, words in (
            (["lab"], "network name lab already used: network already exists"),
            (["bridge"], "network already exists"),
            (["--subnet", "10.213.0.0/16"], "another network has 10.213.1.0/24"),
            (["--subnet", "10.213.2.0"], "invalid CIDR address: 10.213.2.0"),
            (["--subnet", "10.213.2.0/31"], "too small"),
            (["--gateway", "10.213.2.1"], "cannot set gateway without subnet"),
            (["--ip-range", "10.213.2.0/25"], "cannot set range without subnet"),
            (["--subnet", "10.213.2.0/24", "--gateway", "10.213.3.1"], "gateway 10.213.3.1 not in subnet 10.213.2.0/24"),
            (["--subnet", "10.213.2.0/24", "--gateway", "10.213.2.255"], "broadcast"),
            (["--subnet", "10.213.2.0/24", "--ip-range", "10.213.3.0/25"], "not in subnet"),
            (["--subnet", "10.213.2.0/24", "--subnet", "10.213.2.128/25"], "another network has"),
            (["--driver", "macvlan"], "unsupported driver macvlan"),
            (["--ipam-driver", "dhcp"], "unsupported ipam driver"),
            (["--opt", "vlan=3"], "unsupported bridge network option vlan"),
            (["--opt", "mtu=9"], "mtu=9"),
            (["--opt", "isolate=maybe"], "isolate=maybe"),
            (["--interface-name", "a-name-of-16-bytes"], "from 1 to 15 bytes"),
            (["--dns", "example"], "it is not an ip address"),
            (["host"], "conflicts with a valid network mode"),
            (["default"], "conflicts with a valid network mode"),
            (["a/b"], "names must match")):
        assert words in refused(cubby, "create", *args), args
    assert "default network bridge cannot be removed" in refused(cubby, "rm", "bridge")
    assert "network not found" in refused(cubby, "rm", "nothing", code=1)
    assert "network not found" in refused(cubby, "inspect", "nothing")
    assert cubby.ok("network", "rm", "--force", "nothing") == ""
    assert "invalid filter" in refused(cubby, "ls", "--filter", "colour=red")
    assert "invalid filter" in refused(cubby, "prune", "-f", "--filter", "name=lab")
    assert cubby.ok("network", "ls", "-q") == "bridge\nlab"


def test_containers_conf(cubby, base):
    path = os.path.join(base, "containers.conf")

    def use(text):
        with open(path, "w", encoding="utf-8") as f:
            f.write("[network]\n" + text)
        return {"CONTAINERS_CONF": path}

    env = use('default_network = "lan"\ndefault_subnet = "10.214.0.0/16"\n'
              'default_subnet_pools = [{"base" = "10.215.0.0/22", "size" = 24}]\n')
    shown = ["network", "inspect", "-f", "{{.Name}} {{range .Subnets}}{{.Subnet}}{{end}}"]
    assert cubby.ok(*shown, "podman", env=env) == "lan 10.214.0.0/16"
    for k in range(4):
        assert cubby.ok("network", "create", f"n{k}", env=env) == f"n{k}"
        assert cubby.ok(*shown, f"n{k}", env=env) == f"n{k} 10.215.{k}.0/24"
    assert "could not find free subnet" in cubby.fails("network", "create", env=env, code=125)
    assert "default network lan cannot be removed" in cubby.fails("network", "rm", "lan", env=env)
    env = use('default_subnet_pools = [{"base" = "10.215.0.0/22", "size" = 8}]')
    assert "default_subnet_pools[0]" in cubby.fails("network", "create", env=env, code=125)
    env = use('default_subnet_pools = ["10.215.0.0/22"]')
    assert "expected a list of tables" in cubby.fails("network", "create", env=env, code=125)


def test_remove_and_prune(cubby):
    for name in ("one", "two", "three"):
        created(cubby, "--label", "n=" + name, name)
    assert cubby.ok("network", "rm", "one") == "one"
    assert cubby.ok("network", "prune", "--force", "--filter", "label=n=two") == "two"
    assert cubby("network", "prune", input="n\n").stdout.endswith("[y/N] ")
    assert cubby.ok("network", "ls", "-q").split() == ["bridge", "three"]
    assert "Deleted Networks\nthree\n" in cubby.ok("system", "prune", "--force")
    said = cubby.ok("events", "--since", "1h", "--stream=false", "--filter", "type=network",
                    "--format", "{{.Status}} {{.Name}}").splitlines()
    assert said == ["create one", "create two", "create three", "remove one", "remove two", "remove three"]


def test_many_at_once(cubby):
    """Fifty networks, and nobody has the subnet of another; of one name there is one."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        names = list(pool.map(lambda _: created(cubby), range(48)))
        same = list(pool.map(lambda _: cubby("network", "create", "same").code, range(4)))
    assert sorted(same) == [0, 125, 125, 125]
    assert len(set(names)) == 48
    nets = cubby.json("network", "ls", "--format", "json")
    assert len(nets) == 50
    assert len({n["subnets"][0]["subnet"] for n in nets}) == 50
    assert len({n["network_interface"] for n in nets}) == 50


def test_containers_at_rest(cubby, busybox_root):
    """Who comes and goes is on record; a network that somebody is at stays."""
    for name in ("first", "second"):
        created(cubby, name)
    cubby.ok("create", "--name", "web", "--network", "first", "--rootfs", busybox_root, "true")
    cubby.ok("create", "--name", "alone", "--network", "none", "--rootfs", busybox_root, "true")

    def at():
        nets = cubby.json("inspect", "--format", "json", "web")[0]["NetworkSettings"]["Networks"]
        return sorted(nets)

    assert at() == ["first"]
    assert cubby.ok("network", "ls", "-q", "--filter", "dangling=false") == "first"
    cubby.ok("network", "connect", "--alias", "www", "--mac-address", "92:d0:c6:0a:29:33", "second", "web")
    assert at() == ["first", "second"]
    assert "already connected to network \"second\"" in refused(cubby, "connect", "second", "web")
    assert "invalid network mode" in refused(cubby, "connect", "second", "alone")
    assert "not an address of IPv4" in refused(cubby, "connect", "--ip", "fd00::1", "second", "web")
    assert "no container" in refused(cubby, "connect", "second", "nobody")
    assert "network is being used" in refused(cubby, "rm", "second", code=2)
    assert cubby.ok("network", "prune", "-f") == ""
    cubby.ok("network", "disconnect", "first", "web")
    assert at() == ["second"]
    assert "is not connected to network first" in refused(cubby, "disconnect", "first", "web")
    cubby.ok("network", "disconnect", "--force", "first", "web")
    cubby.ok("network", "disconnect", "--force", "first", "nobody")
    said = cubby.ok("events", "--since", "1h", "--stream=false", "--filter", "type=network",
                    "--format", "{{.Status}} {{.Name}}").splitlines()
    assert said[2:] == ["connect second", "disconnect first"]
    assert cubby.ok("network", "rm", "--force", "second") == "second"
    assert cubby("container", "exists", "web").code == 1
    assert cubby.ok("network", "prune", "-f") == "first"


def test_containers_that_run(cubby, busybox_root):
    """Interfaces come and go with the record, and keep their names."""
    created(cubby, "--subnet", "10.213.1.0/24", "first")
    created(cubby, "--subnet", "10.213.2.0/24", "--subnet", "fd31:8::/64", "second")
    cubby.ok("run", "-d", "--name", "web", "--network", "first", "--rootfs", busybox_root, "sleep", "1000")

    def addresses():
        text = cubby.ok("exec", "web", "ip", "-o", "addr")
        return sorted(" ".join(m) for m in re.findall(r"(eth\d)\s+inet6? ((?!fe80)\S+)", text))

    assert addresses() == ["eth0 10.213.1.2/24"]
    assert "already allocated: container web has it" in cubby.fails(
        "run", "--rm", "--network", "first", "--ip", "10.213.1.2", "--rootfs", busybox_root, "true", code=125)
    cubby.ok("network", "connect", "--ip", "10.213.2.77", "--mac-address", "92:d0:c6:0a:29:33", "second", "web")
    assert addresses() == ["eth0 10.213.1.2/24", "eth1 10.213.2.77/24", "eth1 fd31:8::2/64"]
    seen = cubby.json("network", "inspect", "second")[0]["containers"]
    assert [(c["name"], c["interfaces"]["eth1"]) for c in seen.values()] == [("web", {
        "subnets": [{"ipnet": "10.213.2.77/24", "gateway": "10.213.2.1"}, {"ipnet": "fd31:8::2/64", "gateway": "fd31:8::1"}],
        "mac_address": "92:d0:c6:0a:29:33"})]
    cubby.ok("network", "disconnect", "first", "web")
    assert addresses() == ["eth1 10.213.2.77/24", "eth1 fd31:8::2/64"]
    cubby.ok("network", "connect", "first", "web")
    assert addresses() == ["eth0 10.213.1.3/24", "eth1 10.213.2.77/24", "eth1 fd31:8::2/64"]
    assert len(cubby.ok("network", "reload", "web")) == 64
    assert len(cubby.ok("network", "reload", "--all").split()) == 1
    assert addresses() == ["eth0 10.213.1.3/24", "eth1 10.213.2.77/24", "eth1 fd31:8::2/64"]
    # what can't be there leaves no trace
    created(cubby, "--subnet", "10.213.3.0/30", "third")
    assert "not in any subnet" in refused(cubby, "connect", "--ip", "10.213.9.9", "third", "web")
    assert cubby.ok("network", "rm", "third") == "third"
    assert "network is being used" in refused(cubby, "rm", "first", code=2)
    cubby.ok("rm", "-f", "-t", "0", "web")
    assert cubby.ok("network", "rm", "first", "second") == "first\nsecond"


def test_exhausted(cubby, busybox_root):
    """A pool with one address: the second is told what helps, and the end of the first frees it."""
    created(cubby, "--subnet", "10.213.1.0/30", "tiny")
    again = ["run", "--rm", "--network", "tiny", "--rootfs", busybox_root, "true"]
    cubby.ok("run", "-d", "--name", "holder", "--network", "tiny", "--rootfs", busybox_root, "sleep", "1000")
    said = cubby.fails(*again, code=125)
    assert "could not find free IP in range 10.213.1.0/30 of network tiny" in said and "cubby network create" in said
    cubby.ok("stop", "-t", "0", "holder")
    cubby.ok(*again)
    # nobody was left to clean up: the next one does it
    cubby.ok("start", "holder")
    state = cubby.json("inspect", "holder")[0]["State"]
    os.kill(state["ConmonPid"], signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{state['Pid']}"))
    cubby.ok(*again)
    cubby.ok("network", "rm", "-f", "tiny")
