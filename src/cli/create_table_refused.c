/* SPDX-License-Identifier: Apache-2.0 */
/* Options of Docker's or podman's that never will do what they say. */
#include "cli/create_tables.h"
#include "cli/refusal.h"

static const struct option_refusal refusals[] = {
	{"cpu-count", NULL, "it is for Windows containers", NULL},
	{"cpu-percent", NULL, "it is for Windows containers", NULL},
	{"decryption-key", NULL, "encrypted images cannot be fetched",
	 "Decrypt it first, with: skopeo copy --decryption-key KEY docker://IMAGE oci-archive:FILE; "
	 "then: cubby load -i FILE"},
	{"gpus", NULL, "there is no Container Device Interface here to ask for them",
	 "Give it the devices: --device /dev/dri, or --device /dev/nvidia0 --device "
	 "/dev/nvidiactl --device /dev/nvidia-uvm; libraries of the host go in with -v"},
	{"io-maxbandwidth", NULL, "it is for Windows containers", NULL},
	{"io-maxiops", NULL, "it is for Windows containers", NULL},
	{"isolation", "default",
	 "other isolations than default are for Windows containers", NULL},
	{"kernel-memory", NULL,
	 "Linux no longer counts the kernel's memory by itself, Docker has dropped it too",
	 NULL},
	{"link", NULL, "legacy links between containers are not made",
	 "A name and an address for /etc/hosts: --add-host NAME:ADDRESS"},
	{"permissive", "false", "what cannot be done is refused", NULL},
	{"rdt-class", NULL, "classes of Intel RDT are not assigned",
	 "Root can do so: echo $(cubby inspect -f '{{.State.Pid}}' NAME) > "
	 "/sys/fs/resctrl/CLASS/tasks"},
	{"runtime", NULL, "Cubby runs its containers itself",
	 "Leave it out. Another engine can use Cubby's runtime: it is cubby-runtime"},
	{"storage-opt", NULL, "a container's writable layer has no limit of its own",
	 "A place with a limit: --tmpfs DIR:size=SIZE"},
	{"use-api-socket", "false", "there is no daemon whose socket it could get", NULL},
	{"volume-driver", "local", "there are no other drivers of volumes than local",
	 NULL},
	{NULL, NULL, NULL, NULL},
};

static int refuse(const struct option_match *match, struct error *err)
{
	return option_refuse(refusals, match, err);
}

#define REFUSED(long_name, ...) OPT_REFUSED(refuse, long_name, ##__VA_ARGS__)

const struct option_spec create_table_refused[] = {
	REFUSED("cpu-count"),
	REFUSED("cpu-percent"),
	REFUSED("decryption-key"),
	REFUSED("gpus"),
	REFUSED("io-maxbandwidth"),
	REFUSED("io-maxiops"),
	REFUSED("isolation"),
	REFUSED("kernel-memory"),
	REFUSED("link"),
	REFUSED("permissive", .bare_value = "true"),
	REFUSED("rdt-class"),
	REFUSED("runtime"),
	REFUSED("storage-opt"),
	REFUSED("use-api-socket", .bare_value = "true"),
	REFUSED("volume-driver"),
	OPT_END,
};
