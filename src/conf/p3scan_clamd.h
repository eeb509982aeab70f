/* p3scan_clamd: finds the clamd that a P3Scan setting `scanner = clamdscan ...` uses. */
#ifndef POSTERN_CONF_P3SCAN_CLAMD_H
#define POSTERN_CONF_P3SCAN_CLAMD_H

#include "conf/reading.h"

/* Appends the address of clamd: LocalSocket, or else TCPAddr and TCPSocket, of clamd's configuration file.
 * That file is given by clamdscan's --config-file or -c; otherwise it is Debian's default file. If the file
 * has no address or cannot be read, appends the default of [clamd] socket. */
void p3scan_clamd_socket(const struct reading *reading, struct span scanner, struct buf *out);

#endif
