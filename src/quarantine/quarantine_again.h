/* quarantine_again: recognises, by its unique-id, a message that the server generates anew for each RETR.
 *
 * Courier's placeholder for a message with UTF-8 headers has a new boundary each time, and mailutils adds
 * Status fields. By their bytes these are new messages: a release would never apply, and each poll would make
 * another incident. incident_is_same_mail decides what is the same mail. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_AGAIN_H
#define POSTERN_QUARANTINE_QUARANTINE_AGAIN_H

#include "quarantine/quarantine_internal.h"

/* Finds the incident of the same mail with other bytes, in the record's state and still complete. *first is
 * its record. NULL: none. */
struct quarantine_entry *quarantine_find_again(struct quarantine *quarantine,
                                               const struct incident_record *record,
                                               struct incident_record *first);
/* Finds one that was released to this user. */
struct quarantine_entry *quarantine_find_released_again(struct quarantine *quarantine,
                                                        const struct incident_record *record);

#endif
