/* SPDX-License-Identifier: Apache-2.0 */
/* A Quadlet file: what was read is written and read again the same; the service that is made of it can be read, says what cubby is
 * to do in one line, and its links stay in their directory. The first byte chooses the kind. */
#include <stdint.h>
#include <string.h>

#include "quadlet/install.h"
#include "quadlet/quadlet.h"
#include "util/mem.h"
#include "util/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void tell(void *data, bool failed, const struct error *err)
{
	(void)failed;
	if (!err->text || !*err->text)
		__builtin_trap();
	++*(size_t *)data;
}

static bool exists(const char *path)
{
	return *path == '/';
}

static char *id_of(const char *name, bool group)
{
	return group ? NULL : xstrdup(name);
}

static char *written(const struct unit_file *u)
{
	struct buf text;

	buf_init(&text, (size_t)64 * UNIT_FILE_MAX);
	buf_add(&text, "", 0);
	unit_file_write(u, &text);
	return buf_take(&text);
}

/* Reading what was written gives the same; the text of it. */
static char *read_again(const struct unit_file *u)
{
	cleanup_unit_file struct unit_file again = {0};
	cleanup_error struct error err = ERROR_INIT;
	char *text = written(u);

	if (strlen(text) <= UNIT_FILE_MAX &&
	    unit_file_parse(&again, text, strlen(text), "again", &err) < 0)
		__builtin_trap();
	cleanup_free char *second = written(&again);
	if (strlen(text) <= UNIT_FILE_MAX && !str_eq(text, second))
		__builtin_trap();
	return text;
}

static void check_service(const struct quadlet_set *s, const struct quadlet_unit *u)
{
	cleanup_free char *text = read_again(&u->file);
	cleanup_strv char **links = install_links(s, u);

	if (!strstr(text, "\nExecStart=/bin/cubby ") || strchr(u->service, '/'))
		__builtin_trap();
	strv_foreach (l, links)
		if (**l == '/' || strstr(*l, "/../") || str_starts(*l, "../../"))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct quadlet_host host = {.exists = exists, .id_of = id_of};
	static const char *const names[] = {"a.container",  "b.volume", "c.network",
					    "d.image",      "e.build",  "f.pod",
					    "t@.container", "k.kube"};
	cleanup_unit_file struct unit_file file = {0}, other = {0};
	cleanup_error struct error err = ERROR_INIT;
	size_t told = 0;
	cleanup_quadlet_set struct quadlet_set s = {
		.cubby = "/bin/cubby",
		.host = &host,
		.tell = tell,
		.tell_data = &told,
	};

	if (size < 1)
		return 0;
	if (unit_file_parse(&file, (const char *)data + 1, size - 1, "input", &err) < 0) {
		if (err.kind != ERR_INVALID)
			__builtin_trap();
		return 0;
	}
	free(read_again(&file));
	quadlet_set_add(&s, names[data[0] % ARRAY_SIZE(names)], "/q/x/file", &file);
	quadlet_set_add(&s, "data@.volume", "/q/data@.volume", &other);
	quadlet_convert(&s);
	if (told != s.n_failed)
		__builtin_trap();
	for (size_t i = 0; i < s.n_units; i++)
		if (s.units[i].done)
			check_service(&s, &s.units[i]);
	return 0;
}
