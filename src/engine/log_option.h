/* SPDX-License-Identifier: Apache-2.0 */
/* --log-driver and --log-opt: how a container's output is kept. Source: podman-run(1). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "util/cleanup.h"
#include "util/error.h"

struct container_config;

/* In the order of log_driver_words. */
enum log_driver {
	LOG_DRIVER_JSON_FILE,
	LOG_DRIVER_K8S_FILE,
	LOG_DRIVER_JOURNALD,
	LOG_DRIVER_NONE,
	LOG_DRIVER_PASSTHROUGH, /* the container's standard streams are its maker's own */
	LOG_DRIVER_PASSTHROUGH_TTY, /* the same, and they may be a terminal */
};
extern const char *const log_driver_words[]; /* NULL-terminated */

#define LOG_JOURNAL_SOCKET "/run/systemd/journal/socket"

struct log_settings {
	enum log_driver driver;
	int64_t max_size;  /* bytes, 0: no limit */
	int64_t max_files; /* with the current one */
	char *path; /* owned, as all here; absolute; NULL: among the container's files */
	char *tag;  /* as typed, may hold {{.Name}} and the like; NULL: none */
	char **labels; /* "FIELD=value", of the journal */
};
#define LOG_SETTINGS_INIT ((struct log_settings){.max_files = 1})
void log_settings_release(struct log_settings *s);
#define cleanup_log_settings cleanup(log_settings_release)

/* log_settings_parse() - from the words of --log-opt (strv). Looks at nothing but the
 * words. */
int log_settings_parse(int driver, char *const *words, struct log_settings *ret,
		       struct error *err) _must_check_;

/* log_settings_check() - that this host can do it: a journal, a directory. */
int log_settings_check(const struct log_settings *s, struct error *err) _must_check_;

/* log_settings_keep(), log_settings_recall() - to and from what is on record. */
void log_settings_keep(const struct log_settings *s, struct container_config *c);
void log_settings_recall(const struct container_config *c, struct log_settings *ret);

bool log_driver_is_file(enum log_driver driver);
bool log_driver_is_passthrough(enum log_driver driver);

/* log_driver_parse() - -EINVAL for a word that is none. */
int log_driver_parse(const char *word, enum log_driver *ret) _must_check_;

/* What a tag can tell of a container. */
struct log_identity {
	const char *id, *name;
	const char *image_name, *image_id; /* NULL: none */
};

/*
 * log_tag_expand() - the tag with {{.ID}}, {{.FullID}}, {{.Name}}, {{.ImageName}} and
 * {{.ImageID}} filled in. Caller frees *ret. Any other key is ERR_INVALID.
 */
int log_tag_expand(const char *tag, const struct log_identity *who, char **ret,
		   struct error *err) _must_check_;

/*
 * log_journal_fields() - "NAME=value\n" each, as the monitor sends them with every record:
 * those of conmon. Caller frees.
 */
char *log_journal_fields(const struct log_settings *s, const struct log_identity *who);
