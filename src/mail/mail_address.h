/* mail_address: one mailbox out of an address field (RFC 5322 3.4), for display and for a notice's own From.
 *
 * Not a full parser of address lists: it finds `name <local@domain>` or a bare `local@domain`, and believes
 * an address only when it is plain ASCII of the dot-atom kind (or a domain literal), short enough for a
 * header line. */
#ifndef POSTERN_MAIL_MAIL_ADDRESS_H
#define POSTERN_MAIL_MAIL_ADDRESS_H

#include "base/span.h"

struct mail_address {
    struct span name; /* without quotes around it and white space at its ends; may be empty */
    struct span address;
};

enum { MAIL_ADDRESS_MAX = 254 }; /* RFC 5321 4.5.3.1 */

bool mail_address_is_valid(struct span address);
/* Takes the last `<...>` of the text, else the whole of it. */
bool mail_address_find(struct span text, struct mail_address *found);
/* An address field's value whose quotes, comments and angle brackets are closed where they should be. */
bool mail_address_is_balanced(struct span value);
/* "<id-left@id-right>" with nothing but what RFC 5322 3.6.4 lets into it. */
bool mail_address_is_message_id(struct span text);

#endif
