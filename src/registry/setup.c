/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/setup.h"

#include <errno.h>
#include <string.h>

#include "registry/certs.h"
#include "registry/credentials.h"
#include "registry/http.h"
#include "registry/policy.h"
#include "util/mem.h"
#include "util/str.h"

/* Where docker.io is really spoken to. */
#define DOCKER_HUB         "docker.io"
#define DOCKER_HUB_ADDRESS "registry-1.docker.io"

struct setup {
	struct registry_options options; /* strings owned */
	struct http *http;
	struct registries_conf conf;
	struct policy *policy;
	const char *about;
	struct credentials given; /* --creds */
};

static void on_retry(void *data, const char *text)
{
	struct setup *s = data;

	if (s->options.on_retry)
		s->options.on_retry(s->options.data, s->about, text);
}

static const char *dup_if(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void copy_options(struct setup *s, const struct registry_options *options)
{
	s->options = *options;
	s->options.authfile = dup_if(options->authfile);
	s->options.cert_dir = dup_if(options->cert_dir);
	s->options.registries_conf = dup_if(options->registries_conf);
	s->options.policy = dup_if(options->policy);
	s->options.creds = NULL; /* parsed, below */
}

int setup_open(const struct registry_options *options, struct setup **ret,
	       struct error *err)
{
	cleanup_setup struct setup *s = xcalloc(1, sizeof(*s));
	struct http_options http = {
		.retries = options->retry,
		.retry_delay_usec = options->retry_delay_usec,
		.on_retry = on_retry,
		.data = s,
	};

	copy_options(s, options);
	int r = 0;
	if (options->creds)
		r = credentials_parse(options->creds, &s->given, err);
	if (r == 0)
		r = registries_conf_load(s->options.registries_conf, &s->conf, err);
	if (r == 0)
		r = policy_load(s->options.policy, &s->policy, err);
	if (r == 0)
		r = http_new(&http, &s->http, err);
	if (r == 0)
		*ret = TAKE_PTR(s);
	return r;
}

void setup_close(struct setup *s)
{
	if (!s)
		return;
	http_free(s->http);
	credentials_release(&s->given);
	registries_conf_release(&s->conf);
	policy_free(s->policy);
	free((char *)s->options.authfile);
	free((char *)s->options.cert_dir);
	free((char *)s->options.registries_conf);
	free((char *)s->options.policy);
	free(s);
}

void setup_about(struct setup *s, const char *id)
{
	s->about = id;
}

void setup_on_retry(struct setup *s,
		    void (*fn)(void *data, const char *id, const char *text), void *data)
{
	s->options.on_retry = fn;
	s->options.data = data;
}

void endpoint_release(struct endpoint *e)
{
	client_free(e->client);
	if (e->tls)
		http_tls_release(e->tls);
	free(e->tls);
	free(e->repository);
	*e = (struct endpoint){0};
}

void endpoints_release(struct endpoints *e)
{
	for (size_t i = 0; i < e->n; i++)
		endpoint_release(&e->items[i]);
	free(e->items);
	*e = (struct endpoints){0};
}

struct credentials_config setup_credentials_config(const struct setup *s)
{
	return (struct credentials_config){
		.authfile = s->options.authfile,
		.helpers = s->conf.helpers,
	};
}

char *const *setup_search_registries(const struct setup *s)
{
	static char docker_hub[] = DOCKER_HUB;
	static char *const standard[] = {docker_hub, NULL};

	return s->conf.search && *s->conf.search ? s->conf.search : standard;
}

int setup_candidates(struct setup *s, const struct reference *ref, struct references *ret,
		     struct error *err)
{
	return registries_conf_candidates(&s->conf, ref, ret, err);
}

static int find_credentials(struct setup *s, const char *registry, const char *repository,
			    struct credentials *ret, struct error *err)
{
	struct credentials_config config = setup_credentials_config(s);
	int r = credentials_find(&config, registry, repository, ret, err);

	return r < 0 ? r : 0;
}

static int make_tls(struct setup *s, const char *host, bool insecure,
		    struct http_tls **ret, struct error *err)
{
	struct http_tls *tls = *ret = xcalloc(1, sizeof(*tls));

	tls->insecure =
		s->options.tls_verify == 0 || (s->options.tls_verify < 0 && insecure);
	return certs_load(host, s->options.cert_dir, tls, err);
}

/* What stands there already stays: repository, mirror. */
static int fill_endpoint(struct setup *s, const struct setup_registry *registry,
			 bool insecure, struct endpoint *e, struct error *err)
{
	cleanup_credentials struct credentials stored = {0};
	const struct credentials *credentials = registry->credentials;
	int r = 0;

	if (!credentials && s->given.username && !e->mirror)
		credentials = &s->given;
	if (!credentials) {
		r = find_credentials(s, registry->host, e->repository, &stored, err);
		credentials = &stored;
	}
	if (r == 0)
		r = make_tls(s, registry->host, insecure, &e->tls, err);
	if (r < 0)
		return r;
	struct client_options options = {
		.http = s->http,
		.host = registry->host,
		.address = registry->address,
		.tls = e->tls,
		.verify_given = s->options.tls_verify == 1,
		.user = credentials->username,
		.password = credentials->password,
		.identity_token = credentials->identity_token,
	};
	if (!options.address && str_eq(registry->host, DOCKER_HUB))
		options.address = DOCKER_HUB_ADDRESS;
	e->client = client_new(&options);
	return 0;
}

static int add_endpoint(struct setup *s, const struct registry_endpoint *from,
			struct endpoints *list, struct error *err)
{
	struct setup_registry registry = {.host = from->reference.registry};

	list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
	struct endpoint *e = &list->items[list->n++];
	*e = (struct endpoint){
		.repository = xstrdup(from->reference.repository),
		.mirror = from->is_mirror,
	};
	return fill_endpoint(s, &registry, from->insecure, e, err);
}

int setup_endpoints(struct setup *s, const struct reference *ref,
		    enum setup_purpose purpose, struct endpoints *ret, struct error *err)
{
	cleanup_registry_endpoints struct registry_endpoints from = {0};

	*ret = (struct endpoints){0};
	int r = purpose == SETUP_PULL ? policy_check_registry(s->policy, ref, err) : 0;
	if (r < 0)
		return r;
	r = purpose == SETUP_PULL ? registries_conf_pull(&s->conf, ref, &from, err)
				  : registries_conf_push(&s->conf, ref, &from, err);
	for (size_t i = 0; i < from.n && r >= 0; i++)
		r = add_endpoint(s, &from.items[i], ret, err);
	if (r < 0)
		endpoints_release(ret);
	return r;
}

int setup_registry(struct setup *s, const struct setup_registry *registry,
		   struct endpoint *ret, struct error *err)
{
	*ret = (struct endpoint){0};
	int r = registries_conf_host(&s->conf, registry->host, err);
	if (r >= 0)
		r = fill_endpoint(s, registry, r > 0, ret, err);
	if (r < 0)
		endpoint_release(ret);
	return r;
}
