/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/sandboxed.h"

int main(int argc, char **argv)
{
	return sandboxed_main(argc, argv);
}
