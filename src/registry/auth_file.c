/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/auth_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "registry/base64.h"
#include "util/fs.h"
#include "util/json.h"
#include "util/mem.h"
#include "util/str.h"

#define DOCKER_IO     "docker.io"
#define DOCKER_SERVER "https://index.docker.io/v1/"

void auth_file_close(struct auth_file *f)
{
	free(f->path);
	json_object_put(f->document);
	fd_cleanup_(&f->dir_fd); /* and with it goes the lock */
	*f = AUTH_FILE_INIT;
}

static int check_sections(const char *path, struct json_object *document,
			  struct error *err)
{
	static const char *const sections[] = {"auths", "credHelpers"};

	if (!json_object_is_type(document, json_type_object))
		return error_set(err, ERR_INVALID, 0, "%s: expected an object", path);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		struct json_object *o = json_get(document, sections[i]);
		if (o && !json_object_is_type(o, json_type_object))
			return error_set(err, ERR_INVALID, 0,
					 "%s: %s: expected an object", path, sections[i]);
	}
	return 0;
}

/* Messages of the JSON reader show no values. */
static int parse(const char *path, const char *text, size_t len, struct auth_file *ret,
		 struct error *err)
{
	cleanup_json struct json_object *document = NULL;

	/* as `touch` leaves it, or an editor */
	if (strspn(text, " \t\r\n") == len)
		document = json_object_new_object();
	int r = document ? 0 : json_parse(text, len, path, &document, err);
	if (r == 0)
		r = check_sections(path, document, err);
	if (r < 0)
		return r;
	ret->path = xstrdup(path);
	ret->document = TAKE_PTR(document);
	return 0;
}

int auth_file_read(const char *path, struct auth_file *ret, struct error *err)
{
	char *text = NULL;
	size_t len = 0;

	*ret = AUTH_FILE_INIT;
	int r = fs_read(AT_FDCWD, path, AUTH_FILE_MAX, &text, &len, err);
	if (r < 0 && err->kind == ERR_NOT_FOUND) {
		error_release(err);
		return 0;
	}
	if (r < 0)
		return r;
	r = parse(path, text, len, ret, err);
	explicit_bzero(text, len);
	free(text);
	return r < 0 ? r : 1;
}

/* The file itself, where the name is that of a symbolic link: its target is replaced, not the
 * link. */
static char *real_path(const char *path)
{
	char *real = realpath(path, NULL);

	return real ? real : xstrdup(path);
}

static int lock_directory(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	cleanup_free char *dir = NULL;
	cleanup_fd int fd = -EBADF;

	if (slash)
		dir = xstrndup(path, slash == path ? 1 : (size_t)(slash - path));
	else
		dir = xstrdup(".");
	int r = fs_mkdirs(AT_FDCWD, dir, 0700, err);
	if (r < 0)
		return r;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, error_kind_of(errno), errno, "open %s", dir);
	do
		r = flock(fd, LOCK_EX);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return error_set(err, ERR_SYSTEM, errno, "lock %s", dir);
	return TAKE_FD(fd);
}

int auth_file_edit(const char *path, struct auth_file *ret, struct error *err)
{
	cleanup_free char *real = real_path(path);
	cleanup_auth_file struct auth_file file = AUTH_FILE_INIT;

	int dir_fd = lock_directory(real, err);
	if (dir_fd < 0)
		return dir_fd;
	int r = auth_file_read(real, &file, err);
	file.dir_fd = dir_fd;
	if (r < 0)
		return r;
	if (r == 0) {
		file.path = TAKE_PTR(real);
		file.document = json_object_new_object();
	}
	*ret = file;
	file = AUTH_FILE_INIT;
	return 0;
}

int auth_file_save(struct auth_file *f, struct error *err)
{
	cleanup_free char *text = json_text(f->document, true);
	size_t len = strlen(text);

	text[len++] = '\n'; /* in place of the NUL */
	int r = fs_write_atomic(AT_FDCWD, f->path, text, len, 0600, FS_WRITE_SYNC, err);
	explicit_bzero(text, len);
	return r;
}

static bool is_docker_io(const char *host)
{
	return str_eq(host, DOCKER_IO) || str_eq(host, "index." DOCKER_IO) ||
	       str_eq(host, "registry-1." DOCKER_IO);
}

char *auth_key(const char *text)
{
	static const char *const schemes[] = {"https://", "http://"};
	bool url = false;

	for (size_t i = 0; i < ARRAY_SIZE(schemes); i++)
		if (str_starts(text, schemes[i])) {
			text += strlen(schemes[i]);
			url = true;
			break;
		}
	size_t host_len = strcspn(text, "/");
	cleanup_free char *host = xstrndup(text, host_len);
	const char *rest = url ? "" : text + host_len;
	size_t rest_len = strlen(rest);
	while (rest_len > 0 && rest[rest_len - 1] == '/')
		rest_len--;
	return xasprintf("%s%.*s", is_docker_io(host) ? DOCKER_IO : host, (int)rest_len,
			 rest);
}

char *auth_key_server(const char *key)
{
	cleanup_free char *host = xstrndup(key, strcspn(key, "/"));

	return xstrdup(is_docker_io(host) ? DOCKER_SERVER : host);
}

