/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Logs may lie where the user said and be written to by others, and what journalctl prints is
 * not ours: first byte the driver, the rest lines.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/log_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	cleanup_log_line struct log_line keep = {0};
	cleanup_free char *text = NULL;
	enum log_driver driver;
	char *line, *end;

	if (len == 0)
		return 0;
	driver = (enum log_driver)(data[0] % (LOG_DRIVER_JOURNALD + 1));
	/* as in the reader's buffer: each line is followed by its end, and no more */
	text = malloc(len);
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\n';
	for (line = text; line < text + len; line = end + 1) {
		struct log_record r;

		end = memchr(line, '\n', (size_t)(text + len - line));
		(void)log_line_ends(driver, line, (size_t)(end - line));
		if (log_line_parse(driver, line, (size_t)(end - line), &keep, &r) < 0)
			continue;
		assert(strlen(r.time) < LOG_TIME_MAX);
		/* all of it can be read */
		for (size_t i = 0; i < r.len; i++)
			assert(*(volatile const char *)(r.text + i) == r.text[i]);
		(void)log_line_cursor(&keep);
	}
	return 0;
}
