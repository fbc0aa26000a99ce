/* SPDX-License-Identifier: Apache-2.0 */
#include "image/hash.h"

#include <openssl/evp.h>
#include <string.h>

#include "util/mem.h"
#include "util/str.h"

struct hash {
	EVP_MD_CTX *context;
	const EVP_MD *algorithm;
	const char *prefix;
	bool failed;
};

int hash_new(const char *digest, struct hash **ret, struct error *err)
{
	cleanup_hash struct hash *h = xcalloc(1, sizeof(*h));

	if (!digest || str_starts(digest, "sha256:")) {
		h->algorithm = EVP_sha256();
		h->prefix = "sha256:";
	} else if (str_starts(digest, "sha512:")) {
		h->algorithm = EVP_sha512();
		h->prefix = "sha512:";
	} else {
		return error_set(err, ERR_UNSUPPORTED, 0,
				 "compute the digest %.20s...: neither sha256 nor sha512",
				 digest);
	}
	h->context = EVP_MD_CTX_new();
	if (!h->context || EVP_DigestInit_ex(h->context, h->algorithm, NULL) != 1)
		return error_set(err, ERR_UNSUPPORTED, 0, "OpenSSL refuses %.6s",
				 h->prefix);
	*ret = TAKE_PTR(h);
	return 0;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	if (EVP_DigestUpdate(h->context, data, len) != 1)
		h->failed = true;
}

int hash_end(struct hash *h, char ret[static DIGEST_TEXT_MAX], struct error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char value[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	size_t at = strlen(h->prefix);

	if (EVP_DigestFinal_ex(h->context, value, &len) != 1 ||
	    at + 2 * (size_t)len + 1 > DIGEST_TEXT_MAX ||
	    EVP_DigestInit_ex(h->context, h->algorithm, NULL) != 1)
		h->failed = true;
	if (h->failed)
		return error_set(err, ERR_SYSTEM, EIO, "OpenSSL fails in %.6s",
				 h->prefix);
	memcpy(ret, h->prefix, at);
	for (unsigned int i = 0; i < len; i++) {
		ret[at++] = digits[value[i] >> 4];
		ret[at++] = digits[value[i] & 15];
	}
	ret[at] = '\0';
	return 0;
}

void hash_free(struct hash *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->context);
	free(h);
}

int hash_text(const void *data, size_t len, char **ret, struct error *err)
{
	cleanup_hash struct hash *h = NULL;
	char text[DIGEST_TEXT_MAX];
	int r = hash_new(NULL, &h, err);

	if (r < 0)
		return r;
	hash_add(h, data, len);
	r = hash_end(h, text, err);
	if (r < 0)
		return r;
	*ret = xstrdup(text);
	return 0;
}
