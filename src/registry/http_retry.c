/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/http_retry.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

#include "registry/header.h"
#include "util/mem.h"
#include "util/time.h"

static bool may_retry(int r, const struct http_response *response)
{
	static const int statuses[] = {408, 429, 500, 502, 503, 504};

	if (r < 0)
		return response->transient;
	for (size_t i = 0; i < ARRAY_SIZE(statuses); i++)
		if (response->status == statuses[i])
			return true;
	return false;
}

/* Up to a quarter more, so that those who failed together don't come again together. */
static int64_t jitter(int64_t usec)
{
	uint32_t random = 0;

	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != sizeof(random))
		random = (uint32_t)time_monotonic_usec();
	return usec + usec / 4 * (random % 1024) / 1024;
}

static int64_t delay_usec(const struct http_options *options, unsigned int n,
			  const struct http_response *response)
{
	int64_t asked, delay = options->retry_delay_usec;

	if (header_retry_after(header_get(response->headers, "retry-after"),
			       time_now_usec(), &asked) == 0 &&
	    (response->status == 429 || response->status == 503))
		return jitter(asked);
	if (delay >= 0)
		return delay;
	delay = USEC_PER_SEC << (n < 16 ? n : 16);
	return jitter(delay < HTTP_BACKOFF_MAX_USEC ? delay : HTTP_BACKOFF_MAX_USEC);
}

static char *say_why(int r, const struct http_response *response, const struct error *err)
{
	const char *words = http_status_words(response->status);

	if (r < 0)
		return error_message(err);
	return words ? xasprintf("the registry answers %d (%s)", response->status, words)
		     : xasprintf("the registry answers %d", response->status);
}

bool http_retry(struct http *h, struct http_retry *retry, int r,
		const struct http_response *response, struct error *err)
{
	const struct http_options *options = http_get_options(h);

	if (!may_retry(r, response) || retry->n >= options->retries)
		return false;
	int64_t usec = delay_usec(options, retry->n++, response);
	cleanup_free char *why = say_why(r, response, err);
	cleanup_free char *text = xasprintf("%s; again in %.1f s (%u of %lld)", why,
					    (double)usec / USEC_PER_SEC, retry->n,
					    (long long)options->retries);
	if (options->on_retry)
		options->on_retry(options->data, text);
	if (r < 0)
		error_drop(err, text);
	struct timespec ts = {.tv_sec = usec / USEC_PER_SEC,
			      .tv_nsec = usec % USEC_PER_SEC * 1000};
	while (clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, &ts) == EINTR)
		;
	return true;
}

int http_perform(struct http *h, const struct http_request *request,
		 struct http_response *ret, struct error *err)
{
	struct http_retry retry = {0};

	for (;;) {
		int r = http_once(h, request, ret, err);

		if (!http_retry(h, &retry, r, ret, err))
			return r;
		http_response_release(ret);
	}
}
