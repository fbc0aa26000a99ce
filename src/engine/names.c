/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/names.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

#include "util/mem.h"
#include "util/str.h"

static const char *const adjectives[] = {
	"able",   "agile",   "amber",  "ample",  "azure",  "bold",   "brave",  "breezy",
	"brisk",  "calm",    "candid", "cheery", "clever", "cosy",   "crisp",  "curious",
	"daring", "deft",    "dreamy", "eager",  "early",  "easy",   "fair",   "fleet",
	"fluffy", "fond",    "frank",  "fresh",  "gentle", "glad",   "golden", "grand",
	"hardy",  "hearty",  "honest", "humble", "jolly",  "keen",   "kind",   "lively",
	"loyal",  "lucid",   "mellow", "merry",  "mild",   "modest", "neat",   "nimble",
	"noble",  "patient", "placid", "plucky", "proud",  "quick",  "quiet",  "ready",
	"rosy",   "rustic",  "serene", "silver", "smart",  "snug",   "spry",   "steady",
	"sunny",  "swift",   "tidy",   "upbeat", "vivid",  "warm",   "wise",   "witty",
};

static const char *const nouns[] = {
	"acorn",   "alder",   "aspen",   "badger", "beaver",  "birch",  "bison",
	"brook",   "canyon",  "cedar",   "cliff",  "clover",  "comet",  "coral",
	"crane",   "creek",   "cricket", "delta",  "dune",    "ember",  "falcon",
	"fern",    "finch",   "fjord",   "forest", "fox",     "garden", "geyser",
	"glacier", "grove",   "harbor",  "hazel",  "heron",   "hill",   "island",
	"juniper", "kestrel", "lagoon",  "lake",   "larch",   "lark",   "lichen",
	"lynx",    "maple",   "marsh",   "meadow", "moose",   "moss",   "oak",
	"ocean",   "otter",   "owl",     "pebble", "pine",    "plover", "pond",
	"poplar",  "prairie", "rabbit",  "raven",  "reed",    "river",  "robin",
	"spruce",  "stream",  "summit",  "swan",   "thistle", "tundra", "valley",
	"willow",  "wren",
};

int name_random_id(char **ret, struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[32];
	char *id;

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_set(err, ERR_SYSTEM, errno, "get random bytes");
	id = xmalloc(2 * sizeof(bytes) + 1);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		id[2 * i] = digits[bytes[i] >> 4];
		id[2 * i + 1] = digits[bytes[i] & 15];
	}
	id[2 * sizeof(bytes)] = '\0';
	*ret = id;
	return 0;
}

char *name_random(unsigned int attempt)
{
	uint32_t random[2] = {0};
	const char *adjective, *noun;

	/* a name that is taken is tried again with a digit, so even no randomness works
	 */
	if (getrandom(random, sizeof(random), 0) < 0)
		random[0] = attempt;
	adjective = adjectives[random[0] % ARRAY_SIZE(adjectives)];
	noun = nouns[random[1] % ARRAY_SIZE(nouns)];
	if (attempt == 0)
		return xasprintf("%s_%s", adjective, noun);
	return xasprintf("%s_%s%u", adjective, noun, attempt);
}

int name_check(const char *name, struct error *err)
{
	bool valid = isalnum((unsigned char)name[0]);

	for (const char *p = name; *p && valid; p++)
		valid = isalnum((unsigned char)*p) || strchr("_.-", *p);
	if (valid)
		return 0;
	error_set(err, ERR_INVALID, 0,
		  "use the name \"%s\": names must match [a-zA-Z0-9][a-zA-Z0-9_.-]*",
		  name);
	return -EINVAL;
}
