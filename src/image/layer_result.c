/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an unpacker says about a layer, as JSON for the narrow pipe. Names of files are any bytes, JSON is
 * UTF-8: in names '%' and what is not printable ASCII stand as %XX.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "image/layer.h"
#include "util/digest.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define WHAT "the layer's result"

void layer_result_release(struct layer_result *r)
{
	free(r->diff_id);
	free(r->compression);
	strv_free(r->implied);
	for (size_t i = 0; i < r->n_devices; i++)
		free(r->devices[i].path);
	free(r->devices);
	*r = (struct layer_result){0};
}

static char *escape(const char *name)
{
	static const char digits[] = "0123456789ABCDEF";
	char *text = xmalloc(3 * strlen(name) + 1), *to = text;

	for (const char *c = name; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (byte > ' ' && byte < 0x7f && byte != '%') {
			*to++ = *c;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	*to = '\0';
	return text;
}

/* In place; anything but %XX stays as it is. No NUL comes of it. */
static void unescape(char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *to = text;

	for (const char *c = text; *c; c++) {
		const char *high = *c == '%' && c[1] ? strchr(digits, c[1]) : NULL;
		const char *low = high && c[2] ? strchr(digits, c[2]) : NULL;

		if (low && low - digits + high - digits > 0) {
			*to++ = (char)((high - digits) << 4 | (low - digits));
			c += 2;
		} else {
			*to++ = *c;
		}
	}
	*to = '\0';
}

static struct json_object *names_to_json(char *const *names)
{
	struct json_object *list = json_object_new_array();

	strv_foreach (name, names) {
		cleanup_free char *text = escape(*name);

		json_object_array_add(list, json_object_new_string(text));
	}
	return list;
}

static struct json_object *device_to_json(const struct layer_device *d)
{
	struct json_object *o = json_object_new_object();
	cleanup_free char *path = escape(d->path);

	json_add_str(o, "path", path);
	json_add_u64(o, "mode", d->mode);
	json_add_u64(o, "major", d->major);
	json_add_u64(o, "minor", d->minor);
	json_add_u64(o, "uid", d->uid);
	json_add_u64(o, "gid", d->gid);
	return o;
}

char *layer_result_text(const struct layer_result *r)
{
	cleanup_json struct json_object *o = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	json_add_str(o, "diffId", r->diff_id);
	json_add_u64(o, "tarSize", r->tar_size);
	json_add_u64(o, "entries", r->n_entries);
	json_add_u64(o, "diskBytes", r->disk_bytes);
	json_add_u64(o, "maxUid", r->max_uid);
	json_add_u64(o, "maxGid", r->max_gid);
	json_add(o, "implied", names_to_json(r->implied));
	json_add_bool(o, "rootEntry", r->root_entry);
	for (size_t i = 0; i < r->n_devices; i++)
		json_object_array_add(devices, device_to_json(&r->devices[i]));
	json_add(o, "devices", devices);
	json_add_u64(o, "skippedDevices", r->n_skipped_devices);
	json_add_str(o, "compression", r->compression);
	return json_text(o, false);
}

static int number(struct json_object *o, const char *key, uint64_t max, uint64_t *ret,
		  struct error *err)
{
	int r = json_to_u64(json_get(o, key), key, ret, err);

	if (r >= 0 && *ret > max)
		return error_set(err, ERR_INVALID, 0, WHAT ": %s is too large", key);
	return r;
}

static int number32(struct json_object *o, const char *key, uint32_t *ret,
		    struct error *err)
{
	uint64_t value = 0;
	int r = number(o, key, UINT32_MAX, &value, err);

	*ret = (uint32_t)value;
	return r;
}

/* Relative, and nothing in it that climbs. */
static int check_path(const char *path, struct error *err)
{
	cleanup_strv char **parts = str_split(path, '/');

	strv_foreach (part, parts)
		if (!**part || str_eq(*part, ".") || str_eq(*part, ".."))
			return error_set(err, ERR_INVALID, 0, WHAT ": the path \"%s\"",
					 path);
	return 0;
}

static int device_parse(struct json_object *o, struct layer_device *d, struct error *err)
{
	const char *path;
	int r = json_to_str(json_get(o, "path"), "devices.path", &path, err);

	if (r < 0)
		return r;
	d->path = xstrdup(path);
	unescape(d->path);
	r = check_path(d->path, err);
	if (r >= 0)
		r = number32(o, "mode", &d->mode, err);
	if (r >= 0 && !S_ISCHR(d->mode) && !S_ISBLK(d->mode))
		r = error_set(err, ERR_INVALID, 0, WHAT ": %s is no device", d->path);
	if (r >= 0)
		r = number32(o, "major", &d->major, err);
	if (r >= 0)
		r = number32(o, "minor", &d->minor, err);
	/* overlay's mark that a name is gone */
	if (r >= 0 && d->major == 0 && d->minor == 0)
		r = error_set(err, ERR_INVALID, 0, WHAT ": %s is no device", d->path);
	if (r >= 0)
		r = number32(o, "uid", &d->uid, err);
	return r < 0 ? r : number32(o, "gid", &d->gid, err);
}

static int devices_parse(struct json_object *list, struct layer_result *r,
			 struct error *err)
{
	size_t n = json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : 0;
	int k = 0;

	r->devices = xcalloc(n + 1, sizeof(*r->devices));
	for (size_t i = 0; k >= 0 && i < n; i++)
		k = device_parse(json_object_array_get_idx(list, i),
				 &r->devices[r->n_devices++], err);
	return k;
}

static int texts_parse(struct json_object *o, struct layer_result *r, struct error *err)
{
	const char *diff_id, *compression;
	int k = json_to_str(json_get(o, "diffId"), "diffId", &diff_id, err);

	if (k >= 0 && !digest_valid(diff_id))
		k = error_set(err, ERR_INVALID, 0, WHAT ": diffId is no digest");
	if (k >= 0)
		k = json_to_str(json_get(o, "compression"), "compression", &compression,
				err);
	if (k >= 0)
		k = json_to_strv(json_get(o, "implied"), "implied", &r->implied, err);
	strv_foreach (path, r->implied) {
		unescape(*path);
		if (k >= 0)
			k = check_path(*path, err);
	}
	if (k < 0)
		return k;
	r->diff_id = xstrdup(diff_id);
	r->compression = xstrdup(compression);
	return json_to_bool(json_get(o, "rootEntry"), "rootEntry", &r->root_entry, err);
}

int layer_result_parse(const char *text, size_t len, struct layer_result *ret,
		       struct error *err)
{
	cleanup_layer_result struct layer_result r = {0};
	cleanup_json struct json_object *o = NULL;
	int k = json_parse(text, len, WHAT, &o, err);

	if (k >= 0)
		k = texts_parse(o, &r, err);
	if (k >= 0)
		k = number(o, "tarSize", INT64_MAX, &r.tar_size, err);
	if (k >= 0)
		k = number(o, "entries", INT64_MAX, &r.n_entries, err);
	if (k >= 0)
		k = number(o, "diskBytes", INT64_MAX, &r.disk_bytes, err);
	if (k >= 0)
		k = number32(o, "maxUid", &r.max_uid, err);
	if (k >= 0)
		k = number32(o, "maxGid", &r.max_gid, err);
	if (k >= 0)
		k = number(o, "skippedDevices", INT64_MAX, &r.n_skipped_devices, err);
	if (k >= 0)
		k = devices_parse(json_get(o, "devices"), &r, err);
	if (k < 0)
		return k;
	*ret = r;
	r = (struct layer_result){0};
	return 0;
}
