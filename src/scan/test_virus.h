/* test_virus: the EICAR test virus, and mails to test an engine with.
 *
 * The virus must not appear whole in any file, or virus scanners would report that file: it is assembled here
 * each time it is needed. Pure. */
#ifndef POSTERN_SCAN_TEST_VIRUS_H
#define POSTERN_SCAN_TEST_VIRUS_H

#include "base/buf.h"

/* Appends its 68 bytes. */
void test_virus_add(struct buf *out);
/* Appends a mail with `content` as its only part, a base64 attachment. `id` makes its header unique. */
void test_virus_add_mail(struct buf *out, struct span content, const char *id);
/* Appends a mail that every engine should call clean. */
void test_virus_add_harmless(struct buf *out, const char *id);

#endif
