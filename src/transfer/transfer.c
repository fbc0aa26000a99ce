/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/transfer.h"

#include <signal.h>
#include <string.h>

#include "transfer/control.h"
#include "transfer/protocol.h"
#include "util/fd.h"
#include "util/json.h"
#include "util/log.h"
#include "util/str.h"

#define EXIT_FAILED 125

static const struct operation {
	const char *name;
	transfer_operation_fn *run;
} operations[] = {
	{.name = "fetch", .run = op_fetch},       {.name = "send", .run = op_send},
	{.name = "login", .run = op_login},       {.name = "logout", .run = op_logout},
	{.name = "search", .run = op_search},     {.name = "verify", .run = op_verify},
	{.name = "download", .run = op_download},
};

static const struct operation *find_operation(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(operations); i++)
		if (str_eq(operations[i].name, name))
			return &operations[i];
	return NULL;
}

/* The reason goes to the engine, if there is one at the other end. */
static int fail(struct error *err)
{
	cleanup_error struct error ignored = ERROR_INIT;
	cleanup_json struct json_object *event = transfer_error_to_json(err);

	if (transfer_say(TRANSFER_CONTROL_FD, event, NULL, 0, &ignored) == 0)
		error_release(err);
	return EXIT_FAILED;
}

static int run(const struct operation *operation, struct error *err)
{
	cleanup_json struct json_object *request = NULL, *end = json_object_new_object();

	int r = control_start(err);
	if (r < 0)
		return r;
	r = control_hear(&request, err);
	if (r < 0)
		return r;
	r = operation->run(request, err);
	if (r < 0)
		return r;
	json_add_str(end, "event", "end");
	return control_say(end, err);
}

/* As the engine's own --log-level; nothing else is ever written to stderr. */
static void start_log(void)
{
	enum log_level level = LOG_LEVEL_OFF;
	const char *word = getenv("CUBBY_LOG_LEVEL");

	if (word && log_level_parse(word, &level) == 0)
		log_set(level, LOG_TEXT, STDERR_FILENO);
}

int transfer_main(int argc, char **argv, struct error *err)
{
	/* who follows a blob may go away; that is no reason to die */
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	if (fd_reserve_std() < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0)
		return EXIT_FAILED;
	start_log();
	const struct operation *operation = argc < 2 ? NULL : find_operation(argv[1]);
	if (!operation) {
		error_set(err, ERR_UNSUPPORTED, 0, "carry out %s: no such operation",
			  argc < 2 ? "nothing" : argv[1]);
		error_hint(
			err,
			"this program is started by cubby; it and cubby must be of one "
			"version (%s)",
			CUBBY_VERSION);
		return fail(err);
	}
	return run(operation, err) < 0 ? fail(err) : 0;
}
