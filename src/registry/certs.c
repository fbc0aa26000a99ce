/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/certs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "registry/places.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define PEM_MAX    (1 << 20) /* bytes of one file; some bring all CAs there are */
#define ALL_CA_MAX (8 << 20)
#define FILES_MAX  1000
#define PEM_START  "-----BEGIN "
#define HOST_DIR   "/etc/containers/certs.d"
#define DOCKER_DIR "/etc/docker/certs.d"
#define USER_DIR   "containers/certs.d"

struct certs_dir {
	const char *path;
	char **names; /* of its files, sorted */
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* 1, or 0 if there is no such directory. */
static int list_dir(const char *path, char ***ret, struct error *err)
{
	cleanup_strv char **names = NULL;
	cleanup_dir DIR *d = opendir(path);

	if (!d && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (!d)
		return error_set(err, error_kind_of(errno), errno,
				 "read the certificates in %s", path);
	for (struct dirent *entry; (entry = readdir(d));) {
		const char *name = entry->d_name;
		if (!str_ends(name, ".crt") && !str_ends(name, ".cert") &&
		    !str_ends(name, ".key"))
			continue;
		if (strv_len(names) == FILES_MAX)
			return error_set(err, ERR_INVALID, 0, "%s: more than %d files",
					 path, FILES_MAX);
		strv_add(&names, name);
	}
	if (names)
		qsort(names, strv_len(names), sizeof(*names), compare_names);
	*ret = TAKE_PTR(names);
	return 1;
}

static int read_pem(const struct certs_dir *dir, const char *name, char **ret,
		    size_t *ret_len, struct error *err)
{
	cleanup_free char *path = fs_join(dir->path, name), *text = NULL;
	size_t len = 0;

	int r = fs_read(AT_FDCWD, path, PEM_MAX, &text, &len, err);
	if (r < 0)
		return r;
	if (!strstr(text, PEM_START))
		return error_set(err, ERR_INVALID, 0,
				 "%s: not in PEM, there is no line \"" PEM_START "...\"",
				 path);
	*ret = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

/* One behind the other, each on lines of its own. */
static int add_ca(const struct certs_dir *dir, const char *name, struct http_tls *ret,
		  struct error *err)
{
	cleanup_free char *text = NULL;
	size_t len = 0;

	int r = read_pem(dir, name, &text, &len, err);
	if (r < 0)
		return r;
	if (ret->ca_len + len > ALL_CA_MAX)
		return error_set(err, ERR_INVALID, EFBIG, "read the certificates in %s",
				 dir->path);
	char *all = xreallocarray(ret->ca, ret->ca_len + len + 2, 1);
	memcpy(all + ret->ca_len, text, len);
	ret->ca = all;
	ret->ca_len += len;
	if (ret->ca[ret->ca_len - 1] != '\n')
		ret->ca[ret->ca_len++] = '\n';
	ret->ca[ret->ca_len] = '\0';
	return 0;
}

/* "client.key" for "client.cert". Caller frees. */
static char *sibling(const char *name, const char *suffix, const char *other)
{
	return xasprintf("%.*s%s", (int)(strlen(name) - strlen(suffix)), name, other);
}

static int missing(const struct certs_dir *dir, const char *name, const char *other,
		   struct error *err)
{
	int r = error_set(err, ERR_NOT_FOUND, 0,
			  "%s/%s: %s, which belongs to it, is not there", dir->path, name,
			  other);

	if (str_ends(name, ".cert"))
		error_hint(err, "a CA's certificate must be called *.crt");
	return r;
}

static int add_client(const struct certs_dir *dir, const char *name, struct http_tls *ret,
		      struct error *err)
{
	cleanup_free char *key = sibling(name, ".cert", ".key");

	if (!strv_has(dir->names, key))
		return missing(dir, name, key, err);
	if (ret->cert)
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "%s: more than one client certificate", dir->path);
	int r = read_pem(dir, name, &ret->cert, &ret->cert_len, err);
	return r < 0 ? r : read_pem(dir, key, &ret->key, &ret->key_len, err);
}

static int check_key(const struct certs_dir *dir, const char *name, struct error *err)
{
	cleanup_free char *cert = sibling(name, ".key", ".cert");

	return strv_has(dir->names, cert) ? 0 : missing(dir, name, cert, err);
}

static int load_dir(const struct certs_dir *dir, struct http_tls *ret, struct error *err)
{
	strv_foreach (name, dir->names) {
		int r;
		if (str_ends(*name, ".crt"))
			r = add_ca(dir, *name, ret, err);
		else if (str_ends(*name, ".cert"))
			r = add_client(dir, *name, ret, err);
		else
			r = check_key(dir, *name, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The host becomes a part of a path. */
static bool is_name(const char *host)
{
	return *host && *host != '.' && !strchr(host, '/');
}

static char **usual_dirs(const char *host)
{
	char *bases[] = {places_in_config(USER_DIR), xstrdup(HOST_DIR),
			 xstrdup(DOCKER_DIR)};
	char **dirs = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		if (bases[i] && is_name(host))
			strv_add_take(&dirs, fs_join(bases[i], host));
		free(bases[i]);
	}
	return dirs;
}

int certs_load(const char *host, const char *cert_dir, struct http_tls *ret,
	       struct error *err)
{
	cleanup_strv char **dirs = NULL;
	cleanup_strv char **names = NULL;

	if (cert_dir)
		strv_add(&dirs, cert_dir);
	else
		dirs = usual_dirs(host);
	strv_foreach (dir, dirs) {
		int r = list_dir(*dir, &names, err);
		if (r == 0)
			continue;
		struct certs_dir one = {.path = *dir, .names = names};
		return r < 0 ? r : load_dir(&one, ret, err);
	}
	if (cert_dir)
		return error_set(err, ERR_NOT_FOUND, ENOENT,
				 "read the certificates in %s", cert_dir);
	return 0;
}
