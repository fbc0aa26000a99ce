/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/send_table.h"

#include <fcntl.h>
#include <string.h>

#include "util/fs.h"
#include "util/str.h"

#define V struct send_values

const struct option_spec send_table[] = {
	OPT_STRING(V, compression, "compression-format", 0, "FORMAT",
		   "gzip or zstd (default: layers stay as they are, tars become gzip)"),
	OPT_I64(V, compression_level, "compression-level", 0, "N",
		"how hard to compress: gzip 1 to 9, zstd 1 to 20", .max = 20),
	OPT_BOOL(V, force_compression, "force-compression", 0,
		 "compress anew what is compressed otherwise"),
	OPT_STRING(V, digest_file, "digestfile", 0, "FILE",
		   "write the manifest's digest to a file"),
	OPT_STRING(V, format, "format", 'f', "FORMAT",
		   "manifests of this kind: oci or v2s2 (default: as they are)"),
	OPT_BOOL(V, quiet, "quiet", 'q', "say nothing meanwhile"),
	/* there are never any signatures to be sent */
	OPT_BOOL(V, remove_signatures, "remove-signatures", 0, "send no signatures",
		 .hidden = true),
	OPT_BOOL(V, content_trust, "disable-content-trust", 0, "Docker's, without effect",
		 .hidden = true),
	OPT_NOT_YET("compress", 0),
	OPT_NOT_YET("encrypt-layer", 0),
	OPT_NOT_YET("encryption-key", 0),
	OPT_NOT_YET("sign-by", 0),
	OPT_NOT_YET("sign-by-sigstore", 0),
	OPT_NOT_YET("sign-by-sigstore-private-key", 0),
	OPT_NOT_YET("sign-passphrase-file", 0),
	OPT_NOT_YET("signature-policy", 0),
	OPT_END,
};

void send_values_defaults(struct send_values *v)
{
	v->compression_level = -1;
}

static int check_word(const char *option, const char *value, const char *const *words,
		      struct error *err)
{
	cleanup_free char *list = NULL;

	if (!value || strv_has((char *const *)words, value))
		return 0;
	list = strv_join((char *const *)words, ", ");
	error_set(err, ERR_INVALID, 0, "%s %s: unknown", option, value);
	return error_hint(err, "There are %s", list);
}

int send_values_fill(const struct send_values *v, struct transfer_send *ret,
		     struct error *err)
{
	static const char *const compressions[] = {"gzip", "zstd", NULL};
	static const char *const formats[] = {"oci", "v2s2", NULL};
	int r = check_word("--compression-format", v->compression, compressions, err);

	if (r >= 0)
		r = check_word("--format", v->format, formats, err);
	if (r < 0)
		return r;
	if (str_eq(v->compression, "gzip") && v->compression_level > 9)
		return error_set(err, ERR_INVALID, 0,
				 "--compression-level: gzip has levels up to 9");
	ret->compression = (char *)v->compression;
	ret->compression_level = v->compression_level;
	ret->force_compression = v->force_compression;
	ret->format = (char *)v->format;
	return 0;
}

int send_write_digest(const struct send_values *v, const char *digest, struct error *err)
{
	int r;

	if (!v->digest_file || !digest)
		return 0;
	r = fs_write_atomic(AT_FDCWD, v->digest_file, digest, strlen(digest), 0644, 0,
			    err);
	return r < 0 ? error_wrap(err, "--digestfile") : 0;
}
