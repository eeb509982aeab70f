/* p3scan_keys: the keys of P3Scan. Some keys set a setting. Some contain a part of a setting; that setting is
 * composed after the last line was read. The other keys cause a warning that names the replacement or the
 * reason. */
#ifndef POSTERN_CONF_P3SCAN_KEYS_H
#define POSTERN_CONF_P3SCAN_KEYS_H

#include "conf/reading.h"

/* Values from which settings are composed after the last line; empty: not given. */
struct p3scan_parts {
    struct buf ip, port, target_ip, target_port, type, scanner;
    struct reading_place listen_at, target_at, engine_at, scanner_at, level_at;
    struct reading_place comment_at; /* start of the block comment that is being skipped; line 0: none */
    bool debug, quiet;
};

void p3scan_take(struct reading *reading, struct p3scan_parts *parts, struct span name, struct span value);

#endif
