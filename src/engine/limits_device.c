/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/limits_device.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"

static const char *const rate_options[] = {
	[LIMITS_READ_BPS] = "--device-read-bps",
	[LIMITS_WRITE_BPS] = "--device-write-bps",
	[LIMITS_READ_IOPS] = "--device-read-iops",
	[LIMITS_WRITE_IOPS] = "--device-write-iops",
};

/* The kernel limits disks, not their partitions. Return: "/dev/sda" for a partition of it, else NULL. Caller frees. */
static char *disk_of_partition(dev_t device)
{
	cleanup_free char *mark =
		xasprintf("/sys/dev/block/%u:%u/partition", major(device), minor(device));
	cleanup_free char *up =
		xasprintf("/sys/dev/block/%u:%u/..", major(device), minor(device));
	cleanup_free char *dir = NULL;

	if (access(mark, F_OK) < 0)
		return NULL;
	dir = realpath(up, NULL);
	return dir ? xasprintf("/dev/%s", strrchr(dir, '/') + 1) : NULL;
}

/* PATH of "PATH:VALUE". *ret_value points into text. */
static int find_disk(const char *option, const char *text, dev_t *ret,
		     const char **ret_value, struct error *err)
{
	const char *colon = strrchr(text, ':');
	cleanup_free char *path = colon ? xstrndup(text, (size_t)(colon - text)) : NULL;
	cleanup_free char *disk = NULL;
	struct stat st;

	if (!path || !colon[1])
		return error_set(err, ERR_INVALID, 0,
				 "%s: bad format: %s, expected DEVICE:NUMBER", option,
				 text);
	if (!str_starts(path, "/dev/"))
		return error_set(err, ERR_INVALID, 0,
				 "%s: bad format for device path: %s, expected /dev/...",
				 option, text);
	if (stat(path, &st) < 0)
		return error_set(err, error_kind_of(errno), errno, "%s %s", option, path);
	if (!S_ISBLK(st.st_mode))
		return error_set(err, ERR_INVALID, 0, "%s: %s is not a disk", option,
				 path);
	disk = disk_of_partition(st.st_rdev);
	if (disk) {
		error_set(err, ERR_INVALID, 0,
			  "%s: %s is a partition, and only whole disks have limits",
			  option, path);
		return error_hint(err, "Its disk: %s %s%s", option, disk, colon);
	}
	*ret = st.st_rdev;
	*ret_value = colon + 1;
	return 0;
}

static struct spec_weight_device *weight_of(struct spec_block_io *io, dev_t device)
{
	struct spec_weight_device *d;

	for (size_t i = 0; i < io->n_weight_devices; i++)
		if (io->weight_devices[i].major == major(device) &&
		    io->weight_devices[i].minor == minor(device))
			return &io->weight_devices[i];
	d = SPEC_APPEND(&io->weight_devices, &io->n_weight_devices);
	d->major = major(device);
	d->minor = minor(device);
	return d;
}

int limits_weight_device(struct spec_block_io *io, const char *text, struct error *err)
{
	struct spec_weight_device *d;
	uint32_t weight = 0;
	const char *value;
	dev_t device;
	int r = find_disk("--blkio-weight-device", text, &device, &value, err);

	if (r < 0)
		return r;
	if (str_to_u32(value, &weight) < 0 ||
	    (weight != 0 && (weight < 10 || weight > 1000)))
		return error_set(err, ERR_INVALID, 0,
				 "--blkio-weight-device: invalid weight for device: %s, "
				 "the range is from 10 to 1000",
				 text);
	d = weight_of(io, device);
	d->has_weight = true;
	d->weight = (uint16_t)weight;
	return 0;
}

