/* leaf_store: keeps the leaves in a directory, so that a server's certificate is replaced by the same leaf in
 * all relays and after each restart. Clients that remember a certificate then see no change.
 *
 * A leaf is found by the authority and the leaf key, the kind, the fingerprint of the server's certificate,
 * and the set of names. Therefore, when the authority is renewed, the leaves are made anew. A file is on disk
 * completely or not at all, and has a checksum. There are at most LEAF_STORE_MAX files. If one more is to be
 * stored, the one that was least recently used is removed. */
#ifndef POSTERN_X509_LEAF_STORE_H
#define POSTERN_X509_LEAF_STORE_H

#include "x509/leaf.h"

enum { LEAF_STORE_MAX = 20000 };

struct leaf_store;

/* Removes leaves of other authorities, the leaves that leaf_store_expire removes, and files with a damaged
 * head. The directory is borrowed. NULL: *error has the reason. */
struct leaf_store *leaf_store_new(int directory, const struct authority *authority, int64_t now_s,
                                  struct buf *error);
void leaf_store_free(struct leaf_store **store);

/* Finds a leaf for the request. Returns its size; 0: there is none, or its dates do not fit. If its dates
 * were shortened, a leaf does not fit in the last 30 days before its end, so that a new one is made. */
size_t leaf_store_find(struct leaf_store *store, const struct leaf_request *request, int64_t now_s,
                       uint8_t *der, size_t capacity);
/* Stores a leaf that leaf_mint has made for the request. If another process has stored a fitting one
 * meanwhile, writes that one to `der`, and returns its size. Otherwise returns the size of the given one.
 * Sets *is_kept to false if neither is stored; errno has the reason. */
size_t leaf_store_add(struct leaf_store *store, const struct leaf_request *request,
                      const struct leaf_made *made, int64_t now_s, uint8_t *der, size_t capacity,
                      bool *is_kept);
/* Removes the leaves that have expired and were made more than 30 days ago. */
void leaf_store_expire(struct leaf_store *store, int64_t now_s);
size_t leaf_store_count(const struct leaf_store *store);

#endif
