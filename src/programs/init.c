/* SPDX-License-Identifier: Apache-2.0 */
#include "monitor/monitor.h"

int main(int argc, char **argv)
{
	return init_main(argc, argv);
}
