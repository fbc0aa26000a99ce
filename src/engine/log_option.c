/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/log_option.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/container_config.h"
#include "engine/names.h"
#include "monitor/journal.h"
#include "monitor/logfile.h"
#include "util/buf.h"
#include "util/fs.h"
#include "util/mem.h"
#include "util/str.h"

#define FIELD_NAME_MAX 64 /* journald drops fields of longer names */
#define FIELDS_MAX     (JOURNAL_FIELDS_LEN / 2) /* of what the user adds */

const char *const log_driver_words[] = {
	"json-file",   "k8s-file",        "journald", "none",
	"passthrough", "passthrough-tty", NULL,
};

void log_settings_release(struct log_settings *s)
{
	free(s->path);
	free(s->tag);
	strv_free(s->labels);
	*s = LOG_SETTINGS_INIT;
}

bool log_driver_is_file(enum log_driver driver)
{
	return driver == LOG_DRIVER_JSON_FILE || driver == LOG_DRIVER_K8S_FILE;
}

bool log_driver_is_passthrough(enum log_driver driver)
{
	return driver == LOG_DRIVER_PASSTHROUGH || driver == LOG_DRIVER_PASSTHROUGH_TTY;
}

int log_driver_parse(const char *word, enum log_driver *ret)
{
	for (size_t i = 0; log_driver_words[i]; i++) {
		if (!str_eq(word, log_driver_words[i]))
			continue;
		*ret = (enum log_driver)i;
		return 0;
	}
	return -EINVAL;
}

static int wrong(const char *option, const char *value, const char *expected,
		 struct error *err)
{
	return error_set(err, ERR_INVALID, 0, "--log-opt %s=%s: expected %s", option,
			 value, expected);
}

static int take_max_size(struct log_settings *s, const char *value, struct error *err)
{
	uint64_t n;

	if (str_to_size(value, &n) < 0 || n > INT64_MAX)
		return wrong("max-size", value, "a size such as 10m", err);
	s->max_size = (int64_t)n;
	return 0;
}

static int take_max_file(struct log_settings *s, const char *value, struct error *err)
{
	uint64_t n;

	if (str_to_u64(value, &n) < 0 || n < 1 || n > 1000)
		return wrong("max-file", value, "a number from 1 to 1000", err);
	s->max_files = (int64_t)n;
	return 0;
}

static int take_path(struct log_settings *s, const char *value, struct error *err)
{
	const char *slash;

	free(s->path);
	s->path = str_empty(value) ? NULL : fs_absolute(value);
	slash = s->path ? strrchr(s->path, '/') : NULL;
	if (!slash || !slash[1] || str_eq(slash, "/..") ||
	    strlen(slash + 1) > LOGFILE_NAME_LEN)
		return wrong("path", value, "the path of a file", err);
	return 0;
}

static int take_tag(struct log_settings *s, const char *value, struct error *err)
{
	static const struct log_identity anybody = {.id = "", .name = ""};
	cleanup_free char *expanded = NULL;
	int r = log_tag_expand(value, &anybody, &expanded, err);

	if (r < 0)
		return r;
	if (strchr(value, '\n') || strlen(value) > FIELDS_MAX)
		return wrong("tag", value, "one short line", err);
	free(s->tag);
	s->tag = xstrdup(value);
	return 0;
}

/* Names that begin with an underscore are journald's own. */
static bool is_field_name(const char *text, size_t len)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

	return len > 0 && len <= FIELD_NAME_MAX && text[0] != '_' &&
	       !(text[0] >= '0' && text[0] <= '9') && strspn(text, allowed) >= len;
}

static int take_label(struct log_settings *s, const char *value, struct error *err)
{
	const char *equals = strchr(value, '=');
	size_t total = strlen(value);

	if (!equals || !is_field_name(value, (size_t)(equals - value)) ||
	    strchr(value, '\n'))
		return wrong(
			"label", value,
			"FIELD=value, where FIELD is of upper-case letters, digits and _",
			err);
	strv_foreach (label, s->labels)
		total += strlen(*label) + 1;
	if (total > FIELDS_MAX)
		return error_set(err, ERR_INVALID, 0,
				 "--log-opt label: all of them together are too long");
	strv_add(&s->labels, value);
	return 0;
}

/* Where an option has a meaning. */
enum { FOR_FILES = 1 << 0, FOR_JOURNAL = 1 << 1, FOR_OTHERS = 1 << 2, FOR_ALL = 7 };

static int kind_of_driver(enum log_driver driver)
{
	if (log_driver_is_file(driver))
		return FOR_FILES;
	return driver == LOG_DRIVER_JOURNALD ? FOR_JOURNAL : FOR_OTHERS;
}

static const struct {
	const char *name;
	int meant_for;
	int (*take)(struct log_settings *s, const char *value, struct error *err);
} options[] = {
	/* where there is no file, none is too large: settings may give a limit to all */
	{"max-size", FOR_ALL, take_max_size}, {"max-file", FOR_ALL, take_max_file},
	{"path", FOR_FILES, take_path},       {"tag", FOR_ALL, take_tag},
	{"label", FOR_JOURNAL, take_label},
};

static int unknown_option(const char *text, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "--log-opt %s: there is no such option", text);
	return error_hint(err,
			  "max-size=SIZE, max-file=NUMBER and path=FILE are for files; "
			  "tag=TEXT and label=FIELD=VALUE for journald");
}

static int take_option(struct log_settings *s, const char *text, struct error *err)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;

	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		if (strlen(options[i].name) != len ||
		    strncmp(options[i].name, text, len) != 0)
			continue;
		if (!(options[i].meant_for & kind_of_driver(s->driver)))
			return error_set(
				err, ERR_INVALID, 0,
				"--log-opt %s has no meaning with --log-driver %s",
				options[i].name, log_driver_words[s->driver]);
		return options[i].take(s, equals + 1, err);
	}
	return unknown_option(text, err);
}

