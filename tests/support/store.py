# SPDX-License-Identifier: Apache-2.0
"""Cubby's store of images as it lies on the disk, looked at from outside: docs/design/images.md.

    store = Store(cubby.data)
    store.check()                       # nothing in it is wrong, whatever has happened
    store.check_clean(cubby)            # ... and nothing is left over
    store.blobs, store.layers, store.left_over, store.partial
"""

import contextlib
import hashlib
import os
import re
import sqlite3

# What `cubby system check` may find though nothing is wrong: the work of a pull that did not come
# to its end, which the next one uses.
REUSABLE = re.compile(r"\d+ (blobs? that no image needs|layers? that no image needs"
                      r"|downloads? that (was|were) cut off)")


class Store:
    def __init__(self, data):
        self.data = data

    def path(self, *names):
        return os.path.join(self.data, *names)

    def _list(self, *names):
        try:
            return sorted(os.listdir(self.path(*names)))
        except FileNotFoundError:
            return []

    @property
    def blobs(self):
        """Digests of the complete ones."""
        return {"sha256:" + n for n in self._list("blobs", "sha256")}

    @property
    def partial(self):
        """Digests of those on their way or cut off."""
        return {"sha256:" + n for n in self._list("blobs", "partial")}

    @property
    def layers(self):
        """Chain ids of the unpacked ones (".single" behind it: with one owner)."""
        return {"sha256:" + n for n in self._list("layers") if n != "lock" and n[0] != "."}

    @property
    def left_over(self):
        """Names of directories that are on their way in or out."""
        return [n for n in self._list("layers") if n[0] == "."]

    def blob(self, digest, where="sha256"):
        with open(self.path("blobs", where, digest[7:]), "rb") as f:
            return f.read()

    def _query(self, text):
        path = self.path("cubby.db")
        if not os.path.exists(path):
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)) as db:
            return db.execute(text).fetchall()

    def check_blobs(self, known=()):
        """Every blob is what its name says; a part is the beginning of one of the `known`."""
        for digest in self.blobs:
            assert "sha256:" + hashlib.sha256(self.blob(digest)).hexdigest() == digest
        by_digest = {"sha256:" + hashlib.sha256(b).hexdigest(): b for b in known}
        for digest in self.partial if known else ():
            assert by_digest[digest].startswith(self.blob(digest, "partial")), digest

    def check_records(self):
        """Layers on record have directories and those with a name are on record; images have all
        that they are made of."""
        layers = {chain + (".single" if single else "")
                  for chain, single in self._query("SELECT chain, single_id FROM layer")}
        assert layers == self.layers
        plain = {name.removesuffix(".single") for name in layers}
        for table, column, there in (("image_layer", "chain", plain), ("image_blob", "digest", self.blobs)):
            wanted = {row[0] for row in self._query(f"SELECT {column} FROM {table}")}
            assert wanted <= there, f"{table}: {wanted - there} missing"
        ids = {row[0] for row in self._query("SELECT id FROM image")}
        assert {row[0] for row in self._query("SELECT image FROM image_name")} <= ids
        assert {row[0] for row in self._query("SELECT image FROM image_layer")} <= ids

    def check(self, known=()):
        self.check_blobs(known)
        self.check_records()
        assert self.left_over == []

    def check_clean(self, cubby):
        """Nothing but what the images on record need, by cubby's own judgement too."""
        self.check()
        assert self.partial == set()
        done = cubby("system", "check")
        assert (done.code, done.stdout) == (0, ""), done

    def check_reusable(self, cubby, known=()):
        """Nothing but what the images on record need, or the next pull can use."""
        self.check(known)
        for line in cubby("system", "check").lines:
            assert REUSABLE.fullmatch(line), line
