/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/sandboxed.h"

#include <signal.h>
#include <string.h>

#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/str.h"

#define EXIT_FAILED 125

static const struct {
	const char *name;
	int (*run)(char *const *args, unsigned int n_args);
} operations[] = {
	{"unpack", sandboxed_unpack},
	{"pack", sandboxed_pack},
	{"uncompress", sandboxed_uncompress},
	{"complete", sandboxed_complete},
	{"blob", sandboxed_blob},
};

int sandboxed_run(sandboxed_operation *run, char *const *args, unsigned int n_args)
{
	cleanup_error struct error err = ERROR_INIT;
	cleanup_free char *text = NULL;
	int r = run(args, n_args, &text, &err);

	if (r < 0) {
		cleanup_json struct json_object *event = transfer_error_to_json(&err);

		text = json_text(event, false);
	}
	if (fd_write_all(SANDBOXED_RESULT_FD, text, strlen(text)) < 0)
		return EXIT_FAILED;
	return r < 0 ? EXIT_FAILED : 0;
}

int sandboxed_main(int argc, char **argv)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (fd_reserve_std() < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0 || argc < 2)
		return EXIT_FAILED;
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (str_eq(operations[i].name, argv[1]))
			return operations[i].run(argv + 2, (unsigned int)argc - 2);
	return EXIT_FAILED;
}
