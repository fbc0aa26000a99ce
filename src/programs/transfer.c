/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/transfer.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	cleanup_error struct error err = ERROR_INIT;
	int status = transfer_main(argc, argv, &err);

	if (error_is_set(&err)) {
		cleanup_free char *message = error_message(&err);
		fprintf(stderr, "transfer: %s\n", message);
	}
	return status;
}
