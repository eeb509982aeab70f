/* p3scan_clamd: finds the clamd that a P3Scan setting `scanner = clamdscan ...` uses. */
#ifndef POSTERN_CONF_P3SCAN_CLAMD_H
#define POSTERN_CONF_P3SCAN_CLAMD_H

#include "conf/reading.h"

/* Appends LocalSocket, or TCPAddr and TCPSocket, of the file given by clamdscan's --config-file or -c, or of
 * Debian's default file. Appends the default of [clamd] socket if the file names none or cannot be read. */
void p3scan_clamd_socket(const struct reading *reading, struct span scanner, struct buf *out);

#endif
