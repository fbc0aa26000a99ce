/* SPDX-License-Identifier: Apache-2.0 */
#include "build/emulation.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image/platform.h"
#include "spec/image.h"
#include "util/fs.h"
#include "util/str.h"

#define ENTRY_MAX 8192

/* What an ELF file of it begins with. Sources: elf(5), Go's GOARCH. */
static const struct {
	const char *architecture;
	bool is_64, is_big;
	uint16_t machine;
} elf[] = {
	{"386", false, false, 3},      {"amd64", true, false, 62},
	{"arm", false, false, 40},     {"arm64", true, false, 183},
	{"loong64", true, false, 258}, {"mips", false, true, 8},
	{"mipsle", false, false, 8},   {"mips64", true, true, 8},
	{"mips64le", true, false, 8},  {"ppc64", true, true, 21},
	{"ppc64le", true, false, 21},  {"riscv64", true, false, 243},
	{"s390x", true, true, 22},
};

/* A byte of "7f454c46..." */
static int byte_at(const char *magic, size_t at)
{
	char digits[3] = "";
	char *end;
	long value;

	if (strspn(magic, "0123456789abcdefABCDEF") < 2 * at + 2)
		return -1;
	memcpy(digits, magic + 2 * at, 2);
	value = strtol(digits, &end, 16);
	return *end ? -1 : (int)value;
}

static bool is_for(const char *magic, const char *architecture)
{
	for (size_t i = 0; i < ARRAY_SIZE(elf); i++) {
		int first = elf[i].is_big ? elf[i].machine >> 8 : elf[i].machine & 0xff;
		int second = elf[i].is_big ? elf[i].machine & 0xff : elf[i].machine >> 8;

		if (str_eq(elf[i].architecture, architecture))
			return str_starts(magic, "7f454c46") &&
			       byte_at(magic, 4) == (elf[i].is_64 ? 2 : 1) &&
			       byte_at(magic, 5) == (elf[i].is_big ? 2 : 1) &&
			       byte_at(magic, 18) == first &&
			       byte_at(magic, 19) == second;
	}
	return false;
}

static enum emulation judge(char *text, const char *architecture)
{
	cleanup_strv char **lines = str_split(text, '\n');
	bool enabled = false, matches = false, fixed = false;

	strv_foreach (line, lines) {
		enabled |= str_eq(*line, "enabled");
		fixed |= str_starts(*line, "flags:") && strchr(*line + 6, 'F');
		matches |= str_starts(*line, "magic ") && is_for(*line + 6, architecture);
	}
	if (!enabled || !matches)
		return EMULATION_NONE;
	return fixed ? EMULATION_WORKS : EMULATION_NOT_FIXED;
}

enum emulation emulation_find(const char *directory, const char *architecture)
{
	enum emulation best = EMULATION_NONE;
	cleanup_dir DIR *dir = opendir(directory);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		cleanup_error struct error err = ERROR_INIT;
		cleanup_free char *text = NULL;
		size_t len;
		enum emulation found;

		if (entry->d_name[0] == '.' || str_eq(entry->d_name, "register") ||
		    str_eq(entry->d_name, "status"))
			continue;
		if (fs_read(dirfd(dir), entry->d_name, ENTRY_MAX, &text, &len, &err) < 0)
			continue;
		found = judge(text, architecture);
		best = found > best ? found : best;
	}
	return best;
}

int emulation_check(const struct image_config *config, struct error *err)
{
	cleanup_image_platform struct image_platform host = {0};
	const struct image_platform image = {
		.os = config->os,
		.architecture = config->architecture,
		.variant = config->variant,
	};
	cleanup_free char *text = NULL;
	enum emulation found;

	platform_host(&host);
	/* as an image without an architecture of its own, whoever made it */
	if (str_empty(config->architecture) ||
	    str_eq(host.architecture, config->architecture) ||
	    platform_rank(&host, &image) >= 0)
		return 0;
	found = emulation_find(EMULATION_DIR, config->architecture);
	if (found == EMULATION_WORKS)
		return 0;
	text = platform_text(&image);
	error_set(err, ERR_UNSUPPORTED, 0,
		  found == EMULATION_NONE
			  ? "programs for %s don't run on this machine, and there is no "
			    "interpreter for them"
			  : "the interpreter of programs for %s is not there inside of "
			    "containers (binfmt_misc's flag F is missing)",
		  text);
	return error_hint(err, "Install one: apt-get install qemu-user-static");
}