int log_settings_parse(int driver, char *const *words, struct log_settings *ret,
		       struct error *err)
{
	cleanup_log_settings struct log_settings s = LOG_SETTINGS_INIT;

	s.driver = (enum log_driver)driver;
	strv_foreach (text, words) {
		int r = take_option(&s, *text, err);

		if (r < 0)
			return r;
	}
	*ret = s;
	s = LOG_SETTINGS_INIT;
	return 0;
}

static int check_path(const char *path, struct error *err)
{
	cleanup_free char *dir = xstrdup(path);
	char *slash;
	struct stat st;

	slash = strrchr(dir, '/');
	slash[slash == dir ? 1 : 0] = '\0';
	if (stat(dir, &st) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "--log-opt path=%s: look at the directory", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERR_INVALID, ENOTDIR, "--log-opt path=%s", path);
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		return error_set(err, error_kind_of(errno), errno,
				 "--log-opt path=%s: make a file there", path);
	return 0;
}

int log_settings_check(const struct log_settings *s, struct error *err)
{
	if (s->path)
		return check_path(s->path, err);
	if (s->driver != LOG_DRIVER_JOURNALD || access(LOG_JOURNAL_SOCKET, W_OK) == 0)
		return 0;
	error_set(
		err, ERR_UNSUPPORTED, errno,
		"--log-driver journald: this host has no journal at " LOG_JOURNAL_SOCKET);
	return error_hint(err,
			  "--log-driver json-file or k8s-file keep the log in a file");
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

void log_settings_keep(const struct log_settings *s, struct container_config *c)
{
	c->log_driver = xstrdup(log_driver_words[s->driver]);
	c->log_path = copy(s->path);
	c->log_tag = copy(s->tag);
	c->log_labels = strv_copy(s->labels);
	c->log_max_size = s->max_size;
	c->log_max_files = s->max_files;
}

void log_settings_recall(const struct container_config *c, struct log_settings *ret)
{
	*ret = LOG_SETTINGS_INIT;
	if (!c->log_driver || log_driver_parse(c->log_driver, &ret->driver) < 0)
		ret->driver = LOG_DRIVER_JSON_FILE;
	ret->path = copy(c->log_path);
	ret->tag = copy(c->log_tag);
	ret->labels = strv_copy(c->log_labels);
	ret->max_size = c->log_max_size;
	ret->max_files = c->log_max_files > 0 ? c->log_max_files : 1;
}

static const char *tag_value(const struct log_identity *who, const char *key, size_t len,
			     char short_id[static SHORT_ID_LEN + 1])
{
	snprintf(short_id, SHORT_ID_LEN + 1, "%.*s", SHORT_ID_LEN, who->id);
	const struct {
		const char *key, *value;
	} known[] = {
		{".ID", short_id},
		{".FullID", who->id},
		{".Name", who->name},
		{".ImageName", who->image_name ? who->image_name : ""},
		{".ImageID", who->image_id ? who->image_id : ""},
		{".Image", who->image_id ? who->image_id : ""},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].key) == len && strncmp(known[i].key, key, len) == 0)
			return known[i].value;
	return NULL;
}

static int bad_tag(const char *tag, struct error *err)
{
	error_set(err, ERR_INVALID, 0, "--log-opt tag=%s: unknown field", tag);
	return error_hint(
		err, "Known: {{.ID}} {{.FullID}} {{.Name}} {{.ImageName}} {{.ImageID}}");
}

int log_tag_expand(const char *tag, const struct log_identity *who, char **ret,
		   struct error *err)
{
	cleanup_buf struct buf out = {0};
	const char *p = tag, *open;

	buf_init(&out, JOURNAL_FIELDS_LEN);
	for (; (open = strstr(p, "{{")); p = open) {
		char short_id[SHORT_ID_LEN + 1];
		const char *key = open + 2, *close = strstr(key, "}}"), *value;
		size_t len;

		if (!close)
			return bad_tag(tag, err);
		key += strspn(key, " ");
		len = strcspn(key, " }");
		value = tag_value(who, key, len, short_id);
		if (!value || key + len + strspn(key + len, " ") != close)
			return bad_tag(tag, err);
		(void)!buf_add(&out, p, (size_t)(open - p));
		(void)!buf_add_str(&out, value);
		open = close + 2;
	}
	if (buf_add_str(&out, p) < 0)
		return error_set(err, ERR_INVALID, 0, "--log-opt tag: it is too long");
	*ret = buf_take(&out);
	return 0;
}

char *log_journal_fields(const struct log_settings *s, const struct log_identity *who)
{
	cleanup_free char *tag = NULL;
	cleanup_error struct error ignored = ERROR_INIT;
	struct buf out;

	if (s->tag && log_tag_expand(s->tag, who, &tag, &ignored) < 0)
		error_drop(&ignored, "it was checked when the container was made");
	buf_init(&out, JOURNAL_FIELDS_LEN);
	(void)!buf_printf(&out,
			  "CONTAINER_ID=%.*s\nCONTAINER_ID_FULL=%s\nCONTAINER_NAME=%s\n"
			  "SYSLOG_IDENTIFIER=%s\n",
			  SHORT_ID_LEN, who->id, who->id, who->name,
			  tag ? tag : who->name);
	if (tag)
		(void)!buf_printf(&out, "CONTAINER_TAG=%s\n", tag);
	strv_foreach (label, s->labels)
		(void)!buf_printf(&out, "%s\n", *label);
	return buf_take(&out);
}
