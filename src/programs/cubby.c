/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cubby.h"
#include "util/fd.h"

int main(int argc, char **argv)
{
	struct cubby_globals globals;
	int status;

	if (fd_reserve_std() < 0)
		return 125;
	cubby_globals_init(&globals);
	status = cli_main(&cubby_program, &globals, argc, argv);
	cubby_globals_release(&globals);
	return status;
}
