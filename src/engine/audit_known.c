/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/audit_known.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define PEOPLE_FIRST 1000 /* login.defs(5): UID_MIN */
#define PEOPLE_LAST  60000
#define PEOPLE_MAX   32

struct known {
	const char *path;
	enum audit_path_kind kind;
	enum audit_power power;
	const char *what;
};

static const struct known of_system[] = {
	{"/run/docker.sock", AUDIT_SOCKET, POWER_OWNER, "the Docker daemon"},
	{"/run/podman/podman.sock", AUDIT_SOCKET, POWER_OWNER, "root's podman"},
	{"/run/containerd/containerd.sock", AUDIT_SOCKET, POWER_OWNER, "containerd"},
	{"/run/docker/containerd/containerd.sock", AUDIT_SOCKET, POWER_OWNER,
	 "containerd"},
	{"/run/crio/crio.sock", AUDIT_SOCKET, POWER_OWNER, "CRI-O"},
	{"/run/buildkit/buildkitd.sock", AUDIT_SOCKET, POWER_OWNER, "BuildKit"},
	{"/run/libvirt/libvirt-sock", AUDIT_SOCKET, POWER_OWNER, "libvirt"},
	{"/run/systemd/private", AUDIT_SOCKET, POWER_OWNER, "systemd"},
	{"/run/snapd.socket", AUDIT_SOCKET, POWER_NONE, "snapd"},
	{"/run/dbus/system_bus_socket", AUDIT_SOCKET, POWER_NONE, "the system's D-Bus"},
	{"/var/lib/lxd/unix.socket", AUDIT_SOCKET, POWER_OWNER, "LXD"},
	{"/etc/shadow", AUDIT_SECRET, POWER_ROOT, "hashes of passwords"},
	{"/etc/gshadow", AUDIT_SECRET, POWER_ROOT, "hashes of passwords"},
	{"/etc/ssh/ssh_host_ed25519_key", AUDIT_SECRET, POWER_OWNER,
	 "the host's SSH key"},
	{"/etc/ssh/ssh_host_ecdsa_key", AUDIT_SECRET, POWER_OWNER, "the host's SSH key"},
	{"/etc/ssh/ssh_host_rsa_key", AUDIT_SECRET, POWER_OWNER, "the host's SSH key"},
	{"/etc/krb5.keytab", AUDIT_SECRET, POWER_OWNER, "the host's Kerberos keys"},
	{"/etc/kubernetes/admin.conf", AUDIT_SECRET, POWER_OWNER, "a Kubernetes login"},
	{"/etc", AUDIT_VOLUME, POWER_NONE, NULL},
	{"/usr", AUDIT_VOLUME, POWER_NONE, NULL},
	{"/usr/local/bin", AUDIT_VOLUME, POWER_NONE, NULL},
	{"/root", AUDIT_VOLUME, POWER_NONE, NULL},
	{"/boot", AUDIT_VOLUME, POWER_NONE, NULL},
	{"/var/spool/cron/crontabs", AUDIT_VOLUME, POWER_NONE, NULL},
};

/* Below each home. "" is the home itself. */
static const struct known of_home[] = {
	{"", AUDIT_VOLUME, POWER_NONE, NULL},
	{".ssh/id_ed25519", AUDIT_SECRET, POWER_OWNER, "a private SSH key"},
	{".ssh/id_ecdsa", AUDIT_SECRET, POWER_OWNER, "a private SSH key"},
	{".ssh/id_rsa", AUDIT_SECRET, POWER_OWNER, "a private SSH key"},
	{".ssh/id_ed25519_sk", AUDIT_SECRET, POWER_OWNER, "a private SSH key"},
	{".gnupg/private-keys-v1.d", AUDIT_SECRET, POWER_OWNER, "private PGP keys"},
	{".aws/credentials", AUDIT_SECRET, POWER_OWNER, "an AWS login"},
	{".kube/config", AUDIT_SECRET, POWER_OWNER, "a Kubernetes login"},
	{".config/gcloud/credentials.db", AUDIT_SECRET, POWER_OWNER,
	 "a Google Cloud login"},
	{".azure/accessTokens.json", AUDIT_SECRET, POWER_OWNER, "an Azure login"},
	{".docker/config.json", AUDIT_SECRET, POWER_OWNER, "registry logins"},
	{".config/containers/auth.json", AUDIT_SECRET, POWER_OWNER, "registry logins"},
	{".git-credentials", AUDIT_SECRET, POWER_OWNER, "passwords for git"},
	{".netrc", AUDIT_SECRET, POWER_OWNER, "passwords"},
	{".pgpass", AUDIT_SECRET, POWER_OWNER, "database passwords"},
	{".bash_history", AUDIT_SECRET, POWER_OWNER, "what was typed in a shell"},
	{".mozilla", AUDIT_SECRET, POWER_OWNER, "a browser's passwords and cookies"},
	{".password-store", AUDIT_SECRET, POWER_OWNER, "passwords"},
};

