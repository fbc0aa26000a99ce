/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/runtime/rt.h"
#include "util/fd.h"

int main(int argc, char **argv)
{
	struct rt_globals globals;
	int status;

	if (fd_reserve_std() < 0)
		return 1;
	rt_globals_init(&globals);
	status = cli_main(&rt_program, &globals, argc, argv);
	rt_globals_release(&globals);
	return status;
}
