/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes, mounts, devices. */
#include "cli/create_tables.h"

#define O struct create_options

/* in the order of enum image_volume_word; the last is an older word for the first */
static const char *const image_volume_words[] = {"anonymous", "tmpfs", "ignore", "bind",
						 NULL};
/* there is one */
static const char *const volume_driver_words[] = {"local", NULL};

const struct option_spec create_table_files[] = {
	OPT_GROUP("Files"),
	OPT_BOOL(O, rootfs_given, "rootfs", 0,
		 "IMAGE is a directory, the root file system", .common = true),
	OPT_STRV(
		O, volumes, "volume", 'v', "SOURCE:DIR[:OPTS]",
		"mount a volume, or a host's directory or file; options: ro, U (give it to the container's "
		"user), O (leave it as it is), idmap, noexec, rslave ...",
		.common = true),
	OPT_STRV(
		O, mount.mounts, "mount", 0, "TYPE,KEY=VALUE,...",
		"the same in words: type=volume, bind, tmpfs, image, glob, devpts, ramfs"),
	OPT_STRV(O, mount.volumes_from, "volumes-from", 0, "CONTAINER[:OPTS]",
		 "mount what another container has mounted; options: ro, rw"),
	OPT_WORD(O, mount.image_volume, "image-volume", 0, image_volume_words,
		 "what the image's volumes become (default anonymous)"),
	OPT_WORD(O, mount.volume_driver, "volume-driver", 0, volume_driver_words,
		 "what keeps the volumes that are made"),
	OPT_STRV(O, tmpfs, "tmpfs", 0, "DIR[:OPTIONS]",
		 "mount an empty file system in memory"),
	OPT_BOOL(O, read_only, "read-only", 0, "make the root file system read-only"),
	OPT_BOOL(O, read_only_tmpfs, "read-only-tmpfs", 0,
		 "with --read-only: /run, /tmp, /var/tmp stay writable (default true)"),
	OPT_SIZE(O, shm_size, "shm-size", 0, "SIZE", "size of /dev/shm (default 64m)"),
	OPT_SIZE(O, inside.shm_size_systemd, "shm-size-systemd", 0, "SIZE",
		 "size of each of /run, /run/lock, /tmp, /var/log/journal for systemd"),
	OPT_LIST(O, devices, "device", 0, "HOST[:CONTAINER]",
		 "give it a device of the host"),
	OPT_STRV(O, mount.secrets, "secret", 0, "NAME[,KEY=VALUE...]",
		 "give it a secret, at /run/secrets/NAME; type=env: as a variable"),
	OPT_END,
};
