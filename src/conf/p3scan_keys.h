/* p3scan_keys: each key of P3Scan's, with what becomes of it: a setting of ours, a part of one that the last
 * line completes, or a warning that says what replaces it. */
#ifndef POSTERN_CONF_P3SCAN_KEYS_H
#define POSTERN_CONF_P3SCAN_KEYS_H

#include "conf/reading.h"

/* What is put together from several keys, after the last line; empty: not set. */
struct p3scan_parts {
    struct buf ip, port, target_ip, target_port, type, scanner;
    struct reading_place listen_at, target_at, target_port_at, engine_at, scanner_at, level_at;
    struct reading_place comment_at; /* where the block comment that is being skipped began; line 0: none */
    bool debug, quiet;
};

void p3scan_take(struct reading *reading, struct p3scan_parts *parts, struct span name, struct span value);

#endif
