/* p3scan: parser of unmodified P3Scan configuration files, releases 2.x and 3.0 [C2].
 *
 * A line is `key = value`, `key value`, or a bare flag; comments (#, ;, //, or a block of C) are on lines of
 * their own. Settings have P3Scan's meaning: TLS is blocked (tls = block), TOP is offered only with
 * enabletop, the pattern for virus names is ungreedy. A key without a counterpart is reported by a warning
 * that names the replacement; an unknown key is a warning, too. Text that is not UTF-8 is read as ISO-8859-1.
 */
#ifndef POSTERN_CONF_P3SCAN_H
#define POSTERN_CONF_P3SCAN_H

#include "conf/reading.h"

/* True if the text begins with a key and not with a [section]. */
bool p3scan_detect(struct span text);
void p3scan_read(struct reading *reading, struct span text);

#endif
