/* p3scan: parser of unmodified P3Scan configuration files, releases 2.x and 3.0 [C2].
 *
 * A line is `key = value`, `key value`, or a bare flag; comments (#, ;, //, or a block of C) are on lines of
 * their own. Settings have P3Scan's meaning: TLS is blocked (tls = block), TOP is offered only with
 * enabletop, the pattern for virus names is ungreedy. For a key without a counterpart there is a warning that
 * names the replacement or the reason; an unknown key is also only a warning. Text that is not UTF-8 is read
 * as ISO-8859-1. */
#ifndef POSTERN_CONF_P3SCAN_H
#define POSTERN_CONF_P3SCAN_H

#include "conf/reading.h"

/* True if the first line that is neither empty nor a # comment does not begin a [section]. */
bool p3scan_detect(struct span text);
void p3scan_read(struct reading *reading, struct span text);

#endif
