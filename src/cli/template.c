/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/template.h"

#include "cli/template_exec.h"
#include "cli/template_parse.h"
#include "util/mem.h"

int template_parse(const char *format, unsigned int flags, struct template **ret,
		   struct error *err)
{
	struct template *t = xcalloc(1, sizeof(*t));
	int r = template_build(t, format, flags & TEMPLATE_TABS, err);

	if (r < 0)
		template_free(t);
	else
		*ret = t;
	return r;
}

void template_free(struct template *t)
{
	if (!t)
		return;
	arena_release(&t->arena);
	free(t);
}

int template_execute(const struct template *t, struct json_object *o, struct buf *out,
		     struct error *err)
{
	struct tvalue dot = tvalue_of_json(o, NULL);

	return template_run(t, &dot, NULL, out, err);
}

int template_headings(const struct template *t, const struct template_heading *headings,
		      struct buf *out, struct error *err)
{
	static const struct template_heading none = {0};

	return template_run(t, NULL, headings ? headings : &none, out, err);
}

int template_render(const char *format, struct json_object *o, struct buf *out,
		    struct error *err)
{
	cleanup_template struct template *t = NULL;
	int r = template_parse(format, 0, &t, err);

	return r < 0 ? r : template_execute(t, o, out, err);
}
