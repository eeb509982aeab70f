/* quarantine_same_mail: recognises, by the unique-id, a message that the server generates anew for each RETR.
 *
 * Courier's placeholder for a message with UTF-8 headers has a new boundary each time. mailutils adds Status
 * fields. Such a message has new bytes each time, so a release would never apply, and each fetch would make
 * another incident. incident_is_same_mail decides which mails are the same. */
#ifndef POSTERN_QUARANTINE_QUARANTINE_SAME_MAIL_H
#define POSTERN_QUARANTINE_QUARANTINE_SAME_MAIL_H

#include "quarantine/quarantine_internal.h"

/* Finds an incident of the same mail in the same state, and sets *stored to its record. NULL: there is
 * none. */
struct quarantine_entry *quarantine_find_same_mail(struct quarantine *quarantine,
                                                   const struct incident_record *record,
                                                   struct incident_record *stored);
/* Finds an incident of the same mail that is released to this user. NULL: there is none. */
struct quarantine_entry *quarantine_find_released_same_mail(struct quarantine *quarantine,
                                                            const struct incident_record *record);

#endif
