/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One attempt is: for each hop of a chain of redirects, all options of the easy handle set anew
 * (curl_easy_reset() leaves connections open), the transfer run to its end, callbacks putting what
 * comes where it belongs. libcurl itself follows nothing and retries nothing.
 */
#include "registry/http.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "registry/header.h"
#include "registry/http_error.h"
#include "registry/http_trust.h"
#include "registry/url.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/str.h"

#define CONNECT_TIMEOUT_SEC 30L
#define BUFFER_SIZE         (256L * 1024)
#define USER_AGENT          "cubby/" CUBBY_VERSION

struct http {
	struct http_options options;
	CURL *easy;
	pid_t owner; /* of easy */
	struct http_trust trust;
	char text[CURL_ERROR_SIZE];
};

/* A hop on its way; what the callbacks know. */
struct hop {
	struct http *http;
	const struct http_request *request;
	struct http_response *response;
	struct error *err;
	size_t header_bytes;
	int64_t sent;
	int result; /* negative: a callback ended the transfer, *err says why */
	bool cut;   /* the rest of an error's text is not wanted */
};

int http_new(const struct http_options *options, struct http **ret, struct error *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return error_set(err, ERR_SYSTEM, 0, "start libcurl");
	struct http *h = xcalloc(1, sizeof(*h));

	h->options = *options;
	if (h->options.retries < 0)
		h->options.retries = HTTP_RETRIES_DEFAULT;
	if (h->options.stall_sec <= 0)
		h->options.stall_sec = HTTP_STALL_SEC;
	http_trust_init(&h->trust);
	*ret = h;
	return 0;
}

void http_free(struct http *h)
{
	if (!h)
		return;
	/* Another process's connections are not ours to close. */
	if (h->easy && h->owner == getpid())
		curl_easy_cleanup(h->easy);
	http_trust_release(&h->trust);
	free(h);
}

void http_on_retry(struct http *h, void (*fn)(void *data, const char *text), void *data)
{
	h->options.on_retry = fn;
	h->options.data = data;
}

const struct http_options *http_get_options(const struct http *h)
{
	return &h->options;
}

static int take_handle(struct http *h, struct error *err)
{
	if (h->easy && h->owner == getpid()) {
		curl_easy_reset(h->easy);
		return 0;
	}
	h->easy = curl_easy_init();
	h->owner = getpid();
	return h->easy ? 0 : error_set(err, ERR_SYSTEM, ENOMEM, "start a transfer");
}

/* A new answer begins (after 100 Continue, say): what came before it counts no more. */
static void begin_headers(struct hop *hop)
{
	strv_free(hop->response->headers);
	hop->response->headers = NULL;
}

static size_t on_header(char *data, size_t size, size_t n, void *context)
{
	struct hop *hop = context;
	size_t len = size * n;

	hop->header_bytes += len;
	if (hop->header_bytes > HTTP_HEADERS_MAX) {
		hop->result = error_set(hop->err, ERR_INVALID, 0,
					"read the answer: headers of over %d bytes",
					HTTP_HEADERS_MAX);
		return 0;
	}
	while (len && strchr("\r\n \t", data[len - 1]))
		len--;
	if (len >= 5 && strncasecmp(data, "HTTP/", 5) == 0)
		begin_headers(hop);
	else if (len && memchr(data, ':', len) && !memchr(data, '\0', len))
		strv_add_take(&hop->response->headers, xstrndup(data, len));
	return size * n;
}

/* Of an error's text only the beginning is of interest. */
static size_t keep_error_text(struct hop *hop, const char *data, size_t len)
{
	struct buf *body = &hop->response->body;
	size_t room = body->max - body->len;

	buf_add(body, data, len < room ? len : room);
	hop->cut = len > room;
	return hop->cut ? 0 : len;
}

