/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* What stands over the column of a field; the others are the field's name in capitals
 * ("CreatedAt": CREATED AT). A table of them ends with a NULL field. */
struct template_heading {
	const char *field, *heading;
};
