/* SPDX-License-Identifier: Apache-2.0 */
#include "image/reference.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "util/digest.h"
#include "util/mem.h"
#include "util/str.h"

#define NAME_LEN_MAX  255 /* registry, slash and repository, when complete */
#define TAG_LEN_MAX   128
#define SHOWN_LEN_MAX 300 /* of a wrong reference, in messages */
#define ID_DIGITS     64

#define DEFAULT_REGISTRY  "docker.io"
#define DEFAULT_NAMESPACE "library/"
#define DEFAULT_TAG       "latest"

#define DIGITS "0123456789"
#define LOWER  "abcdefghijklmnopqrstuvwxyz"
#define UPPER  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

void reference_release(struct reference *r)
{
	free(r->registry);
	free(r->repository);
	free(r->tag);
	free(r->digest);
	*r = (struct reference){0};
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c);
}

/* What separates two words of a path component: one dot, one or two underscores, any number of
 * dashes. Return: its length, 0 if there is none. */
static size_t separator_len(const char *s)
{
	if (*s == '-')
		return strspn(s, "-");
	if (*s == '_')
		return s[1] == '_' ? 2 : 1;
	return *s == '.' ? 1 : 0;
}

/* The length of the path component that s starts with, or 0 if it has not the form. */
static size_t component_len(const char *s)
{
	const char *end = s;

	for (;;) {
		size_t word = strspn(end, LOWER DIGITS);
		if (word == 0)
			return 0;
		end += word;
		if (*end == '/' || *end == '\0')
			return (size_t)(end - s);
		end += separator_len(end);
	}
}

/* Each returns NULL, or what is wrong. */
static const char *repository_problem(const char *repository)
{
	if (*repository == '\0')
		return "the repository name is missing";
	if (strpbrk(repository, UPPER))
		return "repository name must be lowercase";
	for (const char *s = repository;; s++) {
		size_t len = component_len(s);
		if (len == 0)
			return "each part of the repository name is words of a-z and 0-9 with "
			       "one of '.', '_', '__' or dashes between them";
		s += len;
		if (*s == '\0')
			return NULL;
	}
}

/* Labels of letters, digits and inner dashes, with dots between them: names and IPv4. */
static bool host_valid(const char *host)
{
	for (const char *s = host;; s++) {
		size_t len = strspn(s, LOWER UPPER DIGITS "-");
		if (len == 0 || *s == '-' || s[len - 1] == '-')
			return false;
		s += len;
		if (*s != '.')
			return *s == '\0';
	}
}

static bool port_valid(const char *port)
{
	uint32_t number = 0;

	return str_to_u32(port, &number) == 0 && number >= 1 && number <= UINT16_MAX;
}

/* HOST, HOST:PORT, [IPV6] or [IPV6]:PORT */
static const char *registry_problem(const char *registry)
{
	static const char wrong_port[] =
		"the registry's port is no number from 1 to 65535";
	const char *host = *registry == '[' ? registry + 1 : registry;
	size_t len = strcspn(host, *registry == '[' ? "]" : ":");
	const char *rest = host + len;
	cleanup_free char *name = xstrndup(host, len);
	struct in6_addr address;

	if (*registry == '[') {
		if (*rest != ']' || inet_pton(AF_INET6, name, &address) != 1)
			return "the registry is no IPv6 address in brackets";
		rest++;
	} else if (!host_valid(name)) {
		return "the registry is no host name";
	}
	if (*rest == '\0')
		return NULL;
	return *rest == ':' && port_valid(rest + 1) ? NULL : wrong_port;
}

static const char *tag_problem(const char *tag)
{
	size_t len = strlen(tag);

	if (len == 0)
		return "the tag after ':' is missing";
	if (len > TAG_LEN_MAX)
		return "the tag is longer than 128 characters";
	if (!is_one_of(*tag, LOWER UPPER DIGITS "_"))
		return "a tag begins with a letter, a digit or '_'";
	if (strspn(tag, LOWER UPPER DIGITS "_.-") != len)
		return "a tag is of letters, digits, '_', '.' and '-'";
	return NULL;
}

static bool is_docker_io(const char *registry)
{
	return str_eq(registry, DEFAULT_REGISTRY) ||
	       str_eq(registry, "index." DEFAULT_REGISTRY);
}

/* What reference_complete() would make of the name, which is what other programs have to take. */
static size_t complete_name_len(const struct reference *r)
{
	size_t len = strlen(r->repository);

	if (r->registry && !is_docker_io(r->registry))
		return strlen(r->registry) + 1 + len;
	if (!strchr(r->repository, '/'))
		len += strlen(DEFAULT_NAMESPACE);
	return strlen(DEFAULT_REGISTRY "/") + len;
}

