#include "x509/leaf_store.h"

#include "sys/durable.h"
#include "x509/certificate.h"
#include "x509/leaf_file.h"
#include "x509/leaf_key.h"

#include <errno.h>
#include <stdlib.h>

#define DAY_S INT64_C(86400)
/* RENEW_DAYS: a leaf whose dates were shortened is made anew if it ends within this time. KEEP_DAYS: a leaf
 * is kept for at least this time after it was made, even if it had already expired then, like the server's
 * certificate. */
enum { RENEW_DAYS = 30, KEEP_DAYS = 30 };

struct entry {
    char name[DURABLE_NAME_SIZE];
    int64_t keep_until_s;
    uint64_t used; /* value of leaf_store.uses at the last use */
};

struct leaf_store {
    int directory;
    struct digest authorities[LEAF_KINDS];
    int64_t last_s[LEAF_KINDS]; /* when the certificates of the authorities expire */
    struct entry *entries;
    size_t n, capacity;
    uint64_t uses;
};

static struct entry *entry_of(struct leaf_store *store, const char *name)
{
    for (size_t i = 0; i < store->n; i++)
        if (strcmp(store->entries[i].name, name) == 0)
            return &store->entries[i];
    return NULL;
}

static void remove_entry(struct leaf_store *store, struct entry *entry)
{
    durable_remove(store->directory, entry->name);
    *entry = store->entries[--store->n];
}

static void remove_least_used(struct leaf_store *store)
{
    struct entry *least = &store->entries[0];

    for (size_t i = 1; i < store->n; i++)
        if (store->entries[i].used < least->used)
            least = &store->entries[i];
    remove_entry(store, least);
}

static struct entry *add_entry(struct leaf_store *store, const char *name)
{
    struct entry *entry;

    if (store->n == LEAF_STORE_MAX)
        remove_least_used(store);
    if (store->n == store->capacity) {
        store->capacity = store->capacity ? store->capacity * 2 : 64;
        store->entries = mem_grow(store->entries, store->capacity, sizeof *store->entries);
    }
    entry = &store->entries[store->n++];
    *entry = (struct entry){0};
    memcpy(entry->name, name, strlen(name) + 1);
    return entry;
}

static int64_t keep_until_s(const struct leaf_head *head)
{
    int64_t made = head->made_s + KEEP_DAYS * DAY_S;

    return head->not_after_s > made ? head->not_after_s : made;
}

static void note_use(struct leaf_store *store, const char *name, const struct leaf_head *head)
{
    struct entry *entry = entry_of(store, name);

    if (!entry)
        entry = add_entry(store, name);
    entry->keep_until_s = keep_until_s(head);
    entry->used = ++store->uses;
}

static bool is_of_authority(const struct leaf_store *store, const struct digest *authority)
{
    for (size_t i = 0; i < LEAF_KINDS; i++)
        if (memcmp(authority, &store->authorities[i], sizeof *authority) == 0)
            return true;
    return false;
}

/* Takes one file of the directory. Removes a file that a killed writer has left under a temporary name.
 * Leaves files with other foreign names alone. */
static void take_file(struct leaf_store *store, const char *name)
{
    struct leaf_head head;

    if (strlen(name) == DURABLE_HEX_SIZE - 1)
        durable_remove(store->directory, name);
    if (!leaf_file_is_name(name))
        return;
    if (leaf_file_read_head(store->directory, name, &head) && is_of_authority(store, &head.authority))
        add_entry(store, name)->keep_until_s = keep_until_s(&head);
    else
        durable_remove(store->directory, name);
}

static bool take_files(struct leaf_store *store, struct buf *error)
{
    struct durable_names names;

    if (!durable_list(store->directory, &names))
        return durable_fail(error, "listing the leaves");
    for (size_t i = 0; i < names.n; i++)
        take_file(store, names.at[i]);
    durable_names_fini(&names);
    return true;
}

struct leaf_store *leaf_store_new(int directory, const struct authority *authority, int64_t now_s,
                                  struct buf *error)
{
    struct leaf_store *store = mem_alloc_zero(sizeof *store);