static struct spec_throttle_device *rate_of(struct spec_throttle_device **list, size_t *n,
					    dev_t device)
{
	struct spec_throttle_device *d;

	for (size_t i = 0; i < *n; i++)
		if ((*list)[i].major == major(device) &&
		    (*list)[i].minor == minor(device))
			return &(*list)[i];
	d = SPEC_APPEND(list, n);
	d->major = major(device);
	d->minor = minor(device);
	return d;
}

static void set_rate(struct spec_block_io *io, enum limits_rate which, dev_t device,
		     uint64_t rate)
{
	struct spec_throttle_device *d = NULL;

	switch (which) {
	case LIMITS_READ_BPS:
		d = rate_of(&io->read_bps, &io->n_read_bps, device);
		break;
	case LIMITS_WRITE_BPS:
		d = rate_of(&io->write_bps, &io->n_write_bps, device);
		break;
	case LIMITS_READ_IOPS:
		d = rate_of(&io->read_iops, &io->n_read_iops, device);
		break;
	case LIMITS_WRITE_IOPS:
		d = rate_of(&io->write_iops, &io->n_write_iops, device);
		break;
	}
	d->rate = rate;
}

int limits_rate_device(struct spec_block_io *io, enum limits_rate which, const char *text,
		       struct error *err)
{
	const char *option = rate_options[which];
	bool is_bytes = which == LIMITS_READ_BPS || which == LIMITS_WRITE_BPS;
	uint64_t rate = 0;
	const char *value;
	dev_t device;
	int r = find_disk(option, text, &device, &value, err);

	if (r < 0)
		return r;
	r = is_bytes ? str_to_size(value, &rate) : str_to_u64(value, &rate);
	if (r < 0 || rate > INT64_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "%s: invalid rate for device: %s. The correct format is "
				 "<device-path>:<number>%s. Number must be a positive "
				 "integer%s",
				 option, text, is_bytes ? "[<unit>]" : "",
				 is_bytes ? ". Unit is optional and can be kb, mb, or gb"
					  : "");
	set_rate(io, which, device, rate);
	return 0;
}

/* "*" is all. */
static int rule_number(const char *text, bool *ret_has, int64_t *ret)
{
	uint32_t n = 0;

	if (str_eq(text, "*")) {
		*ret_has = false;
		return 0;
	}
	if (str_to_u32(text, &n) < 0)
		return -EINVAL;
	*ret_has = true;
	*ret = n;
	return 0;
}

int limits_device_rule(const char *text, struct spec_device_rule *ret, struct error *err)
{
	cleanup_strv char **words = str_split(text, ' ');
	cleanup_strv char **numbers = NULL;
	struct spec_device_rule rule = {.allow = true};
	const char *type = words[0], *access;

	if (strv_len(words) == 3)
		numbers = str_split(words[1], ':');
	if (!numbers || strv_len(numbers) != 2)
		return error_set(
			err, ERR_INVALID, 0,
			"--device-cgroup-rule: invalid device cgroup rule requires "
			"type, major:minor, and access rules: \"%s\"",
			text);
	access = words[2];
	if (!str_eq(type, "a") && !str_eq(type, "b") && !str_eq(type, "c"))
		return error_set(err, ERR_INVALID, 0,
				 "--device-cgroup-rule \"%s\": invalid device type %s, "
				 "expected a, b or c",
				 text, type);
	if (rule_number(numbers[0], &rule.has_major, &rule.major) < 0 ||
	    rule_number(numbers[1], &rule.has_minor, &rule.minor) < 0)
		return error_set(err, ERR_INVALID, 0,
				 "--device-cgroup-rule \"%s\": %s is not MAJOR:MINOR, "
				 "numbers or *",
				 text, words[1]);
	if (!*access || strspn(access, "rwm") != strlen(access))
		return error_set(err, ERR_INVALID, 0,
				 "--device-cgroup-rule \"%s\": invalid access %s, "
				 "expected some of r, w, m",
				 text, access);
	rule.type = xstrdup(type);
	rule.access = xstrdup(access);
	*ret = rule;
	return 0;
}
