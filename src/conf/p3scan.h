/* p3scan: the reader of P3Scan's configuration files, of its releases 2.x and 3.0, as they are [C2].
 *
 * A line is `key = value`, `key value`, or a bare flag; comments (#, ;, //, or a block of C) stand on lines
 * of their own. What such a file is for is done as P3Scan did it: TLS is kept out (tls = block), TOP is
 * offered only with enabletop, the pattern for virus names is ungreedy. A key whose purpose has gone is
 * answered by a warning that says what replaces it; an unknown key is a warning too. Text that is not UTF-8
 * is taken for ISO-8859-1. */
#ifndef POSTERN_CONF_P3SCAN_H
#define POSTERN_CONF_P3SCAN_H

#include "conf/reading.h"

/* No [section] stands before the first key. */
bool p3scan_is(struct span text);
void p3scan_read(struct reading *reading, struct span text);

#endif