/* Below /run/user/UID. */
static const struct known of_session[] = {
	{"bus", AUDIT_SOCKET, POWER_OWNER, "the session's D-Bus"},
	{"systemd/private", AUDIT_SOCKET, POWER_OWNER, "the session's systemd"},
	{"docker.sock", AUDIT_SOCKET, POWER_OWNER, "rootless Docker"},
	{"podman/podman.sock", AUDIT_SOCKET, POWER_OWNER, "podman"},
	{"gnupg/S.gpg-agent", AUDIT_SOCKET, POWER_OWNER, "the GnuPG agent"},
	{"gnupg/S.gpg-agent.ssh", AUDIT_SOCKET, POWER_OWNER, "the SSH agent"},
	{"keyring/ssh", AUDIT_SOCKET, POWER_OWNER, "the SSH agent"},
	{"keyring/control", AUDIT_SOCKET, POWER_OWNER, "the keyring"},
	{"wayland-0", AUDIT_SOCKET, POWER_USER, "the screen and keyboard"},
	{"pipewire-0", AUDIT_SOCKET, POWER_USER, "microphone and screen"},
	{"pulse/native", AUDIT_SOCKET, POWER_USER, "the microphone"},
	{"containers/auth.json", AUDIT_SECRET, POWER_OWNER, "registry logins"},
};

void audit_places_release(struct audit_places *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].path);
	free(list->items);
	*list = (struct audit_places){0};
}

static void add(struct audit_places *list, const char *top, const struct known *k)
{
	char *path = str_empty(k->path) ? xstrdup(top) : fs_join(top, k->path);

	/* root may live in "/" */
	if (str_eq(path, "/")) {
		free(path);
		return;
	}
	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	list->items[list->n++] = (struct audit_place){
		.path = path, .kind = k->kind, .power = k->power, .what = k->what};
}

static void add_person(struct audit_places *list, const struct audit_account *a)
{
	cleanup_free char *session = xasprintf("/run/user/%u", a->id);

	for (size_t i = 0; a->home && i < ARRAY_SIZE(of_home); i++)
		add(list, a->home, &of_home[i]);
	for (size_t i = 0; i < ARRAY_SIZE(of_session); i++)
		add(list, session, &of_session[i]);
}

static bool is_person(const struct audit_account *a)
{
	return a->id >= PEOPLE_FIRST && a->id < PEOPLE_LAST;
}

void audit_places_build(const struct audit_accounts *a, uid_t caller,
			struct audit_places *ret)
{
	size_t people = 0;

	*ret = (struct audit_places){0};
	for (size_t i = 0; i < ARRAY_SIZE(of_system); i++)
		add(ret, "/", &of_system[i]);
	for (size_t i = 0; i < a->n_users; i++) {
		const struct audit_account *who = &a->users[i];

		if (who->id == caller || who->id == 0 ||
		    (is_person(who) && people++ < PEOPLE_MAX))
			add_person(ret, who);
	}
}

const struct audit_place *audit_places_find(const struct audit_places *list,
					    const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->items[i].path, path))
			return &list->items[i];
	return NULL;
}

const struct audit_place *audit_places_named(const struct audit_places *list,
					     const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	if (!str_ends(name, ".sock") && !str_starts(name, "S."))
		return NULL;
	for (size_t i = 0; i < list->n; i++)
		if (list->items[i].kind == AUDIT_SOCKET &&
		    str_eq(strrchr(list->items[i].path, '/') + 1, name))
			return &list->items[i];
	return NULL;
}

static const struct {
	const char *pattern;
	enum audit_power power;
	const char *what;
} devices[] = {
	{"/dev/mem", POWER_ROOT, "the machine's memory"},
	{"/dev/kmem", POWER_ROOT, "the kernel's memory"},
	{"/dev/port", POWER_ROOT, "the machine's ports"},
	{"/dev/sg[0-9]*", POWER_ROOT, "a disk"},
	{"/dev/bsg/*", POWER_ROOT, "a disk"},
	{"/dev/nvme*", POWER_ROOT, "a disk"},
	{"/dev/mapper/control", POWER_ROOT, "the device mapper"},
	{"/dev/vfio/*", POWER_NONE, "a device of the machine"},
	{"/dev/uinput", POWER_USER, "a keyboard of its own"},
	{"/dev/input/*", POWER_USER, "keyboards and mice"},
	{"/dev/video[0-9]*", POWER_USER, "a camera"},
	{"/dev/snd/*", POWER_USER, "microphones"},
	{"/dev/console", POWER_USER, "the console"},
	{"/dev/tty[0-9]*", POWER_USER, "the console"},
	{"/dev/vcs*", POWER_USER, "the console's screen"},
	{"/dev/kvm", POWER_NONE, "the KVM hypervisor"},
	{"/dev/fuse", POWER_NONE, "FUSE"},
	{"/dev/net/tun", POWER_NONE, "network tunnels"},
	{"/dev/dri/*", POWER_NONE, "a graphics card"},
};

enum audit_power audit_device_power(const char *path, mode_t mode, const char **ret_what)
{
	*ret_what = S_ISBLK(mode) ? "a disk" : "a device";
	if (S_ISBLK(mode))
		return POWER_ROOT;
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		if (fnmatch(devices[i].pattern, path, FNM_PATHNAME) != 0)
			continue;
		*ret_what = devices[i].what;
		return devices[i].power;
	}
	return POWER_NONE;
}

bool audit_device_is_usual(const char *name)
{
	static const char *const usual[] = {"null",    "zero", "full", "random",
					    "urandom", "tty",  "ptmx", "console"};

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (str_eq(name, usual[i]))
			return true;
	return false;
}
