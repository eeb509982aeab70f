/* mime_opaque: decoded content that Postern must examine itself, because engines read it in different ways or
 * report encrypted content as clean: TNEF, OpenPGP, S/MIME, RAR, and the compound files of Office. */
#ifndef POSTERN_MAIL_MIME_OPAQUE_H
#define POSTERN_MAIL_MIME_OPAQUE_H

#include "base/span.h"

enum { MIME_OPAQUE_OCTETS = 9 }; /* the first ones suffice */

bool mime_opaque_starts(struct span content);
/* Does the text contain the armor of an OpenPGP message? */
bool mime_opaque_is_within(struct span text);

#endif
