/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A directory of certificates under hashed names is preferred to a file of all: OpenSSL reads only
 * the one it needs, where the file costs tens of milliseconds for each connection. libcurl takes a
 * CA in memory instead of the file, so where there is only a file both are put together.
 */
#include "registry/http_trust.h"

#include <fcntl.h>
#include <string.h>

#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define CA_FILE_MAX (16 * 1024 * 1024)

/* "3513523f.0" */
static bool is_hashed_name(const char *name)
{
	return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9];
}

static bool has_hashed_names(const char *path)
{
	cleanup_dir DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));)
		if (is_hashed_name(entry->d_name))
			return true;
	return false;
}

static char *dup_if(const char *s)
{
	return str_empty(s) ? NULL : xstrdup(s);
}

/* Where libcurl was told to look when it was built. */
static void built_in(struct http_trust *t)
{
	static const char *const usual[] = {
		"/etc/ssl/certs/ca-certificates.crt",
		"/etc/pki/tls/certs/ca-bundle.crt",
		"/etc/ssl/ca-bundle.pem",
		"/etc/ssl/cert.pem",
	};
	const char *file = NULL, *dir = NULL;

#if LIBCURL_VERSION_NUM >= 0x075400
	CURL *easy = curl_easy_init();
	if (easy) {
		curl_easy_getinfo(easy, CURLINFO_CAINFO, &file);
		curl_easy_getinfo(easy, CURLINFO_CAPATH, &dir);
		curl_easy_cleanup(easy); /* the strings are static */
	}
#endif
	if (dir && has_hashed_names(dir)) {
		t->dir = xstrdup(dir);
		return;
	}
	for (size_t i = 0; !file && i < ARRAY_SIZE(usual); i++)
		if (fs_exists(AT_FDCWD, usual[i]))
			file = usual[i];
	t->file = dup_if(file);
}

/* The user's file may be out of reach when the process has confined itself. */
static void read_file(struct http_trust *t)
{
	cleanup_error struct error err = ERROR_INIT;

	if (fs_read(AT_FDCWD, t->file, CA_FILE_MAX, &t->pem, NULL, &err) < 0)
		error_drop(&err, "it is tried again when it is needed");
}

void http_trust_init(struct http_trust *t)
{
	*t = (struct http_trust){
		.file = dup_if(getenv("SSL_CERT_FILE")),
		.dir = dup_if(getenv("SSL_CERT_DIR")),
	};
	if (!t->file && !t->dir)
		built_in(t);
	else if (t->file)
		read_file(t);
}

void http_trust_release(struct http_trust *t)
{
	free(t->file);
	free(t->dir);
	free(t->pem);
	free(t->merged);
	*t = (struct http_trust){0};
}

static void set_blob(CURL *easy, CURLoption option, const char *data, size_t len)
{
	struct curl_blob blob = {
		.data = (void *)data, .len = len, .flags = CURL_BLOB_NOCOPY};

	curl_easy_setopt(easy, option, &blob);
}

static int merge(struct http_trust *t, const struct http_tls *tls, struct error *err)
{
	if (t->merged && str_ends(t->merged, tls->ca))
		return 0;
	if (!t->pem) {
		int r = fs_read(AT_FDCWD, t->file, CA_FILE_MAX, &t->pem, NULL, err);
		if (r < 0)
			return error_wrap(err, "CA certificates");
	}
	free(t->merged);
	t->merged = xasprintf("%s\n%s", t->pem, tls->ca);
	return 0;
}

static int apply_ca(struct http_trust *t, CURL *easy, const struct http_tls *tls,
		    struct error *err)
{
	curl_easy_setopt(easy, CURLOPT_CAPATH, t->dir);
	curl_easy_setopt(easy, CURLOPT_CAINFO, t->file);
	if (t->pem)
		set_blob(easy, CURLOPT_CAINFO_BLOB, t->pem, strlen(t->pem));
	if (!tls || !tls->ca)
		return 0;
	if (!t->file) {
		set_blob(easy, CURLOPT_CAINFO_BLOB, tls->ca, tls->ca_len);
		return 0;
	}
	int r = merge(t, tls, err);
	if (r == 0)
		set_blob(easy, CURLOPT_CAINFO_BLOB, t->merged, strlen(t->merged));
	return r;
}

int http_trust_apply(struct http_trust *t, CURL *easy, const struct url *url,
		     const struct http_tls *tls, struct error *err)
{
	if (!url->https)
		return 0;
	if (tls && tls->cert) {
		set_blob(easy, CURLOPT_SSLCERT_BLOB, tls->cert, tls->cert_len);
		if (tls->key)
			set_blob(easy, CURLOPT_SSLKEY_BLOB, tls->key, tls->key_len);
	}
	if (!tls || !tls->insecure)
		return apply_ca(t, easy, tls, err);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
	return 0;
}
