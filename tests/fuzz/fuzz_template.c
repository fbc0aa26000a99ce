/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever somebody gives to --format, it ends, within its limits. The input is the format. */
#include <stdint.h>
#include <string.h>

#include "cli/template.h"
#include "util/json.h"
#include "util/mem.h"

#define OUTPUT_MAX 10000

static const char document[] =
	"{\"Name\":\"web\",\"Created\":\"2024-05-06T07:08:09.12Z\",\"State\":{\"Pid\":12,\"Running\":true,\"Error\":null},\"Size\":1.5,"
	"\"Args\":[\"a\",\"b c\"],\"Labels\":{\"y\":\"2\",\"x\":\"1\"},\"Empty\":[],"
	"\"Mounts\":[{\"Source\":\"/a\",\"RW\":true},{\"Source\":\"/b\",\"RW\":false}]}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_error struct error err = ERROR_INIT, other = ERROR_INIT;
	cleanup_json struct json_object *o = NULL;
	cleanup_template struct template *t = NULL;
	cleanup_free char *format = xstrndup((const char *)data, size);
	cleanup_buf struct buf out = {0}, headings = {0};
	int r;

	if (json_parse(document, strlen(document), "document", &o, &err) < 0)
		__builtin_trap();
	buf_init(&out, OUTPUT_MAX);
	buf_init(&headings, OUTPUT_MAX);
	r = template_parse(format, TEMPLATE_TABS, &t, &err);
	if ((r < 0) != error_is_set(&err) || (r < 0) != !t)
		__builtin_trap();
	if (r < 0)
		return 0;
	r = template_execute(t, o, &out, &err);
	if ((r < 0) != error_is_set(&err) || out.len > OUTPUT_MAX)
		__builtin_trap();
	r = template_headings(t, NULL, &headings, &other);
	if ((r < 0) != error_is_set(&other))
		__builtin_trap();
	return 0;
}
