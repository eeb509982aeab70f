/* p3scan: parser of unmodified P3Scan configuration files, releases 2.x and 3.0 [C2].
 *
 * A line is `key = value`, `key value`, or a bare flag. Comments are on lines of their own. They begin with
 * #, ; or //, or are block comments as in C. Settings have P3Scan's meaning: TLS is blocked (tls = block),
 * TOP is offered only with enabletop, and the pattern for virus names is ungreedy. A key without a
 * counterpart causes a warning that names the replacement or the reason. An unknown key also causes only a
 * warning. Text that is not UTF-8 is read as ISO-8859-1. */
#ifndef POSTERN_CONF_P3SCAN_H
#define POSTERN_CONF_P3SCAN_H

#include "conf/reading.h"

/* Returns whether the first line does not begin with [. Empty lines and # comments do not count as lines
 * here. False if there is no line. */
bool p3scan_detect(struct span text);
void p3scan_read(struct reading *reading, struct span text);

#endif
