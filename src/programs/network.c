/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "network/program.h"

/* `cubby doctor` asks. */
static const char version[] = "network " CUBBY_VERSION "\n";

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return write(STDOUT_FILENO, version, sizeof(version) - 1) < 0;
	int status = network_main(argc, argv);

	if (status == 2)
		(void)fprintf(stderr, "network: this program is started by cubby\n");
	return status;
}
