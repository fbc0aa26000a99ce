/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/transfer.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `cubby doctor` asks. */
static const char version[] = "transfer " CUBBY_VERSION "\n";

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return write(STDOUT_FILENO, version, sizeof(version) - 1) < 0;
	cleanup_error struct error err = ERROR_INIT;
	int status = transfer_main(argc, argv, &err);

	if (error_is_set(&err)) {
		cleanup_free char *message = error_message(&err);
		fprintf(stderr, "transfer: %s\n", message);
	}
	return status;
}
