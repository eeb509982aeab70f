/* known_verdicts: the verdicts that the scan process remembers, and the table in which relays look them up
 * (scan/verdict_cache, scan/verdict_table). */
#ifndef POSTERN_SCAN_KNOWN_VERDICTS_H
#define POSTERN_SCAN_KNOWN_VERDICTS_H

#include "base/digest_map.h"
#include "core/message_kind.h"
#include "core/verdict.h"

struct known_verdicts;

/* Identifies a message by its content. */
struct known_message {
    enum message_kind kind;
    struct digest digest;
    uint64_t fingerprint; /* sys/message_hash */
    uint64_t epoch;       /* the value of known_verdicts_epoch when the request arrived */
};

/* Sets digest and fingerprint. The message is in the file fd. */
void known_message_set(struct known_message *message, const struct digest *digest, int fd, uint64_t size);

/* If no table can be made, logs an error: relays will then send a request for every message. */
struct known_verdicts *known_verdicts_new(uint32_t entries);
void known_verdicts_free(struct known_verdicts **known);
/* Returns a number that known_verdicts_clear changes. */
uint64_t known_verdicts_epoch(const struct known_verdicts *known);
/* True: the verdict is known. It is then also published in the table again. */
bool known_verdicts_get(struct known_verdicts *known, const struct known_message *message,
                        struct verdict *verdict);
/* Remembers and publishes the verdict if it is lasting, and known_verdicts_clear was not called since the
 * request arrived. */
void known_verdicts_put(struct known_verdicts *known, const struct known_message *message,
                        const struct verdict *verdict);
void known_verdicts_clear(struct known_verdicts *known);
/* Returns the descriptor of the table, and sets *entries to the table's number of entries. -1: there is no
 * table. */
int known_verdicts_table(const struct known_verdicts *known, uint32_t *entries);

#endif
