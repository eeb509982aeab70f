/* quarantine_again: messages that a server writes anew at each RETR, recognised by their unique-id.
 *
 * Courier's placeholder for a message with UTF-8 headers has another boundary each time, mailutils adds
 * Status fields: by their bytes they are other messages, so that a release would never hold and each poll
 * would make an incident. incident_is_same_mail decides what is the same mail. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_AGAIN_H
#define POSTERN_QUARANTINE_QUARANTINE_AGAIN_H

#include "quarantine/quarantine_internal.h"

/* The incident of the same mail with other bytes, in the record's state and still whole; *first is its
 * record. NULL: there is none. */
struct quarantine_entry *quarantine_find_again(struct quarantine *quarantine,
                                               const struct incident_record *record,
                                               struct incident_record *first);
/* One that was released to this user. */
struct quarantine_entry *quarantine_find_released_again(struct quarantine *quarantine,
                                                        const struct incident_record *record);

#endif
