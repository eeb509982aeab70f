/* mail_facts: facts from a message's header, for the incident and the notice.
 *
 * mail_facts_field takes the fields of a header in order (mail/mail_header). It collects the facts, decoded
 * for display, and the fields that are copied into the notice. If several fields have the same name, the
 * first valid one counts. Of Received, all count.
 *
 * A field is copied only if all mail readers parse it alike. It must be ASCII without controls, without lines
 * of more than 998 octets, and without lines of only white space (RFC 5322 2.1.1, 3.2.2). In From, To and Cc,
 * quotes and brackets must be closed. Raw 8-bit bytes in these three are replaced by encoded words. A field
 * that does not meet these conditions is left out.
 *
 * If the fields do not fit, Received fields are removed from the middle, because the newest and the oldest
 * are the most useful. */
#ifndef POSTERN_CORE_MAIL_FACTS_H
#define POSTERN_CORE_MAIL_FACTS_H

#include "core/incident.h"
#include "mail/mail_header.h"

enum { MAIL_FACTS_FIELDS_MAX = 72 };

struct mail_facts_reader {
    struct mail_facts *facts;
    struct kept_header *kept;
    unsigned field_count;
    struct {
        uint16_t length;
        uint8_t kind;
    } fields[MAIL_FACTS_FIELDS_MAX]; /* the fields in kept, in order */
};

/* Empties facts and kept, which must outlive the reader. */
void mail_facts_init(struct mail_facts_reader *reader, struct mail_facts *facts, struct kept_header *kept);
void mail_facts_field(struct mail_facts_reader *reader, const struct mail_field *field);

#endif
