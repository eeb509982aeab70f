/* partial: is a message one of several that a mail reader puts together again (RFC 2046 5.2.2)?
 *
 * What is in the pieces shows only when they are joined, after each has been scanned alone; libclamav says
 * clean to every one of them. The message's own header is looked at, every Content-Type of it, for readers
 * differ in which of two they believe. */
#ifndef POSTERN_CLAMAV_PARTIAL_H
#define POSTERN_CLAMAV_PARTIAL_H

#include <stdbool.h>

enum { PARTIAL_HEADER_MAX = 1024 * 1024 }; /* octets of a header that are looked at */

bool partial_is(int fd);

#endif
