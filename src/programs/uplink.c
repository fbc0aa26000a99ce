/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "network/slirp_loop.h"

/* `cubby doctor` asks. */
static const char version[] = "uplink " CUBBY_VERSION "\n";

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return write(STDOUT_FILENO, version, sizeof(version) - 1) < 0;
	return slirp_main();
}
