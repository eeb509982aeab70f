/* p3scan_clamd: where the clamd listens that a `scanner = clamdscan ...` of P3Scan's would have asked. */
#ifndef POSTERN_CONF_P3SCAN_CLAMD_H
#define POSTERN_CONF_P3SCAN_CLAMD_H

#include "conf/reading.h"

/* Appends LocalSocket, or TCPAddr and TCPSocket, of the file that clamdscan's --config-file or -c names, or
 * of Debian's; the default of [clamd] socket where that cannot be read. */
void p3scan_clamd_socket(const struct reading *reading, struct span scanner, struct buf *out);

#endif