static size_t on_body(char *data, size_t size, size_t n, void *context)
{
	struct hop *hop = context;
	struct http_response *response = hop->response;
	size_t len = size * n;
	long status = 0;

	if (!response->status) {
		curl_easy_getinfo(hop->http->easy, CURLINFO_RESPONSE_CODE, &status);
		response->status = (int)status;
		bool wanted = status / 100 == 2;
		buf_init(&response->body,
			 wanted ? hop->request->max_body : HTTP_ERROR_BODY_MAX);
	}
	if (response->status / 100 != 2)
		return keep_error_text(hop, data, len);
	if (hop->request->on_body) {
		hop->result = hop->request->on_body(hop->request->data, response, data,
						    len, hop->err);
		return hop->result < 0 ? 0 : len;
	}
	if (buf_add(&response->body, data, len) < 0) {
		hop->result = error_set(hop->err, ERR_INVALID, 0,
					"read the answer: it is longer than %zu bytes",
					hop->request->max_body);
		return 0;
	}
	return len;
}

static size_t on_send(char *data, size_t size, size_t n, void *context)
{
	struct hop *hop = context;
	const struct http_request *request = hop->request;
	int64_t left = request->body_size - hop->sent;
	size_t len = size * n;

	if ((int64_t)len > left)
		len = (size_t)left;
	if (len && request->body) {
		memcpy(data, (const char *)request->body + hop->sent, len);
	} else if (len) {
		ssize_t got;

		do
			got = pread(request->body_fd, data, len,
				    request->body_offset + hop->sent);
		while (got < 0 && errno == EINTR);
		if (got <= 0) {
			hop->result =
				error_set(hop->err, ERR_SYSTEM, got ? errno : ENODATA,
					  "read what is to be sent");
			return CURL_READFUNC_ABORT;
		}
		len = (size_t)got;
	}
	hop->sent += (int64_t)len;
	if (request->on_sent)
		request->on_sent(request->data, (uint64_t)hop->sent);
	return len;
}

/* libcurl sends again by itself when a connection that was open turns out to be dead. Of an upload a
 * part may have arrived: there the caller must look first. */
static int on_seek(void *context, curl_off_t offset, int origin)
{
	struct hop *hop = context;

	if (!hop->request->body && hop->sent)
		return CURL_SEEKFUNC_FAIL;
	if (origin != SEEK_SET || offset < 0 || offset > hop->request->body_size)
		return CURL_SEEKFUNC_CANTSEEK;
	hop->sent = offset;
	return CURL_SEEKFUNC_OK;
}

static bool sends_body(const struct http_request *request)
{
	return request->body || request->body_fd >= 0 ||
	       str_starts(request->method, "P"); /* PUT, POST, PATCH: length 0 */
}

static void set_method(CURL *easy, struct hop *hop)
{
	const struct http_request *request = hop->request;

	if (str_eq(request->method, "HEAD")) {
		curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (sends_body(request)) {
		curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE,
				 (curl_off_t)request->body_size);
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_send);
		curl_easy_setopt(easy, CURLOPT_READDATA, hop);
		curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, on_seek);
		curl_easy_setopt(easy, CURLOPT_SEEKDATA, hop);
		curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, BUFFER_SIZE);
	}
	curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
}

/* libcurl takes HTTP_PROXY in lower case only, as a CGI script must; others take both. */
static void set_proxy(CURL *easy, const struct url *url)
{
	const char *upper = getenv("HTTP_PROXY");

	if (url_host_is_loopback(url->host))
		curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
	else if (!url->https && !getenv("http_proxy") && !str_empty(upper) &&
		 !getenv("REQUEST_METHOD"))
		curl_easy_setopt(easy, CURLOPT_PROXY, upper);
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS,
			 (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
}

static void set_bounds(CURL *easy, int stall_sec)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_SEC);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)stall_sec);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, (long)HTTP_STALL_BYTES);
	curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, BUFFER_SIZE);
}

static void set_callbacks(CURL *easy, struct hop *hop)
{
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, hop->http->text);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, hop);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, hop);
}

DEFINE_CLEANUP(struct curl_slist *, curl_slist_free_all)
#define cleanup_slist cleanup(curl_slist_free_allp)

static void add_header(struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (longer)
		*list = longer;
}

static struct curl_slist *make_headers(const struct http_request *request,
				       bool authorized)
{
	struct curl_slist *list = NULL;

	strv_foreach (line, request->headers)
		add_header(&list, *line);
	if (authorized && request->authorization) {
		cleanup_free char *line =
			xasprintf("Authorization: %s", request->authorization);
		add_header(&list, line);
		explicit_bzero(line, strlen(line));
	}
	if (sends_body(request))
		add_header(&list, "Expect:"); /* no waiting for 100 Continue */
	return list;
}

