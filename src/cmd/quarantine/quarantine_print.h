/* quarantine_print: prints incidents for a terminal.
 *
 * Sender, subject, user and virus name are untrusted: they have gone through incident_clean, so that they
 * cannot move the cursor, and `ascii` turns what is not ASCII into '?' for a terminal that may interpret
 * UTF-8 as control characters. Columns are counted in cells, so that wide characters keep the lines aligned.
 */
#ifndef POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H
#define POSTERN_CMD_QUARANTINE_QUARANTINE_PRINT_H

#include "quarantine/quarantine_read.h"

/* A header line and one line per incident, at most 100 columns; nothing for an empty list. Ids are shortened
 * to a unique prefix of at least eight digits. */
void quarantine_print_list(const struct quarantine_list *list, bool ascii, struct buf *out);
/* All that is known, one line per item. */
void quarantine_print_incident(const struct incident_record *record, bool ascii, struct buf *out);

#endif