static const char *problem_of(const struct reference *r)
{
	const char *problem = r->registry ? registry_problem(r->registry) : NULL;

	if (!problem)
		problem = repository_problem(r->repository);
	if (!problem && complete_name_len(r) > NAME_LEN_MAX)
		problem = "repository name must not be more than 255 characters";
	if (!problem && r->tag)
		problem = tag_problem(r->tag);
	if (!problem && r->digest && !digest_valid(r->digest))
		problem =
			"the digest is not \"sha256:\" and 64 digits of 0-9a-f (or \"sha512:\" "
			"and 128)";
	return problem;
}

/* Cut at the separators; what the parts hold is looked at later. */
static void split(const char *text, struct reference *ret)
{
	const char *at = strchr(text, '@');
	size_t first = strcspn(text, "/@");
	cleanup_free char *start = xstrndup(text, first);

	if (at)
		ret->digest = xstrdup(at + 1);
	if (text[first] == '/' && (strpbrk(start, ".:[") || str_eq(start, "localhost"))) {
		ret->registry = TAKE_PTR(start);
		text += first + 1;
	}
	size_t len = strcspn(text, ":@");
	ret->repository = xstrndup(text, len);
	if (text[len] == ':')
		ret->tag = xstrndup(text + len + 1, strcspn(text + len + 1, "@"));
}

static int refuse(const char *text, const char *problem, struct error *err)
{
	cleanup_free char *start = xstrndup(text, SHOWN_LEN_MAX);
	cleanup_free char *quoted = str_quote(start);

	return error_set(err, ERR_INVALID, 0, "%s%s: invalid reference format: %s",
			 quoted, strlen(text) > SHOWN_LEN_MAX ? "..." : "", problem);
}

/* The remedy, where there is one. */
static void add_hint(const struct reference *r, struct error *err)
{
	cleanup_free char *text = reference_text(r);
	struct reference lower = *r; /* borrows all but the repository */

	lower.repository = xstrdup(r->repository);
	for (char *s = lower.repository; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			*s = (char)(*s - 'A' + 'a');
	cleanup_free char *meant = reference_text(&lower);
	bool good = !str_eq(text, meant) && !problem_of(&lower);
	free(lower.repository);
	if (good)
		error_hint(err, "did you mean \"%s\"?", meant);
}

/* Such a word could also be an image's id; nobody could tell them apart. */
static bool looks_like_id(const char *text)
{
	return strlen(text) == ID_DIGITS && strspn(text, DIGITS "abcdef") == ID_DIGITS;
}

int reference_parse(const char *text, struct reference *ret, struct error *err)
{
	struct reference r = {0};

	if (*text == '\0')
		return refuse(text, "it is empty", err);
	if (looks_like_id(text))
		return refuse(text, "cannot specify 64-byte hexadecimal strings", err);
	if (strstr(text, "://"))
		return refuse(text, "a reference has no \"://\"", err);

	split(text, &r);
	const char *problem = problem_of(&r);
	if (problem) {
		int result = refuse(text, problem, err);
		add_hint(&r, err);
		reference_release(&r);
		return result;
	}
	*ret = r;
	return 0;
}

bool reference_is_short(const struct reference *r)
{
	return !r->registry;
}

void reference_complete(struct reference *r)
{
	if (!r->registry || is_docker_io(r->registry)) {
		free(r->registry);
		r->registry = xstrdup(DEFAULT_REGISTRY);
		if (!strchr(r->repository, '/')) {
			char *official = xasprintf(DEFAULT_NAMESPACE "%s", r->repository);
			free(r->repository);
			r->repository = official;
		}
	}
	if (!r->tag && !r->digest)
		r->tag = xstrdup(DEFAULT_TAG);
}

int reference_parse_complete(const char *text, struct reference *ret, struct error *err)
{
	int r = reference_parse(text, ret, err);

	if (r == 0)
		reference_complete(ret);
	return r;
}

char *reference_repository(const struct reference *r)
{
	if (!r->registry)
		return xstrdup(r->repository);
	return xasprintf("%s/%s", r->registry, r->repository);
}

char *reference_text(const struct reference *r)
{
	cleanup_free char *name = reference_repository(r);

	return xasprintf("%s%s%s%s%s", name, r->tag ? ":" : "", r->tag ? r->tag : "",
			 r->digest ? "@" : "", r->digest ? r->digest : "");
}