/* The member whose name means this key: the name itself before other spellings of it. */
static const char *find_member(struct json_object *section, const char *key)
{
	if (!section)
		return NULL;
	json_object_object_foreach (section, exact, unused) {
		(void)unused;
		if (str_eq(exact, key))
			return exact;
	}
	json_object_object_foreach (section, name, ignored) {
		(void)ignored;
		cleanup_free char *meant = auth_key(name);
		if (str_eq(meant, key))
			return name;
	}
	return NULL;
}

/* What can't stand in a request's header, or in a C string, is nobody's password. */
static int decode_auth(const char *path, const char *key, const char *auth,
		       struct credentials *ret, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	bool good = base64_decode(auth, &text, &len) == 0;

	while (good && len > 0 && text[len - 1] == '\0')
		len--; /* some programs pad with them */
	const char *colon = good ? memchr(text, ':', len) : NULL;
	good = colon && !memchr(text, '\0', len);
	if (good) {
		ret->username = xstrndup(text, (size_t)(colon - text));
		ret->password = xstrndup(colon + 1, len - (size_t)(colon + 1 - text));
	}
	if (text)
		explicit_bzero(text, len);
	free(text);
	if (good)
		return 0;
	return error_set(err, ERR_INVALID, 0,
			 "%s: auths[\"%s\"].auth: expected USER:PASSWORD in base64", path,
			 key);
}

/* A member that is a string; NULL if it is absent or empty. */
static int get_text(const struct auth_file *f, const char *key, struct json_object *entry,
		    const char *name, const char **ret, struct error *err)
{
	struct json_object *o = json_get(entry, name);

	if (o && !json_object_is_type(o, json_type_string))
		return error_set(err, ERR_INVALID, 0,
				 "%s: auths[\"%s\"].%s: expected a string", f->path, key,
				 name);
	*ret = json_get_str(entry, name);
	if (str_empty(*ret))
		*ret = NULL;
	return 0;
}

static int read_entry(const struct auth_file *f, const char *key,
		      struct json_object *entry, struct credentials *ret,
		      struct error *err)
{
	const char *auth = NULL, *token = NULL, *user = NULL, *password = NULL;

	int r = get_text(f, key, entry, "auth", &auth, err);
	if (r >= 0)
		r = get_text(f, key, entry, "identitytoken", &token, err);
	if (r >= 0)
		r = get_text(f, key, entry, "username", &user, err);
	if (r >= 0)
		r = get_text(f, key, entry, "password", &password, err);
	if (r < 0)
		return r;
	if (!auth && !token && (!user || !password))
		return 0;
	if (auth) {
		r = decode_auth(f->path, key, auth, ret, err);
		if (r < 0)
			return r;
	} else if (user && password) {
		ret->username = xstrdup(user);
		ret->password = xstrdup(password);
	}
	ret->identity_token = token ? xstrdup(token) : NULL;
	ret->source = xstrdup(f->path);
	return 1;
}

int auth_file_find(const struct auth_file *f, const char *key, struct credentials *ret,
		   struct error *err)
{
	struct json_object *auths = json_get(f->document, "auths");
	const char *name = find_member(auths, key);
	cleanup_credentials struct credentials c = {0};

	if (!name)
		return 0;
	int r = read_entry(f, name, json_get(auths, name), &c, err);
	if (r > 0) {
		*ret = c;
		c = (struct credentials){0};
	}
	return r;
}

bool auth_file_has(const struct auth_file *f, const char *key)
{
	return find_member(json_get(f->document, "auths"), key);
}

static const char *none_if_empty(const char *s)
{
	return str_empty(s) ? NULL : s;
}

const char *auth_file_helper(const struct auth_file *f, const char *host)
{
	struct json_object *helpers = json_get(f->document, "credHelpers");
	const char *name = find_member(helpers, host);

	return name ? none_if_empty(json_get_str(helpers, name)) : NULL;
}

const char *auth_file_default_helper(const struct auth_file *f)
{
	return none_if_empty(json_get_str(f->document, "credsStore"));
}

static char *encode_auth(const struct credentials *c)
{
	char *plain = xasprintf("%s:%s", c->username ? c->username : "",
				c->password ? c->password : "");
	char *auth = base64_encode(plain, strlen(plain));

	explicit_bzero(plain, strlen(plain));
	free(plain);
	return auth;
}

void auth_file_set(struct auth_file *f, const char *key, const struct credentials *c)
{
	struct json_object *auths = json_get(f->document, "auths");
	struct json_object *entry = json_object_new_object();

	if (!auths) {
		auths = json_object_new_object();
		json_add(f->document, "auths", auths);
	}
	if (c) {
		cleanup_free char *auth = encode_auth(c);
		json_add_str(entry, "auth", auth);
		json_add_str(entry, "identitytoken", c->identity_token);
	}
	/* Docker finds docker.io only by the name that it gave it. */
	const char *there = find_member(auths, key);
	cleanup_free char *name = xstrdup(there ? there : key);
	json_add(auths, name, entry);
}

bool auth_file_remove(struct auth_file *f, const char *key)
{
	struct json_object *auths = json_get(f->document, "auths");
	bool removed = false;

	/* all its spellings: otherwise one would still be logged in */
	for (const char *name; (name = find_member(auths, key)); removed = true) {
		cleanup_free char *copy = xstrdup(name);
		json_object_object_del(auths, copy);
	}
	return removed;
}