    store->directory = directory;
    for (enum leaf_kind kind = 0; kind < LEAF_KINDS; kind++) {
        leaf_key_authority(authority, kind, &store->authorities[kind]);
        store->last_s[kind] = certificate_not_after_s(authority_certificate(authority, kind));
    }
    if (take_files(store, error))
        leaf_store_expire(store, now_s);
    else
        leaf_store_free(&store);
    return store;
}

void leaf_store_free(struct leaf_store **owned)
{
    struct leaf_store *store = *owned;

    *owned = NULL;
    if (!store)
        return;
    free(store->entries);
    free(store);
}

/* Returns whether leaf_request_set_dates has shortened the dates. Shortened dates depend on the time of the
 * request. */
static bool has_shortened_dates(const struct leaf_request *request, int64_t now_s)
{
    return request->not_after_s - request->not_before_s >= LEAF_DAYS_MAX * DAY_S ||
           request->not_after_s > now_s + (LEAF_DAYS_MAX - 1) * DAY_S;
}

/* Returns whether the dates of a stored leaf fit the request. Shortened dates may differ. Other dates must be
 * equal, because a leaf with other dates may have been made for a forged request. */
static bool fits(const struct leaf_store *store, const struct leaf_head *head,
                 const struct leaf_request *request, int64_t now_s)
{
    int64_t last_s = store->last_s[request->kind];
    int64_t wanted_s = request->not_after_s < last_s ? request->not_after_s : last_s;

    if (!has_shortened_dates(request, now_s))
        return head->not_after_s == wanted_s && head->not_before_s == request->not_before_s;
    return head->not_after_s <= wanted_s + DAY_S && head->not_before_s <= request->not_before_s + DAY_S &&
           (head->not_after_s >= wanted_s || head->not_after_s > now_s + RENEW_DAYS * DAY_S);
}

/* Reads the leaf of this key. False: there is none, it is damaged, or its dates do not fit. */
static bool read_fitting(struct leaf_store *store, const struct digest *key,
                         const struct leaf_request *request, int64_t now_s, struct leaf_head *head,
                         uint8_t *der)
{
    char name[DURABLE_NAME_SIZE];

    leaf_file_name(key, name);
    return leaf_file_read(store->directory, name, head, der) && memcmp(&head->key, key, sizeof *key) == 0 &&
           fits(store, head, request, now_s);
}

size_t leaf_store_find(struct leaf_store *store, const struct leaf_request *request, int64_t now_s,
                       uint8_t *der, size_t capacity)
{
    uint8_t found[LEAF_DER_MAX];
    char name[DURABLE_NAME_SIZE];
    struct leaf_head head;
    struct digest key;

    leaf_key_of(&store->authorities[request->kind], request, &key);
    if (!read_fitting(store, &key, request, now_s, &head, found) || head.size > capacity)
        return 0;
    memcpy(der, found, head.size);
    leaf_file_name(&key, name);
    note_use(store, name, &head);
    return head.size;
}

size_t leaf_store_add(struct leaf_store *store, const struct leaf_request *request,
                      const struct leaf_made *made, int64_t now_s, uint8_t *der, size_t capacity,
                      bool *is_kept)
{
    struct leaf_head head = {.not_before_s = request->not_before_s,
                             .not_after_s = made->not_after_s,
                             .made_s = now_s,
                             .size = made->size};
    char name[DURABLE_NAME_SIZE];
    size_t other;

    head.authority = store->authorities[request->kind];
    leaf_key_of(&head.authority, request, &head.key);
    leaf_file_name(&head.key, name);
    *is_kept = leaf_file_write(store->directory, name, &head, der, false);
    if (!*is_kept && errno == EEXIST) {
        other = leaf_store_find(store, request, now_s, der, capacity);
        *is_kept = other > 0 || leaf_file_write(store->directory, name, &head, der, true);
        if (other)
            return other;
    }
    if (*is_kept)
        note_use(store, name, &head);
    return made->size;
}

void leaf_store_expire(struct leaf_store *store, int64_t now_s)
{
    for (size_t i = store->n; i-- > 0;)
        if (store->entries[i].keep_until_s < now_s)
            remove_entry(store, &store->entries[i]);
}

size_t leaf_store_count(const struct leaf_store *store)
{
    return store->n;
}