/* One hop. The connection stays open for the next if the answer was read to its end. */
static int run_hop(struct hop *hop, const struct url *url, bool authorized)
{
	struct http *h = hop->http;
	int r = take_handle(h, hop->err);
	if (r < 0)
		return r;
	cleanup_slist struct curl_slist *headers = make_headers(hop->request, authorized);
	int stall_sec =
		hop->request->stall_sec ? hop->request->stall_sec : h->options.stall_sec;
	long status = 0;

	h->text[0] = '\0';
	curl_easy_setopt(h->easy, CURLOPT_URL, url->text);
	curl_easy_setopt(h->easy, CURLOPT_USERAGENT, USER_AGENT);
	curl_easy_setopt(h->easy, CURLOPT_HTTPHEADER, headers);
	set_protocols(h->easy);
	set_bounds(h->easy, stall_sec);
	set_callbacks(h->easy, hop);
	set_proxy(h->easy, url);
	set_method(h->easy, hop);
	r = http_trust_apply(&h->trust, h->easy, url, hop->request->tls, hop->err);
	if (r < 0)
		return r;
	CURLcode code = curl_easy_perform(h->easy);
	if (hop->result < 0)
		return hop->result;
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && hop->cut))
		return http_explain(h->easy, code, h->text, url, hop->response, hop->err);
	curl_easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	hop->response->status = (int)status;
	return 0;
}

static bool is_redirect(const struct http_request *request, int status)
{
	bool reads = str_eq(request->method, "GET") || str_eq(request->method, "HEAD");

	/* 301 to 303 may turn another method into GET: that is never what an upload wants. */
	return status == 307 || status == 308 ||
	       (reads && (status == 301 || status == 302 || status == 303));
}

static int follow(const struct http_request *request, const struct url *url,
		  const char *location, struct url *ret, struct error *err)
{
	int r = url_resolve(url, location, ret, err);

	if (r < 0)
		return error_wrap(err, "follow a redirect of %s", url->host);
	if (url->https && !ret->https && !(request->tls && request->tls->insecure)) {
		error_set(err, ERR_DENIED, 0,
			  "follow a redirect of %s: it leads from https to http at %s",
			  url->host, ret->host);
		url_release(ret);
		return error_hint(err, "if you trust that: --tls-verify=false");
	}
	return 0;
}

static void log_hop(const struct http_request *request, const struct url *url, int r,
		    int status)
{
	if (log_get_level() < LOG_LEVEL_DEBUG)
		return;
	cleanup_free char *shown = url_shown(url->text);
	log_debug("%s %s: %d", request->method, shown, r < 0 ? r : status);
}

static int follow_all(struct http *h, const struct http_request *request, struct url *url,
		      struct http_response *ret, struct error *err)
{
	cleanup_url struct url origin = {0};
	int r = url_parse(request->auth_origin ? request->auth_origin : request->url,
			  &origin, err);

	for (int n = 0; r >= 0 && n <= HTTP_REDIRECTS_MAX; n++) {
		struct hop hop = {
			.http = h, .request = request, .response = ret, .err = err};

		http_response_release(ret);
		r = run_hop(&hop, url, url_same_origin(&origin, url));
		log_hop(request, url, r, ret->status);
		const char *location = header_get(ret->headers, "location");
		if (r < 0 || !is_redirect(request, ret->status) || !location)
			return r;
		cleanup_url struct url next = {0};
		r = follow(request, url, location, &next, err);
		if (r >= 0) {
			url_release(url);
			*url = next;
			next = (struct url){0};
		}
	}
	if (r < 0)
		return r;
	error_set(err, ERR_INVALID, 0, "follow redirects of %s: there are more than %d",
		  origin.host, HTTP_REDIRECTS_MAX);
	return error_hint(err, "it is for whoever runs %s to mend that", origin.host);
}

int http_once(struct http *h, const struct http_request *request,
	      struct http_response *ret, struct error *err)
{
	cleanup_url struct url url = {0};

	*ret = (struct http_response){0};
	int r = url_parse(request->url, &url, err);
	if (r < 0)
		return r;
	r = follow_all(h, request, &url, ret, err);
	ret->url = TAKE_PTR(url.text);
	return r;
}
