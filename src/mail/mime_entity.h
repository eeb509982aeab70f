/* mime_entity: the header of a part, read as any mail program may read it.
 *
 * Mail programs differ about which of two fields counts, where a header ends, and what a malformed value
 * means. Therefore mime_entity_read collects what any field says, and each place where the body may begin.
 * Only letters and digits of values are compared ("base-64" and a folded "ba se64" mean base64), with and
 * without comments in parentheses. */
#ifndef POSTERN_MAIL_MIME_ENTITY_H
#define POSTERN_MAIL_MIME_ENTITY_H

#include "base/span.h"

enum {
    MIME_ENTITY_BODIES_MAX = 5,
};

struct mime_entity {
    bool is_base64, is_quoted_printable, is_uuencoded; /* all true, if an encoding is unknown */
    bool is_utf16, is_utf7;                            /* by a charset parameter */
    bool is_external;                                  /* message/external-body: the content is elsewhere */
    bool is_tnef;                                      /* application/ms-tnef or application/vnd.ms-tnef */
    bool is_named;                                     /* it has a name, or is an attachment */
    /* The rest of the text, from each place where the body may begin. The last element is where the next part
     * may begin. */
    struct span bodies[MIME_ENTITY_BODIES_MAX];
    size_t body_count;
};

/* Skips a byte order mark, blanks and control characters before a first field, but no line end. */
struct span mime_entity_skip_marks(struct span text);
/* Reads the header at the beginning of the text. Empty lines, such marks, and mbox "From " lines before it
 * are skipped. */
void mime_entity_read(struct mime_entity *entity, struct span text);
/* Does the line begin a field of MIME, such as "Content-Type : "? In an overlong line, the field may stand
 * anywhere. */
bool mime_entity_is_field(struct span line);

#endif
