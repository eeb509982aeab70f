/* test_virus: the EICAR test virus, and mails to test an engine.
 *
 * No file of the project contains the whole virus, because virus scanners would report the file: the virus is
 * assembled here each time it is needed. Pure. */
#ifndef POSTERN_SCAN_TEST_VIRUS_H
#define POSTERN_SCAN_TEST_VIRUS_H

#include "base/buf.h"

/* Appends the 68 bytes of the virus. */
void test_virus_add(struct buf *out);
/* Appends a mail whose only part is `content`, a base64 attachment. `id` makes the header unique. */
void test_virus_add_mail(struct buf *out, struct span content, const char *id);
/* Appends a mail that every engine should call clean. */
void test_virus_add_harmless(struct buf *out, const char *id);

#endif
