/* mail_facts: facts from a message's header, for the incident and the notice.
 *
 * mail_facts_field takes the fields of a header in order (mail/mail_header). It collects the facts, decoded
 * for display, and the fields that are copied into the notice. Of several fields with one name the first
 * valid one counts; only of Received all count.
 *
 * A field is copied unchanged if all mail readers parse it alike: ASCII without controls, no line over 998
 * octets, no line of white space alone (RFC 5322 2.1.1, 3.2.2), and closed quotes and brackets in From, To
 * and Cc. Raw 8-bit bytes in these three become encoded words. A field that does not qualify is left out. If
 * the fields do not fit, Received fields are removed from the middle: the newest and the oldest are the most
 * useful. */
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
