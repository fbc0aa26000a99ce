/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a new container's mounts besides -v and --tmpfs, as typed. */
#pragma once

enum image_volume_word {
	IMAGE_VOLUME_ANONYMOUS,
	IMAGE_VOLUME_TMPFS,
	IMAGE_VOLUME_IGNORE,
	IMAGE_VOLUME_BIND, /* the same as anonymous, an older word */
};

struct mount_options {
	char **mounts;       /* --mount */
	char **volumes_from; /* CONTAINER[:OPTIONS] */
	char **secrets;      /* NAME[,KEY=VALUE...] */
	int image_volume;    /* enum image_volume_word */
	int volume_driver;   /* local, there is no other */
};
