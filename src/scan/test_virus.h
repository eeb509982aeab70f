/* test_virus: the test virus of EICAR, and mail to show to an engine.
 *
 * The virus must not stand whole in any file, or virus scanners would take that file for one: it is put
 * together here each time it is needed. Pure. */
#ifndef POSTERN_SCAN_TEST_VIRUS_H
#define POSTERN_SCAN_TEST_VIRUS_H

#include "base/buf.h"

/* Its 68 bytes. */
void test_virus_add(struct buf *out);
/* A mail with `content` as its only part, an attachment in base64. `id` makes its header differ from others.
 */
void test_virus_add_mail(struct buf *out, struct span content, const char *id);
/* A mail that any engine should call clean. */
void test_virus_add_harmless(struct buf *out, const char *id);

#endif
