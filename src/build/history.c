/* SPDX-License-Identifier: Apache-2.0 */
#include "build/history.h"

#include <stdlib.h>
#include <string.h>

#include "build/config.h"
#include "spec/image.h"
#include "spec/spec.h"
#include "util/mem.h"
#include "util/str.h"
#include "util/time.h"

#define NOTHING_DONE "/bin/sh -c #(nop) "

/* What stands behind the instruction's word. */
static const char *rest_of(const struct instruction *i)
{
	const char *rest = i->text + strcspn(i->text, " \t");

	return rest + strspn(rest, " \t");
}

char *history_text(const struct instruction *i)
{
	return xasprintf(NOTHING_DONE "%s %s", instruction_word(i->kind), rest_of(i));
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The line as typed; what heredocs hold stands below it. */
static char *command_text(const struct instruction *i)
{
	cleanup_free char *text = xstrdup(rest_of(i));

	for (size_t k = 0; k < i->n_heredocs; k++) {
		char *more = xasprintf("%s\n%s%s", text, i->heredocs[k].content,
				       i->heredocs[k].name);

		free(text);
		text = more;
	}
	return TAKE_PTR(text);
}

char *history_run(const struct instruction *i, char *const *args)
{
	cleanup_free char *command = command_text(i), *words = NULL;
	cleanup_strv char **sorted = strv_copy(args);
	size_t n = strv_len(sorted);

	if (n == 0)
		return xasprintf("/bin/sh -c %s", command);
	qsort(sorted, n, sizeof(*sorted), compare);
	words = strv_join(sorted, " ");
	return xasprintf("|%zu %s /bin/sh -c %s", n, words, command);
}

char *history_copy(const struct instruction *i, const char *key, const char *destination)
{
	return xasprintf(NOTHING_DONE "%s %s:%s in %s ", instruction_word(i->kind),
			 i->n_args == 2 ? "file" : "multi", key, destination);
}

void history_add(struct image_config *config, char *created_by, bool empty_layer)
{
	struct image_history *h = SPEC_APPEND(&config->history, &config->n_history);

	h->created_by = created_by;
	h->author = str_empty(config->author) ? NULL : xstrdup(config->author);
	h->empty_layer = empty_layer;
}

void history_set_time(struct image_config *config, size_t from, int64_t usec)
{
	cleanup_free char *text = config_time(usec);

	for (size_t i = from; i < config->n_history; i++)
		if (!config->history[i].created)
			config->history[i].created = xstrdup(text);
}

size_t history_pending(const struct image_config *config, size_t from)
{
	size_t n = 0;

	for (size_t i = from; i < config->n_history; i++)
		n += config->history[i].created == NULL;
	return n;
}

void history_drop(struct image_config *config)
{
	for (size_t i = 0; i < config->n_history; i++) {
		struct image_history *h = &config->history[i];

		free(h->created);
		free(h->created_by);
		free(h->author);
		free(h->comment);
	}
	free(config->history);
	config->history = NULL;
	config->n_history = 0;
}

void history_as_one(struct image_config *config, size_t from, bool has_layer)
{
	for (size_t i = from; i < config->n_history; i++)
		config->history[i].empty_layer = true;
	if (!has_layer)
		return;
	if (config->n_history == from)
		history_add(config, xstrdup("/bin/sh"), false);
	config->history[config->n_history - 1].empty_layer = false;
}
