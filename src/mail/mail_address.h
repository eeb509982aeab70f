/* mail_address: finds one mailbox in an address field (RFC 5322 3.4), for display and for a notice's own
 * From.
 *
 * This is not a full parser of address lists. It finds `name <local@domain>` or a bare `local@domain`. The
 * local part must be a dot-atom in ASCII, the domain a dot-atom or a domain literal, and the address at most
 * MAIL_ADDRESS_MAX octets long. */
#ifndef POSTERN_MAIL_MAIL_ADDRESS_H
#define POSTERN_MAIL_MAIL_ADDRESS_H

#include "base/span.h"

struct mail_address {
    struct span name; /* without enclosing quotes, and trimmed; may be empty */
    struct span address;
};

enum { MAIL_ADDRESS_MAX = 254 }; /* RFC 5321 4.5.3.1 */

bool mail_address_is_valid(struct span address);
/* The address is the last `<...>`; all of the text, if there is none. False: the address is not valid. */
bool mail_address_find(struct span text, struct mail_address *found);
/* True if quotes, comments and angle brackets of an address field's value are closed correctly. */
bool mail_address_is_balanced(struct span value);
/* True for "<id-left@id-right>" with the characters that RFC 5322 3.6.4 allows. */
bool mail_address_is_message_id(struct span text);

#endif
