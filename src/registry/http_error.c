/* SPDX-License-Identifier: Apache-2.0 */
#include "registry/http_error.h"

#include <errno.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

struct failure {
	CURL *easy;
	CURLcode code;
	const char *text; /* libcurl's, made harmless */
	const struct url *url;
	const char *host; /* host:port as a user writes it */
	struct http_response *response;
};

/* The part of libcurl's sentence that says why: behind the last colon, in lower case. */
static const char *reason(const struct failure *f)
{
	const char *colon = strrchr(f->text, ':');

	if (colon && colon[1])
		return colon + 1 + strspn(colon + 1, " ");
	return *f->text ? f->text : curl_easy_strerror(f->code);
}

static int os_errno(const struct failure *f)
{
	long code = 0;

	curl_easy_getinfo(f->easy, CURLINFO_OS_ERRNO, &code);
	return (int)code;
}

static const char *proxy_variable(const struct url *url)
{
	static const char *const https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy",
					    "ALL_PROXY", NULL};
	static const char *const http[] = {"http_proxy", "HTTP_PROXY", "all_proxy",
					   "ALL_PROXY", NULL};

	for (const char *const *name = url->https ? https : http; *name; name++)
		if (!str_empty(getenv(*name)))
			return *name;
	return NULL;
}

/* Did it fail on the way to the proxy? Then libcurl's words name the proxy's host and not the
 * registry's. */
static const char *failed_proxy(const struct failure *f)
{
	const char *variable = proxy_variable(f->url);

	return variable && *f->text && !strstr(f->text, f->url->host) ? variable : NULL;
}

static int explain_name(const struct failure *f, struct error *err)
{
	if (f->code == CURLE_COULDNT_RESOLVE_PROXY) {
		const char *variable = proxy_variable(f->url);

		error_set(err, ERR_UNAVAILABLE, 0, "find the proxy for %s: %s", f->host,
			  f->text);
		return error_hint(err, "check the variable %s",
				  variable ? variable : "https_proxy");
	}
	error_set(err, ERR_UNAVAILABLE, 0,
		  "find host %s: no such name, or no name server answers", f->url->host);
	return error_hint(err, "check the registry's name, and: getent hosts %s",
			  f->url->host);
}

static int explain_connect(const struct failure *f, struct error *err)
{
	const char *proxy = failed_proxy(f);
	int code = os_errno(f);

	f->response->unreachable = true;
	if (proxy) {
		error_set(err, ERR_UNAVAILABLE, code, "connect to the proxy for %s",
			  f->host);
		return error_hint(err,
				  "check the variable %s, or name the host in no_proxy",
				  proxy);
	}
	error_set(err, ERR_UNAVAILABLE, code ? code : EHOSTUNREACH, "connect to %s",
		  f->host);
	if (code == ECONNREFUSED)
		return error_hint(err, "check that a registry listens on port %d of %s",
				  f->url->port, f->url->host);
	f->response->transient = code == ETIMEDOUT || code == ECONNRESET;
	return -err->code;
}

