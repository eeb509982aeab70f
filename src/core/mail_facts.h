/* mail_facts: facts from a message's header, for the incident and the notice.
 *
 * It is given the fields of a header in order (mail/mail_header) and fills in the facts, decoded for display,
 * and the fields that are copied into the notice. Of From, To, Cc, Date, Return-Path and the fields of the
 * facts the first one counts.
 *
 * A field is copied unchanged if all mail readers parse it alike: ASCII without controls, no line over 998
 * octets, no line of white space alone (RFC 5322 2.1.1, 3.2.2), and closed quotes and brackets in From, To
 * and Cc. Raw 8-bit bytes in these three become encoded words. All other fields are left out. If the fields
 * do not fit, Received fields are removed from the middle: the newest and the oldest are the most useful. */
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

/* Empties both; the caller owns them, and they must outlive the reader. */
void mail_facts_init(struct mail_facts_reader *reader, struct mail_facts *facts, struct kept_header *kept);
void mail_facts_field(struct mail_facts_reader *reader, const struct mail_field *field);

#endif
