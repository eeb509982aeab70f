/* mail_facts: what a message's header says, for the incident and for the notice.
 *
 * Fed the fields of a header in order (mail/mail_header); fills the facts, decoded for people, and the
 * fields that the notice carries on. Of From, To, Cc, Date, Return-Path and the facts' fields the first
 * counts.
 *
 * A field is carried on as it stands, if it is one that every reader of mail takes the same way: ASCII
 * without controls, no line over 998 octets, no line of white space alone (RFC 5322 2.1.1, 3.2.2), quotes and
 * brackets of From, To and Cc closed. Raw 8-bit bytes in these three become encoded words. Any other field is
 * left out. If all do not fit, Received fields are taken out of the middle: the newest and the oldest tell
 * most. */
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
    } fields[MAIL_FACTS_FIELDS_MAX]; /* those in kept, in order */
};

/* Empties both; they are the caller's and must outlive the reader. */
void mail_facts_init(struct mail_facts_reader *reader, struct mail_facts *facts, struct kept_header *kept);
void mail_facts_field(struct mail_facts_reader *reader, const struct mail_field *field);

#endif