static int explain_timeout(const struct failure *f, struct error *err)
{
	curl_off_t connected = 0;
	const char *proxy = proxy_variable(f->url);

	f->response->transient = true;
	curl_easy_getinfo(f->easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
	if (connected == 0) {
		error_set(err, ERR_UNAVAILABLE, ETIMEDOUT, "connect to %s", f->host);
		return proxy ? error_hint(err, "check the network, and the variable %s",
					  proxy)
			     : error_hint(err, "check the network; if only a proxy leads "
					       "out, set https_proxy");
	}
	error_set(err, ERR_UNAVAILABLE, 0, "wait for %s: no data for too long", f->host);
	return error_hint(err, "try again: what has come of a layer is kept");
}

static int explain_certificate(const struct failure *f, struct error *err)
{
	error_set(err, ERR_DENIED, 0, "verify the certificate of %s: %s", f->host,
		  reason(f));
	return error_hint(
		err,
		"put the CA's certificate into /etc/containers/certs.d/%s/ca.crt "
		"(or ~/.config/containers/certs.d), or trust it unchecked: "
		"--tls-verify=false",
		f->host);
}

static int explain_tls(const struct failure *f, struct error *err)
{
	bool alert = strstr(f->text, "alert") != NULL;

	f->response->transient = strstr(f->text, "SYSCALL") || strstr(f->text, "eof") ||
				 strstr(f->text, "reset");
	f->response->no_tls = !alert;
	bool other = strstr(f->text, "wrong version number") ||
		     strstr(f->text, "packet length too long");
	error_set(err, ERR_UNAVAILABLE, 0, "speak TLS with %s: %s", f->host,
		  other ? "what answers there is not TLS" : reason(f));
	if (strstr(f->text, "certificate required") || strstr(f->text, "bad certificate"))
		return error_hint(
			err,
			"put a client certificate into /etc/containers/certs.d/%s/ "
			"(client.cert and client.key)",
			f->host);
	if (!alert)
		return error_hint(err, "if it is a plain HTTP registry that you trust: "
				       "--tls-verify=false");
	return -EINVAL;
}

static int explain_cut(const struct failure *f, struct error *err)
{
	long proxy_status = 0;

	curl_easy_getinfo(f->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
	if (proxy_status >= 300) {
		error_set(err, ERR_UNAVAILABLE, 0, "reach %s: the proxy answers %ld (%s)",
			  f->host, proxy_status,
			  http_status_words((int)proxy_status)
				  ? http_status_words((int)proxy_status)
				  : "refused");
		return error_hint(
			err, "check the variable %s%s",
			proxy_variable(f->url) ? proxy_variable(f->url) : "https_proxy",
			proxy_status == 407 ? ": it wants user and password in its URL"
					    : "");
	}
	f->response->transient = true;
	error_set(err, ERR_UNAVAILABLE, 0, "talk to %s: the connection was cut", f->host);
	return error_hint(err,
			  "try again; if it stays so, look at the network, and at what "
			  "the registry logs");
}

static int explain(const struct failure *f, struct error *err)
{
	switch ((int)f->code) { /* int: most of the enum's values end in default */
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
		return explain_name(f, err);
	case CURLE_COULDNT_CONNECT:
		return explain_connect(f, err);
	case CURLE_OPERATION_TIMEDOUT:
		return explain_timeout(f, err);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
		return explain_certificate(f, err);
	case CURLE_SSL_CONNECT_ERROR:
		return explain_tls(f, err);
	case CURLE_SSL_CERTPROBLEM:
		error_set(err, ERR_INVALID, 0, "use the client certificate for %s: %s",
			  f->host, reason(f));
		return error_hint(err, "look at /etc/containers/certs.d/%s/", f->host);
	case CURLE_SSL_CACERT_BADFILE:
		error_set(err, ERR_INVALID, 0, "read the CA certificates for %s: %s",
			  f->host, reason(f));
		return error_hint(err,
				  "look at /etc/containers/certs.d/%s/, and: "
				  "update-ca-certificates",
				  f->host);
	case CURLE_GOT_NOTHING:
	case CURLE_RECV_ERROR:
	case CURLE_SEND_ERROR:
	case CURLE_PARTIAL_FILE:
	case CURLE_SEND_FAIL_REWIND:
		return explain_cut(f, err);
	case CURLE_OUT_OF_MEMORY:
		return error_set(err, ERR_SYSTEM, ENOMEM, "talk to %s", f->host);
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_UNSUPPORTED_PROTOCOL:
		error_set(err, ERR_INVALID, EPROTO, "talk to %s: it does not speak HTTP",
			  f->host);
		return error_hint(err, "check that a registry listens on port %d of %s",
				  f->url->port, f->url->host);
	default:
		return error_set(err, ERR_UNAVAILABLE, EPROTO, "talk to %s: %s", f->host,
				 reason(f));
	}
}

int http_explain(CURL *easy, CURLcode code, const char *text, const struct url *url,
		 struct http_response *response, struct error *err)
{
	cleanup_free char *visible = str_visible(text, "");
	cleanup_free char *host = url_host_port(url);
	struct failure f = {easy, code, visible, url, host, response};

	return explain(&f, err);
}
